/** Nothing was kept for sure: the sender should resend. */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable';
}

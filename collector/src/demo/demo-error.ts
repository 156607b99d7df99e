/** The demo could not do its work: one readable sentence that says what to do next. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

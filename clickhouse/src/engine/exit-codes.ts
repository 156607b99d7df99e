/**
 * The exit codes of the engine process, so that whoever started it can tell why it ended.
 * Invariant: 0 means that everything acknowledged was flushed and the directory was released.
 */
export const ENGINE_EXIT = {
  clean: 0,
  badOptions: 64,
  noBuild: 69,
  openFailed: 70,
  listenFailed: 71,
  locked: 75,
  parentGone: 79,
} as const;

/** Says in words what an exit code of the engine means; null for a code it does not use. */
export function describeEngineExit(code: number): string | null {
  switch (code) {
    case ENGINE_EXIT.clean:
      return 'it ended cleanly';
    case ENGINE_EXIT.badOptions:
      return 'its options could not be read';
    case ENGINE_EXIT.noBuild:
      return 'there is no chdb build for this platform';
    case ENGINE_EXIT.openFailed:
      return 'the data directory could not be opened';
    case ENGINE_EXIT.listenFailed:
      return 'its socket or port could not be opened';
    case ENGINE_EXIT.locked:
      return 'another process owns the data directory';
    case ENGINE_EXIT.parentGone:
      return 'the process that started it is gone';
    default:
      return null;
  }
}

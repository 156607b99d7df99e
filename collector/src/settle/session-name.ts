/** The session as log events and spans of one emitter share it; undefined when none is told. */
export function sessionName(service: string, session: string): string | undefined {
  return session === '' ? undefined : `${service}\n${session}`;
}

/** What a person has to know, as a warning of Node: on standard error, or wherever the application takes it. */

const said = new Set<string>();

/** Says it once in the life of the process; `--disable-warning=<code>` silences it. */
export function sayOnce(code: string, text: string): void {
  if (said.has(code)) return;
  said.add(code);
  process.emitWarning(text, { type: 'AiCostProfilerWarning', code });
}

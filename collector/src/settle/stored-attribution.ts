/** The attribution columns, which `spans` and `ledger` both have → whom a call was for. */
import type { Attribution } from '../normalise/call.ts';

/** Tags come in the order of their keys, so that equal sets are equal. */
export function attributionOf(row: {
  user: string;
  session: string;
  feature: string;
  agent: string;
  prompt: string;
  prompt_version: string;
  tool: string;
  tags: Readonly<Record<string, string>>;
}): Attribution {
  return {
    user: row.user,
    session: row.session,
    feature: row.feature,
    agent: row.agent,
    prompt: row.prompt,
    promptVersion: row.prompt_version,
    tool: row.tool,
    tags: Object.entries(row.tags).sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

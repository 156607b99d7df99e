/** The dashboards there are: the uid that links name, and the title. */
export const UIDS = {
  'aicost-spend': 'AI cost: spend',
  'aicost-explore': 'AI cost: explore',
  'aicost-trace': 'AI cost: trace',
} as const;

export type Uid = keyof typeof UIDS;

/** The dashboards there are: the uid that links name, and the title. */
export const UIDS = {
  'aicost-spend': 'AI cost: spend',
  'aicost-explore': 'AI cost: explore',
  'aicost-trace': 'AI cost: trace',
  'aicost-waste': 'AI cost: waste',
  'aicost-agents': 'AI cost: agents and tools',
  'aicost-prompts': 'AI cost: prompts',
  'aicost-users': 'AI cost: users and sessions',
  'aicost-live': 'AI cost: live tail',
  'aicost-data-quality': 'AI cost: data quality',
  'aicost-collector': 'AI cost: collector',
} as const;

export type Uid = keyof typeof UIDS;

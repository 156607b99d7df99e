/** What of a service's passwords is found to be wrong. */
import { expect, test } from 'vitest';
import { passwordFaults } from './passwords.ts';

const CLICKHOUSE = 'clickhouse/clickhouse-server:1.2.3';
const GRAFANA = 'grafana/grafana:1.2.3';
const ADMIN = { GF_SECURITY_ADMIN_PASSWORD__FILE: '/run/aicost/admin-password' };

test.for([
  [CLICKHOUSE, { CLICKHOUSE_SKIP_USER_SETUP: '1' }],
  [GRAFANA, ADMIN],
  ['ai-cost-profiler:1.2.3', { AICOST_KEY_FILE: '/run/aicost/demo.key' }],
] as const)('%s is well with %j', ([image, environment]) => {
  expect(passwordFaults({ image, environment })).toEqual([]);
});

test.for([
  [CLICKHOUSE, {}, 'CLICKHOUSE_SKIP_USER_SETUP is undefined'],
  [CLICKHOUSE, { CLICKHOUSE_SKIP_USER_SETUP: '0' }, 'CLICKHOUSE_SKIP_USER_SETUP is 0'],
  [
    CLICKHOUSE,
    { CLICKHOUSE_SKIP_USER_SETUP: '1', CLICKHOUSE_PASSWORD: 'changeme' },
    'CLICKHOUSE_PASSWORD stands in the file itself',
  ],
  [GRAFANA, {}, 'GF_SECURITY_ADMIN_PASSWORD__FILE is undefined'],
  [
    GRAFANA,
    { ...ADMIN, GF_SECURITY_ADMIN_PASSWORD: 'admin' },
    'GF_SECURITY_ADMIN_PASSWORD stands in the file itself',
  ],
  [GRAFANA, { GF_SECURITY_ADMIN_PASSWORD__FILE: '/etc/hostname' }, 'which secrets does not make'],
  ['ai-cost-profiler:1.2.3', { AICOST_INIT_KEYS: '[]' }, 'AICOST_INIT_KEYS stands in the file'],
] as const)('%s with %j: %s', ([image, environment, fault]) => {
  expect(passwordFaults({ image, environment }).join('\n')).toContain(fault);
});

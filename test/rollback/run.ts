/** `npm run test:rollback`: back to the schema of every migration that there was, by a backup from under it. */
import { startVitest } from 'vitest/node';

process.env['AICOST_ROLLBACK'] = 'whole';
const file = 'collector/src/backup/rollback.integration.test.ts';
const vitest = await startVitest('test', [file], { run: true, project: 'integration' });
await vitest.close();

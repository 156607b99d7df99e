/** `npm run test:fences`: the long form of the walk over all operations, parameters and keys. */
import { startVitest } from 'vitest/node';

process.env['AICOST_FENCES'] = 'whole';
const vitest = await startVitest('test', ['test/api/fences.e2e.test.ts'], { run: true });
await vitest.close();

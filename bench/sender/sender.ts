/** Sends from a process of its own. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SendReport, SendWish } from './sending.ts';

const PROCESS = fileURLToPath(new URL('./send-process.ts', import.meta.url));

/** Resolves with what became of the requests. Rejects when the process ends without a report. */
export function send(wish: SendWish): Promise<SendReport> {
  return new Promise((resolve, reject) => {
    const child = fork(PROCESS, { serialization: 'advanced' });
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('message', (report) => resolve(report as SendReport));
    child.once('exit', (code) => {
      process.off('exit', kill);
      const fail = () => reject(new Error(`the sender ended with code ${code}`));
      // A long report may still be on its way when the process has ended.
      if (child.connected) child.once('disconnect', fail);
      else fail();
    });
    child.send(wish);
  });
}

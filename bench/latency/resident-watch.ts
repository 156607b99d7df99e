/** How much memory a process holds over time: looked at a few times a second. */
import { usageOf } from '../process-usage.ts';

const EVERY_MS = 200;

export class ResidentWatch {
  private readonly timer: NodeJS.Timeout;
  mostBytes = 0;

  constructor(pid: number) {
    this.timer = setInterval(() => {
      this.mostBytes = Math.max(this.mostBytes, usageOf(pid).residentBytes);
    }, EVERY_MS);
  }

  stop(): number {
    clearInterval(this.timer);
    return this.mostBytes;
  }
}

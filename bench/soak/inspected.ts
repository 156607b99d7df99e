/** What a process with --inspect holds after a forced collection of garbage. */
import { until } from '../wait.ts';

export interface Held {
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** What Node keeps open, by kind; no timers. */
  readonly handles: Readonly<Record<string, number>>;
}

const EXPRESSION = `JSON.stringify({
  heapBytes: process.memoryUsage().heapUsed,
  externalBytes: process.memoryUsage().external,
  handles: Object.fromEntries(Object.entries(Object.groupBy(
    process._getActiveHandles(),
    (handle) => {
      const kind = handle.constructor.name;
      if (kind !== 'Socket') return kind;
      if (handle.server) return 'connection of a client';
      return handle.connecting || handle.writable && handle.readable ? 'connection to the engine' : 'pipe';
    },
  )).map(([kind, some]) => [kind, some.length])),
})`;

export class Inspected {
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (result: unknown) => void>();
  private asked = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (id !== undefined) this.waiting.get(id)?.(result);
    });
  }

  /** `output` is what the process has written so far: the address is there. */
  static async connect(output: () => string): Promise<Inspected> {
    const address = () => /ws:\/\/\S+/.exec(output())?.[0];
    await until('the inspector listens', () => address() !== undefined);
    const socket = new WebSocket(address()!);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', reject, { once: true });
    });
    return new Inspected(socket);
  }

  async held(): Promise<Held> {
    await this.ask('HeapProfiler.collectGarbage', {});
    await this.ask('HeapProfiler.collectGarbage', {});
    const told = await this.ask('Runtime.evaluate', { expression: EXPRESSION });
    return JSON.parse((told as { result: { value: string } }).result.value) as Held;
  }

  close(): void {
    this.socket.close();
  }

  private ask(method: string, params: object): Promise<unknown> {
    const id = ++this.asked;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }
}

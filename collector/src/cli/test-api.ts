/** An API that answers what a test tells it, for commands that ask a running collector. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { generateKey } from '../key-format.ts';
import type { Command } from './command.ts';
import { runCommand } from './run-command.ts';

const KEY = generateKey((size) => new Uint8Array(size).fill(7));

export class TestApi {
  /** Requests: method, path with query, body. */
  asked: string[] = [];
  /** Answers by path with query; any other gets `reply`. */
  replies: Readonly<Record<string, object>> = {};
  reply: object = {};
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    server.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        this.asked.push(`${request.method} ${request.url} ${text}`.trim());
        response.end(`${JSON.stringify(this.replies[request.url ?? ''] ?? this.reply)}\n`);
      });
    });
  }

  static async start(): Promise<TestApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TestApi(server);
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Runs a command line against it. */
  async run(commands: readonly Command[], line: readonly string[]) {
    let [out, error] = ['', ''];
    const { port } = this.server.address() as AddressInfo;
    const code = await runCommand(commands, line, {
      write: (text) => {
        out += text;
      },
      writeError: (text) => {
        error += text;
      },
      input: Readable.from([]),
      environment: { AICOST_KEY: KEY, AICOST_URL: `http://127.0.0.1:${port}` },
      now: () => new Date(0),
    });
    return { code, out, error };
  }
}

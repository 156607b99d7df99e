/**
 * The disk of the journal is full under a running collector: senders are told to come back, nothing ends, and rows are
 * taken again as soon as there is room. Needs the right to mount; where that is missing the title says so.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type StartedCollector, startCollector } from './start-collector.ts';

const FOLDERS = ['open', 'split', 'sealed', 'poison', 'damaged', 'done', 'reentered'];
const SPANS = 50;

function mountSmall(path: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path], { stdio: 'ignore' });
}

function unmount(path: string): void {
  execFileSync('umount', ['-l', path], { stdio: 'ignore' });
}

function canMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'aicost-mount-'));
  try {
    mountSmall(path);
    unmount(path);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(path);
  }
}

const isPermitted = process.platform === 'linux' && canMount();
const note = isPermitted ? '' : ' (SKIPPED: this user may not mount a filesystem)';

describe.skipIf(!isPermitted)(`a full disk under a running collector${note}`, () => {
  let collector: StartedCollector;
  let journal: string;

  beforeAll(async () => {
    collector = await startCollector(['--settle', 'off']);
    journal = join(collector.dataDir, 'journal');
    mountSmall(journal);
    for (const folder of FOLDERS) mkdirSync(join(journal, folder));
  });
  afterAll(async () => {
    unmount(journal);
    expect(await collector.stop()).toBe(0);
  });

  /** A request of spans of their own, each with a long attribute. */
  function post(n: number): Promise<Response> {
    const spans = Array.from({ length: SPANS }, (_, i) => ({
      traceId: String(n + 1).padStart(32, '0'),
      spanId: String(i + 1).padStart(16, '0'),
      name: 'GET /',
      startTimeUnixNano: '1787227200000000000',
      endTimeUnixNano: '1787227200100000000',
      attributes: [{ key: 'url.full', value: { stringValue: `/${n}/${i}/`.padEnd(250, 'x') } }],
    }));
    return fetch(`${collector.url}/v1/traces`, {
      method: 'POST',
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
      headers: { 'x-api-key': collector.key, 'content-type': 'application/json' },
    });
  }

  const journalPart = async () => {
    const { body } = await collector.getJson('/readyz');
    return (body as { parts: { name: string; ok: boolean }[] }).parts.find(
      ({ name }) => name === 'journal',
    );
  };

  it('answers 503 with Retry-After, says so in /readyz, and goes on by itself', async () => {
    const ballast = join(journal, 'ballast');
    writeFileSync(ballast, Buffer.alloc(2_000_000));
    let n = 0;
    let refused: Response;
    for (;;) {
      refused = await post(n);
      if (refused.status !== 200) break;
      n++;
    }
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await journalPart()).toMatchObject({ ok: false });
    expect((await fetch(`${collector.url}/healthz`)).status).toBe(200);
    rmSync(ballast);
    expect(await eventually(journalPart, (part) => part?.ok === true)).toMatchObject({ ok: true });
    expect((await post(n)).status).toBe(200);
    const stored = String((n + 1) * SPANS);
    const count = () => collector.sql('SELECT count() FROM aicost.spans');
    expect(await eventually(count, (found) => found === stored)).toBe(stored);
  });
});

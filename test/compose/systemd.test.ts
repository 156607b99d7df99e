/** The systemd unit: held to the code, to a closed list of directives, and to systemd itself where there is one. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPTIONS } from '@ai-cost-profiler/collector/options.ts';
import { describe, expect, test } from 'vitest';
import { ROOT, readText } from './compose-file.ts';
import { readUnit, unitFaults, unusedDirectives } from './systemd-unit.ts';

const UNIT = readText('deploy/systemd/aicost.service');
const valuesOf = (name: string): string[] =>
  readUnit(UNIT).flatMap((line) => (line?.name === name ? [line.value] : []));
/** With the paths of this repository, so that systemd finds the files. */
const here = (text: string): string => text.replaceAll('/opt/aicost/', ROOT);

describe('the unit', () => {
  test('starts the program by files that an installed repository has', () => {
    const words = here(valuesOf('ExecStart')[0]!).split(' ');
    const files = words.filter((word) => word.startsWith(ROOT));
    expect(files.length).toBe(2);
    for (const file of files) expect(existsSync(file), file).toBe(true);
    expect(spawnSync(process.execPath, [...words.slice(1), '--help']).status).toBe(0);
    const [page = ''] = valuesOf('Documentation');
    expect(existsSync(page.replace('file:///opt/aicost/', ROOT)), page).toBe(true);
  });

  test('keeps the data where the state directory is, and memory as the launcher does', () => {
    const pairs = valuesOf('Environment').flatMap((text) => text.split(' '));
    const environment = Object.fromEntries(pairs.map((pair) => pair.split('=', 2)));
    const { AICOST_DATA_DIR: dataDir, ...memory } = environment;
    expect(dataDir).toBe(`/var/lib/${valuesOf('StateDirectory')[0]}`);
    expect(OPTIONS.dataDir.env).toBe('AICOST_DATA_DIR');
    expect(OPTIONS.dataDir.schema.safeParse(dataDir).success).toBe(true);
    expect(memory).toEqual(JSON.parse(readText('scripts/collector-env.json')));
  });

  test('waits longer for its end than the collector drains', () => {
    const drain = OPTIONS.drainTimeoutMs;
    const drainMs = drain.schema.parse(drain.byDefault);
    expect(Number(valuesOf('TimeoutStopSec')[0]) * 1_000).toBeGreaterThan(drainMs);
  });

  test('has the directives of the closed list, each in its section, and all of them', () => {
    expect(unitFaults(UNIT)).toEqual([]);
    expect(unusedDirectives(UNIT)).toEqual([]);
  });

  test.for([
    ['ProtectHome=yes', 'ProtectHom=yes', '[Service] has no ProtectHom'],
    ['ProtectHome=yes', 'ProtectHome=no', 'ProtectHome is "no", not'],
    ['Type=exec', 'Type=exek', 'Type is "exek", not'],
    ['UMask=0077', 'UMask=0077\nUMask=0022', 'UMask stands twice'],
    ['[Install]', '', '[Service] has no WantedBy'],
    ['[Install]', '', '[Install] is missing'],
    ['RestartSec=2', 'RestartSec: 2', 'a line that is no directive'],
    ['CapabilityBoundingSet=', 'CapabilityBoundingSet=CAP_CHOWN', 'is "CAP_CHOWN", not'],
    ['[Service]', '[Servce]', '[Servce] has no Type'],
  ] as const)('with %j as %j is found wrong: %s', ([was, is, fault]) => {
    expect(UNIT).toContain(was);
    expect(unitFaults(UNIT.replace(was, is)).join('\n')).toContain(fault);
  });
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

test.skipIf(!hasSystemd)(
  hasSystemd
    ? 'systemd-analyze has nothing to say of it'
    : 'SKIPPED, there is no systemd here: systemd-analyze has nothing to say of it',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'aicost-systemd-'));
    /** What it says. It ends with 0 too where it ignores what it does not know. */
    const said = (text: string): string => {
      const path = join(folder, 'aicost.service');
      writeFileSync(path, text);
      const { stdout, stderr, status } = spawnSync('systemd-analyze', ['verify', path], {
        encoding: 'utf8',
      });
      return `${status} ${stdout}${stderr}`;
    };
    try {
      expect(said(here(UNIT))).toBe('0 ');
      expect(said(here(UNIT).replace('ProtectHome', 'ProtectHom'))).toContain('ProtectHom');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

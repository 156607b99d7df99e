/**
 * The result of a benchmark: its figures with what was asked of them, and the machine. One JSON file each under
 * bench/results/, of which docs/benchmarks.md is made.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `least` or `most` is what was asked for. */
  readonly least?: number;
  readonly most?: number;
}

export interface BenchResult {
  readonly bench: string;
  /** What is measured, in a sentence. */
  readonly about: string;
  /** `full` is what is promised; `short` only shows that it runs. */
  readonly form: 'short' | 'full';
  readonly date: string;
  readonly machine: string;
  readonly figures: readonly Figure[];
  /** Values that must be equal on both sides, and were. */
  readonly checksums: Readonly<Record<string, string>>;
}

export const RESULTS = join(import.meta.dirname, 'results');

export interface BenchOptions {
  readonly isFull: boolean;
  readonly minutes: number | undefined;
  /** Of a benchmark that asks questions, those whose name has this in it; '' is all. */
  readonly only: string;
  /** Tells a person how far it is. */
  readonly progress: (text: string) => void;
  readonly finish: (result: Pick<BenchResult, 'about' | 'figures' | 'checksums'>) => void;
}

const HELP = `--full       measure (without it, a short form that shows that it runs)
--minutes N  how long, where a benchmark runs for a time
--only TEXT  of a benchmark that asks questions, those whose name has this in it
--json       the result alone, as JSON, on standard output
--keep       also write it under bench/results/`;

/** Reads the options that every benchmark takes; undefined when only help was asked for. */
export function benchOptions(bench: string): BenchOptions | undefined {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      only: { type: 'string', default: '' },
    },
  });
  if (values.help) {
    process.stdout.write(`${bench}\n${HELP}\n`);
    return undefined;
  }
  endLoudly();
  const form = values.full ? 'full' : 'short';
  return {
    isFull: values.full,
    minutes: values.minutes === undefined ? undefined : Number(values.minutes),
    only: values.only,
    progress: (text) => void process.stderr.write(`${bench}: ${text}\n`),
    finish: (measured) => {
      const date = new Date().toISOString().slice(0, 10);
      const result: BenchResult = { bench, form, date, machine: machineText(), ...measured };
      process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : resultText(result));
      if (values.keep) keep(result);
    },
  };
}

/** A signal ends the process as an error does: then what it started is ended too, which a plain end would leave. */
function endLoudly(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      throw new Error(`ended by ${signal}`);
    });
  }
}

function keep(result: BenchResult): void {
  mkdirSync(RESULTS, { recursive: true });
  const path = join(RESULTS, `${result.bench}-${result.form}.json`);
  writeFileSync(path, `${JSON.stringify(result, undefined, 2)}\n`);
}

function machineText(): string {
  const all = cpus();
  const memoryGb = Math.round(totalmem() / 1e9);
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown'}, ${memoryGb} GB, Node ${process.versions.node}`;
}

/** Whether the figure is as asked; undefined where nothing was. */
export function isReached({ value, least, most }: Figure): boolean | undefined {
  if (least !== undefined) return value >= least;
  return most === undefined ? undefined : value <= most;
}

export function figureText(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}

export function askedText({ least, most }: Figure): string {
  if (least !== undefined) return `at least ${figureText(least)}`;
  return most === undefined ? '' : `at most ${figureText(most)}`;
}

function resultText(result: BenchResult): string {
  const lines = result.figures.map((figure) => {
    const reached = isReached(figure);
    const asked = reached === undefined ? '' : `asked ${askedText(figure)}`;
    const verdict = reached === undefined ? '' : reached ? 'reached' : 'MISSED';
    const value = `${figureText(figure.value)} ${figure.unit}`;
    return `  ${figure.name.padEnd(56)} ${value.padStart(20)}  ${asked} ${verdict}`.trimEnd();
  });
  const sums = Object.entries(result.checksums).map(([name, sum]) => `  = ${name}: ${sum}`);
  const title = `${result.bench} (${result.form} form), ${result.date}, ${result.machine}`;
  return `${[title, ...lines, ...sums].join('\n')}\n`;
}

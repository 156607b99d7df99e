/** A compose file as docker reads it: anchors and merges resolved, in the shapes that our files use. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/** The repository's root, with a slash at the end. */
export const ROOT = new URL('../../', import.meta.url).pathname;

export const readText = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');

const serviceSchema = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  pull_policy: z.literal('never').optional(),
  profiles: z.array(z.string()).optional(),
  user: z.string().optional(),
  hostname: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  cap_add: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  tmpfs: z.array(z.string()).optional(),
  network_mode: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({
        condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']),
      }),
    )
    .default({}),
  healthcheck: z
    .union([
      z.strictObject({ disable: z.literal(true) }),
      z.strictObject({
        test: z.array(z.string()),
        interval: z.string(),
        timeout: z.string(),
        retries: z.number(),
      }),
    ])
    .optional(),
  ulimits: z.record(z.string(), z.number()).optional(),
  stop_grace_period: z.string().optional(),
  restart: z.string().optional(),
});
export type Service = z.infer<typeof serviceSchema>;

const composeSchema = z.looseObject({
  name: z.string(),
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
});
export type ComposeFile = z.infer<typeof composeSchema>;

export const COMPOSE_FILES = ['docker-compose.yml', 'compose.cluster.yml'] as const;

export function readCompose(path: string): ComposeFile {
  return composeSchema.parse(parse(readText(path), { merge: true }));
}

/** What is mounted where: `source` is a volume's name, or a path of the repository that begins with `./`. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
  /** What the image has where a volume is mounted is copied into one that is empty, before any service starts. */
  readonly takesFromImage: boolean;
}

export function mountsOf({ volumes }: Service): Mount[] {
  return volumes.map((text) => {
    const [source = '', target = '', mode] = text.split(':');
    const words = mode?.split(',') ?? [];
    const isVolume = !source.startsWith('./');
    const takesFromImage = isVolume && !words.includes('nocopy');
    return { source, target, isReadOnly: words.includes('ro'), takesFromImage };
  });
}

/** `FROM`, `ENV`, `COPY` and so on of the Dockerfile, continued lines joined. */
export function readDockerfile(): { readonly instruction: string; readonly text: string }[] {
  return readText('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, instruction = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { instruction, text };
    });
}

/** The variables that the image sets. */
export function imageEnvironment(): Record<string, string> {
  const texts = readDockerfile().filter(({ instruction }) => instruction === 'ENV');
  return Object.fromEntries(
    texts.flatMap(({ text }) => text.trim().split(/\s+/)).map((pair) => pair.split('=', 2)),
  );
}

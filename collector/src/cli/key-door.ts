// The way to the keys: through the collector that runs on the data directory, or, where none runs, into the
// directory itself. Both answer alike, in the rows of the API.
import { type KeyActor, type KeyOperations, SCOPES } from '../access.ts';
import { toKeyRow, toMadeKey } from '../key-row.ts';
import { durationSchema } from '../option-values.ts';
import { Problem } from '../problems.ts';
import { openCollectorClient } from './collector-client.ts';
import { CommandError, type CommandInput } from './command.ts';
import { isRunning } from './is-running.ts';

/** What a body of `POST /api/v1/admin/keys` holds. */
export interface KeyWish {
  readonly scopes: readonly string[];
  readonly tenant?: string | undefined;
  readonly name?: string | undefined;
  readonly sql?: boolean | undefined;
}

/** Key operations with the answers of the API, to be read by their schema. */
export interface KeyAnswers {
  create(wish: KeyWish): Promise<unknown>;
  list(): Promise<unknown>;
  rotate(id: string, overlap: string | undefined): Promise<unknown>;
  revoke(id: string): Promise<unknown>;
}

/** The keys of a data directory on which no collector runs; undefined where there is nothing to open. */
export type OpenStoppedKeys = (
  dataDir: string,
) => Promise<
  { readonly keys: KeyOperations; readonly actor: KeyActor; readonly close: () => void } | undefined
>;

const PATH = '/api/v1/admin/keys';

/** Finds the way and does the work. A collector that was named by --url is always asked. */
export async function useKeys<T>(
  { config, io }: CommandInput,
  open: OpenStoppedKeys,
  work: (keys: KeyAnswers) => Promise<T>,
): Promise<T> {
  const mustAsk = config.url !== null || (await isRunning(config.dataDir));
  const stopped = mustAsk ? undefined : await open(config.dataDir);
  if (stopped === undefined) return work(throughCollector(await openCollectorClient(config)));
  io.writeError(
    'No collector runs on the data directory; a change takes effect when one starts.\n',
  );
  try {
    return await work(intoDirectory(stopped, io.now));
  } catch (error) {
    if (error instanceof Problem) throw new CommandError(error.message, { cause: error });
    throw error;
  } finally {
    stopped.close();
  }
}

function throughCollector(client: {
  ask(method: string, path: string, body?: unknown): Promise<unknown>;
}): KeyAnswers {
  const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;
  return {
    create: (wish) => client.ask('POST', PATH, wish),
    list: () => client.ask('GET', PATH),
    rotate: (id, overlap) => client.ask('POST', `${pathOf(id)}/rotate`, { overlap }),
    revoke: (id) => client.ask('DELETE', pathOf(id)),
  };
}

function intoDirectory(
  { keys, actor }: { keys: KeyOperations; actor: KeyActor },
  now: () => Date,
): KeyAnswers {
  return {
    create: async ({ scopes, tenant, name, sql }) => {
      const wanted = SCOPES.filter((scope) => scopes.includes(scope));
      const own = actor.tenant ?? '';
      const made = await keys.create(actor, {
        scopes: wanted,
        tenant: tenant ?? own,
        name: name ?? null,
        sqlUser: sql === true,
      });
      return toMadeKey(made, now());
    },
    list: async () => ({ rows: keys.list(actor).map((key) => toKeyRow(key, now())) }),
    rotate: async (id, overlap) => {
      const overlapMs = overlap === undefined ? 0 : durationSchema.parse(overlap);
      return toMadeKey(await keys.rotate(actor, id, overlapMs), now());
    },
    revoke: async (id) => toKeyRow(await keys.revoke(actor, id), now()),
  };
}

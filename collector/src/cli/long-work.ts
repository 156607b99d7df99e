/** Follows long work of the collector: its progress as it comes, then what came of it. */
import { z } from 'zod';
import { CommandError } from './command.ts';

const lineSchema = z.looseObject({
  progress: z.looseObject({}).optional(),
  done: z.literal(true).optional(),
  problem: z.object({ code: z.string(), detail: z.string() }).optional(),
});

const problemSchema = z.looseObject({ detail: z.string() });

export interface FollowOptions {
  /** Where the collector answers, and the key it is asked with. */
  url: string;
  key: string;
  path: string;
  body?: object;
  onProgress: (progress: Record<string, unknown>) => void;
}

/**
 * Resolves with the last line. Rejects with CommandError when the collector refuses, when the work fails, or when the
 * answer ends before it is whole.
 */
export async function followLongWork(options: FollowOptions): Promise<Record<string, unknown>> {
  const response = await start(options);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of untilCut(response.body ?? [])) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const read = lineSchema.parse(JSON.parse(line));
      if (read.problem !== undefined) {
        throw new CommandError(`${read.problem.detail} (${read.problem.code})`);
      }
      if (read.done === true) {
        return read;
      }
      const { progress = {} } = read;
      // An empty one only says that the work goes on.
      if (Object.keys(progress).length > 0) options.onProgress(progress);
    }
  }
  throw new CommandError(CUT_OFF);
}

const CUT_OFF = 'The collector ended before the work was done; ask it again.';

/** An answer that breaks off is told in words: the collector was killed, or its connection was. */
async function* untilCut<T>(chunks: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  try {
    yield* chunks;
  } catch (error) {
    throw new CommandError(CUT_OFF, { cause: error });
  }
}

async function start({ url, key, path, body }: FollowOptions): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        'x-api-key': key,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new CommandError(
      `No collector answers at ${url}. Start one with aicost start, or name another with --url.`,
      { cause: error },
    );
  }
  if (response.ok) {
    return response;
  }
  const answered = await response.text();
  throw new CommandError(`${url} answered ${response.status}: ${detailIn(answered)}`);
}

/** What a problem says; of an answer that is none, its beginning. */
function detailIn(answered: string): string {
  try {
    return problemSchema.parse(JSON.parse(answered)).detail;
  } catch {
    // Something that is no collector may answer anything.
    return answered.slice(0, 500);
  }
}

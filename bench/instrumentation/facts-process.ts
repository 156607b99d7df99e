/**
 * What one instrumentation captures, in a process of its own: `node facts-process.ts <name>` prints a JSON object of
 * case → verdict. As it is by itself: no option is set.
 */
import { setTimeout } from 'node:timers/promises';
import { CollectedSpans } from './collected-spans.ts';
import { FACT_CASES, type FactCase, Told } from './fact-cases.ts';
import { fakeFetch } from './fake-answers.ts';
import { instrumentationNamed, type Loaded, loadWith } from './instrumentations.ts';
import { openClient } from './openai-client.ts';

const RETRIES = 2;
/** Some end their span some turns of the event loop after the answer. */
const SETTLE_MS = 20;

/** `no` where no span tells it, `breaks` where the call itself fails that works without the instrumentation. */
export type Verdict = 'yes' | 'no' | 'breaks';

async function judge(
  one: FactCase,
  { bare, watched, attached }: Loaded,
  spans: CollectedSpans,
): Promise<Verdict> {
  await one.call(openClient(bare, fakeFetch(one.failures), RETRIES));
  spans.kept = [];
  const own = openClient(watched, fakeFetch(one.failures), RETRIES);
  const client = attached.wrap?.(own, one.isAttributed) ?? own;
  const call = async () => one.call(client);
  try {
    const result = await (one.isAttributed && attached.attribute
      ? attached.attribute(call)
      : call());
    await setTimeout(SETTLE_MS);
    return one.isCaptured(new Told(spans.kept), result) ? 'yes' : 'no';
  } catch (error) {
    process.stderr.write(`${one.fact}: ${(error as Error).message}\n`);
    return 'breaks';
  }
}

const spans = new CollectedSpans();
spans.isKeeping = true;
const loaded = await loadWith(instrumentationNamed(process.argv[2]), { isContent: true, spans });
const facts: Record<string, Verdict> = {};
for (const one of FACT_CASES) facts[`${one.group}: ${one.fact}`] = await judge(one, loaded, spans);
process.stdout.write(JSON.stringify(facts));

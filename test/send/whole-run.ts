/** A run of a source that was recorded in two signals, sent as it came: both to one tenant. */
import { type Delivery, makeKey } from './delivery.ts';
import { isRecorded } from './payload-origin.ts';

export interface WholeRun {
  readonly title: string;
  readonly tenant: string;
  readonly key: string;
  readonly deliveries: readonly Delivery[];
  /** What its log events alone come to: they tell no less than its spans. */
  readonly expected: Delivery['expected'];
}

/** Of each page with recorded spans and log events, by each of its configurations. */
export function wholeRunsOf(deliveries: readonly Delivery[]): WholeRun[] {
  const recorded = deliveries.filter(({ payload }) => isRecorded(payload));
  return [...Map.groupBy(recorded, ({ sender }) => sender).values()].flatMap((own, index) => {
    const of = (signal: string) => own.find(({ expected }) => expected[0]!.signal === signal);
    const [spans, events] = [of('traces'), of('logs')];
    if (spans === undefined || events === undefined) return [];
    const name = spans.page.name;
    const [tenant, key] = [`whole-${name}-${index}`, makeKey()];
    return [
      {
        title: `${name}: spans and log events of one run by ${spans.sender.from} (${index + 1})`,
        tenant,
        key,
        deliveries: [spans, events].map((one) => ({ ...one, tenant, key })),
        expected: events.expected,
      },
    ];
  });
}

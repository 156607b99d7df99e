/**
 * Puts one of the price variants in force for a tenant, by the API, whatever was in force before. Asked again until it
 * holds: the collector may be killed at any step.
 */
import { type PriceVariant, termsOf } from './price-variants.ts';

interface TermsRow {
  readonly id: string;
  readonly state: string;
}

const ANSWER_MS_MAX = 20_000;

export class PriceSwitch {
  private readonly url: string;
  private readonly key: string;
  private readonly faults: string[];
  /** Why the last change did not hold. */
  lastFault = '';
  /** One change at a time: two would both find nothing in force, and add their own. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(options: { url: string; key: string; faults: string[] }) {
    this.url = `${options.url}/api/v1/admin/prices/overrides`;
    this.key = options.key;
    this.faults = options.faults;
  }

  /** True when it holds; false when the collector could not be asked, and then something between may hold. */
  set(tenant: string, variant: PriceVariant): Promise<boolean> {
    const done = this.turn.then(() => this.change(tenant, variant));
    this.turn = done;
    return done;
  }

  private async change(tenant: string, variant: PriceVariant): Promise<boolean> {
    try {
      const found = await this.ask('GET', `?tenant=${tenant}`);
      const { rows } = found as { rows: TermsRow[] };
      for (const { id, state } of rows) {
        if (state === 'active') {
          await this.ask('DELETE', `/${id}`);
        }
      }
      for (const terms of termsOf(variant, tenant)) {
        await this.ask('POST', '', terms);
      }
      return true;
    } catch (error) {
      if (!(error instanceof Error)) {
        throw error;
      }
      this.lastFault = error.message;
      return false;
    }
  }

  /** Rejects when there is no answer, or none that can be used. */
  private async ask(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'x-api-key': this.key, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      const why = `${method} of price terms: ${response.status}: ${text.slice(0, 300)}`;
      if (response.status !== 503) {
        this.faults.push(why);
      }
      throw new Error(why);
    }
    return JSON.parse(text);
  }
}

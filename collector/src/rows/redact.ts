/**
 * What of a span's texts may be stored. With content off (the default) an attribute that a dialect declares as
 * content, and any string over 256 bytes, is replaced by its size and a keyed fingerprint: equal texts of one tenant
 * can be told to be equal, and nothing can be read back or compared with another tenant's.
 */
import { AttributeKeys } from '../normalise/attribute-keys.ts';
import { ATTRIBUTION_KEYS } from '../normalise/attribution.ts';
import type { DialectDefinition } from '../normalise/dialect.ts';
import { Fingerprint } from './fingerprint.ts';
import { PromptSketcher } from './prompt/prompt-sketch.ts';

/** A longer string is taken for content, whatever its key. */
export const PLAIN_BYTES_MAX = 256;
const FINGERPRINT_HEX = 32;
/** Who spoke in a message, and why it ended, is no content. */
const PLAIN_END_TEXTS = ['.role', '.finish_reason'];
const PLAIN_ENDS = PLAIN_END_TEXTS.map((text) => Buffer.from(text));

/** Which attributes are content, in words: for who has to find them in what is stored. */
export interface ContentNames {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** Of keys with such a prefix, those that are none: by name, and by end. */
  readonly plainKeys: readonly string[];
  readonly plainEnds: readonly string[];
}

export function contentNamesOf(dialects: readonly DialectDefinition[]): ContentNames {
  return {
    keys: [...new Set(dialects.flatMap(({ contentKeys }) => contentKeys))],
    prefixes: [...new Set(dialects.flatMap(({ contentPrefixes }) => contentPrefixes))],
    plainKeys: ATTRIBUTION_KEYS,
    plainEnds: PLAIN_END_TEXTS,
  };
}

export class ContentRedactor {
  readonly isOn: boolean;
  /** Content keys by their bytes, so that no key is decoded to be looked up. */
  private readonly keys = new AttributeKeys();
  private readonly prefixes: readonly Buffer[];
  /** Keys that a prefix does not mean: `gen_ai.prompt.name` is none of the messages `gen_ai.prompt.0.content`. */
  private readonly plainKeys = new AttributeKeys();
  private readonly secretOf: (tenant: string) => Buffer;
  private readonly fingerprints = new Map<string, Fingerprint>();
  private readonly sketchers = new Map<string, PromptSketcher>();

  constructor(options: {
    /** `--content on`: nothing is replaced. */
    isContentStored: boolean;
    dialects: readonly DialectDefinition[];
    /** The tenant's fingerprint secret. */
    secretOf: (tenant: string) => Buffer;
  }) {
    this.isOn = !options.isContentStored;
    for (const key of options.dialects.flatMap((dialect) => dialect.contentKeys)) {
      this.keys.declare(key);
    }
    this.prefixes = options.dialects
      .flatMap((dialect) => dialect.contentPrefixes)
      .map((prefix) => Buffer.from(prefix, 'utf8'));
    for (const key of ATTRIBUTION_KEYS) {
      this.plainKeys.declare(key);
    }
    this.secretOf = options.secretOf;
  }

  /** Whether a key alone tells that its value is content: the key is source[start, end). */
  hidesKey(source: Uint8Array, start: number, end: number): boolean {
    return (
      this.isOn &&
      (this.keys.find(source, start, end) !== -1 ||
        (this.prefixes.some((prefix) => startsWith(source, start, end, prefix)) &&
          !this.isPlain(source, start, end)))
    );
  }

  /** Whether a key is none of the messages that its beginning means. */
  private isPlain(source: Uint8Array, start: number, end: number): boolean {
    return (
      this.plainKeys.find(source, start, end) !== -1 ||
      PLAIN_ENDS.some(
        (text) => end - start > text.length && startsWith(source, end - text.length, end, text),
      )
    );
  }

  /** Whether a text must be replaced whatever its key, or without one (a status message): its length tells. */
  hidesText(bytes: number): boolean {
    return this.isOn && bytes > PLAIN_BYTES_MAX;
  }

  /** What is stored instead of the text source[start, end): `redacted bytes=1234 fingerprint=<32 hex digits>`. */
  replacement(tenant: string, source: Uint8Array, start: number, end: number): string {
    const digits = this.fingerprintOf(tenant).of(source, start, end).slice(0, FINGERPRINT_HEX);
    return `redacted bytes=${end - start} fingerprint=${digits}`;
  }

  /** The same of a text that stands nowhere in the bytes. */
  replacementOf(tenant: string, text: string): string {
    const bytes = Buffer.from(text);
    return this.replacement(tenant, bytes, 0, bytes.length);
  }

  /** What makes sketches of the tenant's prompts, whether their texts are stored or not. */
  sketcherOf(tenant: string): PromptSketcher {
    let sketcher = this.sketchers.get(tenant);
    if (sketcher === undefined) {
      sketcher = new PromptSketcher(this.secretOf(tenant));
      this.sketchers.set(tenant, sketcher);
    }
    return sketcher;
  }

  private fingerprintOf(tenant: string): Fingerprint {
    let fingerprint = this.fingerprints.get(tenant);
    if (fingerprint === undefined) {
      fingerprint = new Fingerprint(this.secretOf(tenant));
      this.fingerprints.set(tenant, fingerprint);
    }
    return fingerprint;
  }
}

function startsWith(source: Uint8Array, start: number, end: number, prefix: Buffer): boolean {
  if (end - start < prefix.length) {
    return false;
  }
  for (let i = 0; i < prefix.length; i++) {
    if (source[start + i] !== prefix[i]) {
      return false;
    }
  }
  return true;
}

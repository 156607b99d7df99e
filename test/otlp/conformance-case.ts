/**
 * What a case of the conformance suite is: data, which says what is sent and what must come back. The same case runs
 * over every way that it names. Sections are those of the OTLP specification 1.11.
 */
export type Transport = 'http/protobuf' | 'http/json' | 'grpc';
export type Coding = 'none' | 'gzip' | 'deflate' | 'zstd';
export type Signal = 'traces' | 'logs' | 'metrics';
export type Level = 'MUST' | 'SHOULD' | 'MAY';

/** A column of the table: how requests travel. */
export interface Way {
  readonly transport: Transport;
  readonly coding: Coding;
}

/** What is sent as the message, before it is compressed. */
export type Payload =
  /** An export request as OTLP/JSON has it; encoded for the transport. */
  | { readonly kind: 'message'; readonly message: object }
  /** Just this text or these bytes. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly hex: string }
  /** A good request that is a little larger than this share of the receiver's limit. */
  | { readonly kind: 'share of the limit'; readonly share: number }
  /** Blanks, so many that the receiver's limit is exceeded many times when they are decompressed. */
  | { readonly kind: 'bomb' }
  /** An attribute whose value is a list in a list in a list. */
  | { readonly kind: 'nested'; readonly depth: number };

/** How the one message of a gRPC call is framed, other than as it should be. */
export type Framing =
  | 'no message'
  | 'half a prefix'
  | 'cut off'
  | 'twice'
  | 'flag 2'
  | 'flag 1 without grpc-encoding'
  | 'flag 0 though grpc-encoding is named'
  | 'declares 4 GiB';

export interface RequestData {
  readonly signal?: Signal;
  readonly payload: Payload;
  readonly key?: 'none' | 'unknown';
  /** Added to, or in place of, what is usually sent. A value of null leaves the header out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly method?: string;
  readonly path?: string;
  readonly framing?: Framing;
  /** The body is sent as it is, whatever the headers say of its coding. */
  readonly uncompressed?: true;
  /** Only so many bytes of the compressed body are sent. */
  readonly cutToBytes?: number;
}

/** How a request may end; OUTCOMES says what each is over HTTP and gRPC. */
export type OutcomeName =
  | 'taken'
  | 'taken in part'
  | 'bad data'
  | 'invalid argument'
  | 'too large'
  | 'no right key'
  | 'unknown coding'
  | 'unknown content type'
  | 'nothing there'
  | 'method not allowed'
  | 'broken framing';

/** What the answer says besides; SAYINGS says how that is looked for. */
export type SayingName =
  | 'partial_success is unset'
  | 'one record was rejected'
  | 'why records were rejected'
  | 'content type of the request'
  | 'a Status'
  | 'a message in the Status'
  | 'a BadRequest in the Status'
  | 'no RetryInfo'
  | 'which methods are allowed'
  | 'how to authenticate'
  | 'which codings are taken';

export interface ConformanceCase {
  /** Reads as a sentence of the specification. */
  readonly name: string;
  readonly level: Level;
  readonly section: string;
  readonly ways: readonly Way[];
  readonly request: RequestData;
  /** Any of these. */
  readonly outcome: readonly OutcomeName[];
  readonly says?: readonly SayingName[];
  /** A good request is sent afterwards, and must be taken. */
  readonly isHostile?: true;
}

/** One step of a conversation over a bare connection; `{head}` stands for the usual head of a request. */
export type Step =
  | { readonly kind: 'send'; readonly text: string }
  /** Waits until so many answers have come (100 Continue is one). */
  | { readonly kind: 'await'; readonly answers: number }
  /** Sends one byte at a time for as long as the connection is open, or until the receiver should have had enough. */
  | { readonly kind: 'drip' }
  | { readonly kind: 'hang up' }
  /** Opens so many more connections, which send nothing until the end of the case. */
  | { readonly kind: 'crowd'; readonly connections: number };

/** HTTP/1 below the level of requests: what is sent on one connection, and which answers come. */
export interface ConversationCase {
  readonly name: string;
  readonly level: Level;
  readonly section: string;
  readonly steps: readonly Step[];
  /** For each answer in order the statuses it may have. */
  readonly statuses: readonly (readonly number[])[];
  /** Whether the receiver closes the connection at the end; undefined where either is right. */
  readonly closes?: boolean;
  /** After an error the receiver may also close, and not give the answers that remain. */
  readonly mayCloseAfter?: number;
  readonly isHostile?: true;
}

/** How the receiver is reached, and what cannot be found out by asking it. */
export interface Receiver {
  /** Such as `http://127.0.0.1:4318`; null: OTLP/HTTP is not tried. */
  readonly httpUrl: string | null;
  /** Such as `http://127.0.0.1:4317`; null: OTLP/gRPC is not tried. */
  readonly grpcUrl: string | null;
  /** Sent as `x-api-key`; null: the receiver asks for none, and cases on keys are left out. */
  readonly key: string | null;
  /** Its limit of one request; null: cases on sizes are left out. */
  readonly limitBytes: number | null;
  /** How long it lets a request take; null: cases on slow senders are left out. */
  readonly slowMs: number | null;
}

/** The columns of the table, and the sets of them that cases name. */
import type { Coding, Transport, Way } from './conformance-case.ts';

const TRANSPORTS: readonly Transport[] = ['http/protobuf', 'http/json', 'grpc'];
const CODINGS: readonly Coding[] = ['none', 'gzip', 'deflate', 'zstd'];

export const WAYS: readonly Way[] = TRANSPORTS.flatMap((transport) =>
  CODINGS.map((coding) => ({ transport, coding })),
);

export const nameOf = ({ transport, coding }: Way): string => `${transport} ${coding}`;

export const HTTP = WAYS.filter(({ transport }) => transport !== 'grpc');
export const JSON_WAYS = WAYS.filter(({ transport }) => transport === 'http/json');
export const PROTOBUF_WAYS = WAYS.filter(({ transport }) => transport !== 'http/json');
export const GRPC = WAYS.filter(({ transport }) => transport === 'grpc');
export const COMPRESSED = WAYS.filter(({ coding }) => coding !== 'none');

/** For what does not depend on the coding. */
export const plain = (ways: readonly Way[]): readonly Way[] =>
  ways.filter(({ coding }) => coding === 'none');

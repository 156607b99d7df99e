// Options of `--self-traces`: the collector's own work as spans.
import { option } from './option-spec.ts';
import { headersSchema, shareSchema, urlSchema } from './option-values.ts';

export const OWN_TRACES_OPTIONS = {
  selfTraces: option({
    flag: 'self-traces',
    env: 'AICOST_SELF_TRACES',
    schema: urlSchema,
    byDefault: null,
    expected: 'an http or https address without a path, such as http://127.0.0.1:4318',
    sentence: "OTLP endpoint that gets spans of the collector's own work; unset, none are made.",
  }),
  selfTracesRatio: option({
    flag: 'self-traces-ratio',
    env: 'AICOST_SELF_TRACES_RATIO',
    schema: shareSchema,
    byDefault: '0.01',
    expected: 'a share from 0 to 1, such as 0.01',
    sentence: 'Share of the work that --self-traces tells of.',
  }),
  selfTracesHeaders: option({
    flag: null,
    env: 'AICOST_SELF_TRACES_HEADERS',
    schema: headersSchema,
    byDefault: null,
    expected: 'headers as name=value, with commas between, such as x-api-key=aicost_…',
    sentence: 'Headers sent with --self-traces, such as a key.',
    secret: true,
  }),
};

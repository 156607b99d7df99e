"""One call through LiteLLM's SDK, with its OpenTelemetry logger of either generation. Run by record.ts.

record.py GENERATION CASE, with FAKE_PROVIDER_URL and OTLP_URL in the environment. The spans are posted by LiteLLM's own
OTLP/JSON encoder, in one request.
"""

import asyncio
import os
import sys
import urllib.request

generation, case = sys.argv[1:]
if generation != 'v1':
    os.environ['LITELLM_OTEL_V2'] = 'true'
os.environ['LITELLM_LOCAL_MODEL_COST_MAP'] = 'true'
os.environ['OTEL_SERVICE_NAME'] = 'gateway'
os.environ['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'] = 'SPAN_ONLY'

import litellm  # noqa: E402
from litellm.integrations.otel.plumbing.otlp_json import encode_spans_json  # noqa: E402
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult  # noqa: E402

URL = os.environ['FAKE_PROVIDER_URL']
OTLP = os.environ['OTLP_URL']
HI = [{'role': 'user', 'content': 'Hi'}]
WHOM = {'user_api_key_team_id': 'team-1', 'user_api_key_team_alias': 'support', 'user_api_key_end_user_id': 'user-7'}
OPENAI = {'api_base': URL, 'api_key': 'not-a-key', 'metadata': WHOM}
ANTHROPIC = {'api_base': URL.removesuffix('/v1'), 'api_key': 'not-a-key', 'metadata': WHOM}


class OneRequest(SpanExporter):
    """Keeps the spans until the end: one request is one fixture."""

    def __init__(self) -> None:
        self.spans = []

    def export(self, spans):
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS

    def post(self) -> None:
        headers = {'content-type': 'application/json'}
        request = urllib.request.Request(OTLP + '/v1/traces', encode_spans_json(self.spans), headers)
        urllib.request.urlopen(request).close()


async def stream() -> None:
    answer = await litellm.acompletion(
        model='openai/gpt-4o-2024-08-06',
        messages=HI,
        stream=True,
        stream_options={'include_usage': True},
        **OPENAI,
    )
    async for _ in answer:
        pass


async def cache_hit() -> None:
    litellm.cache = litellm.Cache(type='local')
    for _ in range(2):
        await litellm.acompletion(model='openai/gpt-4o-2024-08-06', messages=HI, caching=True, **OPENAI)
        await asyncio.sleep(1)


async def error() -> None:
    try:
        await litellm.acompletion(model='openai/gpt-4o-fails', messages=HI, num_retries=0, **OPENAI)
    except litellm.BadRequestError:
        pass


CASES = {
    'chat-openai': lambda: litellm.acompletion(model='openai/gpt-4o-2024-08-06', messages=HI, **OPENAI),
    'stream-openai': stream,
    'chat-anthropic-cached': lambda: litellm.acompletion(
        model='anthropic/claude-sonnet-4-5', messages=HI, **ANTHROPIC
    ),
    'embeddings': lambda: litellm.aembedding(model='openai/text-embedding-3-small', input=['one'], **OPENAI),
    'cache-hit': cache_hit,
    'error': error,
}


def logger(exporter: OneRequest):
    if generation == 'v1':
        from litellm.integrations.opentelemetry import OpenTelemetry, OpenTelemetryConfig

        return OpenTelemetry(config=OpenTelemetryConfig(exporter=exporter))
    from litellm.integrations.otel.logger import OpenTelemetryV2
    from litellm.integrations.otel.model.config import ExporterSpec, OpenTelemetryV2Config
    from litellm.integrations.otel.plumbing import providers

    providers.register_exporter_factory('one_request', lambda spec: exporter)
    mappers = ['genai', 'legacy', 'openinference', 'langfuse'] if generation == 'v2-layers' else ['genai']
    config = OpenTelemetryV2Config(exporters=[ExporterSpec(kind='one_request', use_simple_processor=True)], mapper_names=mappers)
    return OpenTelemetryV2(config=config)


async def main() -> None:
    exporter = OneRequest()
    litellm.callbacks = [logger(exporter)]
    await CASES[case]()
    await asyncio.sleep(2)  # LiteLLM logs in the background.
    exporter.post()


asyncio.run(main())

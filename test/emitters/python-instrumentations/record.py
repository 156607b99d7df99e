"""One call through the OpenAI or Anthropic SDK, instrumented by one emitter. Run by record.ts.

record.py EMITTER CASE, with FAKE_PROVIDER_URL and OTLP_URL in the environment. The spans are encoded by the OTLP exporter's
own encoder and posted as JSON, in one request.
"""

import base64
import json
import os
import sys
import tempfile
import urllib.request

from google.protobuf.json_format import MessageToDict
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

emitter, case = sys.argv[1:]
URL = os.environ['FAKE_PROVIDER_URL']
HI = [{'role': 'user', 'content': 'Hi'}]
CHAT = {'model': 'gpt-4o-2024-08-06', 'messages': HI}
CLAUDE = {'model': 'claude-sonnet-4-5', 'max_tokens': 100, 'messages': HI}
# Per 1000 tokens; without it OpenLIT fetches its list from the network.
PRICES = {'chat': {'gpt-4o-2024-08-06': {'promptPrice': 0.0025, 'completionPrice': 0.01}}}

spans = InMemorySpanExporter()
tracing = TracerProvider(resource=Resource({'service.name': 'support'}))
tracing.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(tracing)


def instrument() -> None:
    if emitter == 'openllmetry':
        from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor
    elif emitter == 'openinference':
        from openinference.instrumentation.anthropic import AnthropicInstrumentor
        from openinference.instrumentation.openai import OpenAIInstrumentor
    else:
        import openlit

        with tempfile.NamedTemporaryFile('w', suffix='.json') as file:
            json.dump(PRICES, file)
            file.flush()
            openlit.init(
                application_name='support', environment='production', pricing_json=file.name, disable_metrics=True
            )
        return
    AnthropicInstrumentor().instrument(tracer_provider=tracing)
    OpenAIInstrumentor().instrument(tracer_provider=tracing)


instrument()
from anthropic import Anthropic  # noqa: E402
from openai import OpenAI, OpenAIError  # noqa: E402

openai = OpenAI(base_url=URL, api_key='not-a-key', max_retries=0)
anthropic = Anthropic(base_url=URL.removesuffix('/v1'), api_key='not-a-key', max_retries=0)


def drain(stream) -> None:
    for _ in stream:
        pass


def fail() -> None:
    try:
        openai.chat.completions.create(model='gpt-4o-fails', messages=HI)
    except OpenAIError:
        pass


CASES = {
    'openai-chat': lambda: openai.chat.completions.create(**CHAT),
    'openai-chat-stream': lambda: drain(
        openai.chat.completions.create(**CHAT, stream=True, stream_options={'include_usage': True})
    ),
    'openai-responses': lambda: openai.responses.create(model='gpt-5-mini', input='Hi'),
    'openai-embeddings': lambda: openai.embeddings.create(
        model='text-embedding-3-small', input='one', encoding_format='float'
    ),
    'openai-error': fail,
    'anthropic-cached': lambda: anthropic.messages.create(**CLAUDE),
    'anthropic-cached-stream': lambda: drain(anthropic.messages.create(**CLAUDE, stream=True)),
}


def hexadecimal(span: dict) -> dict:
    """OTLP/JSON writes ids in hex, protobuf's JSON in base64."""
    ids = ('traceId', 'spanId', 'parentSpanId')
    return {key: base64.b64decode(value).hex() if key in ids else value for key, value in span.items()}


CASES[case]()
tracing.force_flush()
request = MessageToDict(encode_spans(spans.get_finished_spans()), use_integers_for_enums=True)
for resource_spans in request.get('resourceSpans', []):
    for scope_spans in resource_spans['scopeSpans']:
        scope_spans['spans'] = [hexadecimal(span) for span in scope_spans['spans']]
if request:
    headers = {'content-type': 'application/json'}
    body = json.dumps(request).encode()
    post = urllib.request.Request(os.environ['OTLP_URL'] + '/v1/traces', body, headers)
    urllib.request.urlopen(post).close()

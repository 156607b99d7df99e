"""Records what pydantic-ai writes, against a provider faked on 127.0.0.1.

python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python record.py OUT_DIR
With requirements-v1.txt instead, only the case of version 1 is recorded.
Each case becomes OUT_DIR/<case>.otlp.json: the request that the OTLP exporter would send, as JSON.
"""

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic_ai import Agent, __version__
from pydantic_ai.models.instrumented import InstrumentationSettings

ANTHROPIC_USAGE = [
    {'input_tokens': 12, 'cache_read_input_tokens': 0, 'cache_creation_input_tokens': 1000, 'output_tokens': 30},
    {'input_tokens': 8, 'cache_read_input_tokens': 1000, 'cache_creation_input_tokens': 50, 'output_tokens': 20},
]
OPENAI_USAGE = [
    {
        'prompt_tokens': 56,
        'completion_tokens': 5,
        'total_tokens': 61,
        'prompt_tokens_details': {'cached_tokens': 40},
        'completion_tokens_details': {'reasoning_tokens': 3},
    },
    {
        'prompt_tokens': 57,
        'completion_tokens': 6,
        'total_tokens': 63,
        'prompt_tokens_details': {'cached_tokens': 48},
        'completion_tokens_details': {'reasoning_tokens': 2},
    },
]


def anthropic_answer(turn: int) -> dict:
    first = turn == 0
    content = (
        {'type': 'tool_use', 'id': 'toolu_1', 'name': 'price_of', 'input': {'item': 'tea'}}
        if first
        else {'type': 'text', 'text': 'Tea costs 3.'}
    )
    return {
        'id': f'msg_{turn}',
        'type': 'message',
        'role': 'assistant',
        'model': 'claude-sonnet-4-5-20250929',
        'content': [content],
        'stop_reason': 'tool_use' if first else 'end_turn',
        'stop_sequence': None,
        'usage': ANTHROPIC_USAGE[turn],
    }


def openai_answer(turn: int) -> dict:
    first = turn == 0
    call = {'id': 'call_1', 'type': 'function', 'function': {'name': 'price_of', 'arguments': '{"item":"tea"}'}}
    message = {'role': 'assistant', 'content': None if first else 'Tea costs 3.'}
    return {
        'id': f'chatcmpl-{turn}',
        'object': 'chat.completion',
        'created': 1787227200,
        'model': 'gpt-4o-2024-08-06',
        'choices': [
            {
                'index': 0,
                'message': {**message, 'tool_calls': [call]} if first else message,
                'finish_reason': 'tool_calls' if first else 'stop',
            }
        ],
        'usage': OPENAI_USAGE[turn],
    }


class Provider(BaseHTTPRequestHandler):
    turn = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers['content-length']))
        answer = anthropic_answer if 'messages' in self.path else openai_answer
        body = json.dumps(answer(Provider.turn)).encode()
        Provider.turn += 1
        self.send_response(200)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def hex_ids(request: dict) -> dict:
    for resource in request['resourceSpans']:
        for scope in resource['scopeSpans']:
            for span in scope['spans']:
                for name in ('traceId', 'spanId', 'parentSpanId'):
                    if name in span:
                        span[name] = base64.b64decode(span[name]).hex()
    return request


def record(out: Path, case: str, model: object) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({'service.name': 'tea-shop'}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))
    agent = Agent(model, name='shopkeeper')

    @agent.tool_plain
    def price_of(item: str) -> int:
        return 3

    Provider.turn = 0
    agent.run_sync('What does tea cost?', model_settings={'max_tokens': 1024})
    request = hex_ids(MessageToDict(encode_spans(exporter.get_finished_spans()), use_integers_for_enums=True))
    (out / f'{case}.otlp.json').write_text(json.dumps(request, indent=2) + '\n')


def main() -> None:
    out = Path(sys.argv[1])
    server = HTTPServer(('127.0.0.1', 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f'http://127.0.0.1:{server.server_port}'

    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    openai = OpenAIChatModel('gpt-4o', provider=OpenAIProvider(base_url=f'{url}/v1', api_key='none'))
    if __version__.startswith('1.'):
        record(out, 'v1-agent-run', openai)
        return

    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    anthropic = AnthropicModel('claude-sonnet-4-5', provider=AnthropicProvider(base_url=url, api_key='none'))
    record(out, 'v2-agent-run', openai)
    record(out, 'v2-agent-run-anthropic', anthropic)


main()

"""Records what Strands Agents writes, against an Anthropic API faked on 127.0.0.1.

python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python record.py OUT_DIR CASE
One agent object is invoked twice, so that its span's growing totals show.
"""

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from google.protobuf.json_format import MessageToDict
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from strands import Agent
from strands.models.anthropic import AnthropicModel

USAGE = [
    {'input_tokens': 12, 'cache_read_input_tokens': 0, 'cache_creation_input_tokens': 1000, 'output_tokens': 30},
    {'input_tokens': 1500, 'cache_read_input_tokens': 1000, 'cache_creation_input_tokens': 50, 'output_tokens': 20},
]


def events(turn: int) -> list[dict]:
    message = {
        'id': f'msg_{turn}',
        'type': 'message',
        'role': 'assistant',
        'model': 'claude-sonnet-4-5-20250929',
        'content': [],
        'stop_reason': None,
        'stop_sequence': None,
        'usage': {**USAGE[turn], 'output_tokens': 1},
    }
    return [
        {'type': 'message_start', 'message': message},
        {'type': 'content_block_start', 'index': 0, 'content_block': {'type': 'text', 'text': ''}},
        {'type': 'content_block_delta', 'index': 0, 'delta': {'type': 'text_delta', 'text': 'Tea costs 3.'}},
        {'type': 'content_block_stop', 'index': 0},
        {
            'type': 'message_delta',
            'delta': {'stop_reason': 'end_turn', 'stop_sequence': None},
            'usage': USAGE[turn],
        },
        {'type': 'message_stop'},
    ]


class Provider(BaseHTTPRequestHandler):
    turn = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers['content-length']))
        body = ''.join(f'event: {e["type"]}\ndata: {json.dumps(e)}\n\n' for e in events(Provider.turn)).encode()
        Provider.turn += 1
        self.send_response(200)
        self.send_header('content-type', 'text/event-stream')
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def hex_ids(request: dict) -> dict:
    for resource in request['resourceSpans']:
        for scope in resource['scopeSpans']:
            for span in scope['spans']:
                for holder in (span, *span.get('links', [])):
                    for name in ('traceId', 'spanId', 'parentSpanId'):
                        if name in holder:
                            holder[name] = base64.b64decode(holder[name]).hex()
    return request


def main() -> None:
    out, case = Path(sys.argv[1]), sys.argv[2]
    server = HTTPServer(('127.0.0.1', 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({'service.name': 'tea-shop'}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)

    url = f'http://127.0.0.1:{server.server_port}'
    model = AnthropicModel(
        client_args={'api_key': 'none', 'base_url': url}, model_id='claude-sonnet-4-5', max_tokens=1024
    )
    agent = Agent(model=model, name='shopkeeper', callback_handler=None)
    agent('What does tea cost?')
    agent('And now?')
    encoded = MessageToDict(encode_spans(exporter.get_finished_spans()), use_integers_for_enums=True)
    (out / f'{case}.otlp.json').write_text(json.dumps(hex_ids(encoded), indent=2) + '\n')


main()

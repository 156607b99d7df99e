"""A service with OpenTelemetry's own packages and nothing of ours: `opentelemetry-instrument python app.py`.

Who asks and for what stands on the span of the request; the calls below it are charged to them.
"""

import sys

from openai import OpenAI
from opentelemetry import trace

tracer = trace.get_tracer("python-openai")
openai = OpenAI()
ATTRIBUTION = {"aicost.feature": "billing", "user.id": "user-7", "aicost.tag.plan": "pro"}


def answer(question: str) -> str:
    with tracer.start_as_current_span("POST /ask", attributes=ATTRIBUTION):
        messages = [{"role": "user", "content": question}]
        whole = openai.chat.completions.create(model="gpt-4.1-mini", messages=messages)
        # Here usage has to be asked for: without it nobody knows what a stream cost.
        stream = openai.chat.completions.create(
            model="gpt-4.1-mini",
            messages=messages,
            stream=True,
            stream_options={"include_usage": True},
        )
        words = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
        return f"Whole: {whole.choices[0].message.content}\nStreamed: {''.join(words)}\n"


sys.stdout.write(answer("What do I owe?"))

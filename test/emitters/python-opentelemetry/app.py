"""A service under `opentelemetry-instrument`, which has the variables of docs/send/python.md and knows nothing of them."""

from openai import OpenAI, OpenAIError
from opentelemetry import trace

openai = OpenAI(max_retries=0)
QUESTION = [{'role': 'user', 'content': 'Is it fine?'}]
CHAT = {'model': 'gpt-4o-2024-08-06', 'messages': QUESTION}

with trace.get_tracer('checkout').start_as_current_span('POST /ask', attributes={'user.id': 'user-7'}):
    openai.chat.completions.create(**CHAT)
    for _ in openai.chat.completions.create(**CHAT, stream=True, stream_options={'include_usage': True}):
        pass
    # What it used is told to nobody.
    for _ in openai.chat.completions.create(**CHAT, stream=True):
        pass
    openai.responses.create(model='gpt-5-mini', input='Is it fine?')
    openai.embeddings.create(model='text-embedding-3-small', input='fine', encoding_format='float')
    try:
        openai.chat.completions.create(model='gpt-4o-fails', messages=QUESTION)
    except OpenAIError:
        pass

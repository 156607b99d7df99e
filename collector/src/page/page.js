/**
 * The page's behaviour, in the browser. Panels load on their own and fail on their own, saying why.
 * Invariant: whatever came from the collector is set as text, never as markup; the key stays in this
 * tab (sessionStorage) and goes into one header.
 */
const KEY = 'aicost-key';
const REFRESH_MS = 10_000;
let spendRange = '24h';
const turns = { arriving: 0, spend: 0, unpriced: 0 };

/** What a person can do about each reason; the reasons are those of the price engine. */
const REMEDIES = {
  unknown_provider: 'The span names no provider the price book has.',
  unknown_model: 'The price book has no such model. Add a price or an alias.',
  no_usage: 'The span carries no token counts. Check that the instrumentation records usage.',
  missing_rate: 'The model is known, but not the price of one thing it was used for.',
  unpriced_context: 'The model has no price for this tier, region or platform.',
  invalid_context: 'The span describes its tier, region or platform in a way that cannot be read.',
  invalid_usage: 'The token counts contradict each other.',
  over_limit: 'A single line would cost more than a billion dollars: the counts are not believed.',
};

const byId = (id) => document.getElementById(id);

/** An element with text or children; `className` and attributes as given. */
function make(tag, { text, className, children = [], ...attributes } = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

class Failure extends Error {}

async function ask(path) {
  const key = sessionStorage.getItem(KEY);
  let response;
  try {
    response = await fetch(path, { headers: { 'x-api-key': key }, cache: 'no-store' });
  } catch {
    throw new Failure('The collector does not answer. Is it still running?');
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  const id = body?.request_id ? ` (request ${body.request_id})` : '';
  throw new Failure(`${body?.detail ?? `The answer was ${response.status}.`}${id}`);
}

const whole = (count) => BigInt(count).toLocaleString();

/** An exact amount; digits beyond the fourth decimal are shown smaller, never dropped. */
function money(amount) {
  if (amount === null) return make('span', { text: 'unknown', className: 'fine' });
  const [dollars, decimals = ''] = amount.split('.');
  const main = decimals.padEnd(2, '0').slice(0, 4);
  const sign = dollars.startsWith('-') ? '−$' : '$';
  const grouped = BigInt(dollars.replace('-', '')).toLocaleString('en-US');
  const children = [`${sign}${grouped}.${main}`];
  if (decimals.length > 4)
    children.push(make('span', { text: decimals.slice(4), className: 'fine' }));
  return make('span', { children, title: `${amount} USD` });
}

function ago(time) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

function table(columns, rows) {
  const head = columns.map(({ title, number }) =>
    make('th', { text: title, scope: 'col', className: number ? 'number' : '' }),
  );
  const lines = rows.map((row) =>
    make('tr', {
      children: columns.map(({ cell, number, className = '' }) =>
        make('td', { className: number ? 'number' : className, children: [cell(row)] }),
      ),
    }),
  );
  const parts = [
    make('thead', { children: [make('tr', { children: head })] }),
    make('tbody', { children: lines }),
  ];
  return make('div', { className: 'scroll', children: [make('table', { children: parts })] });
}

const named = (value, missing) => (value === null ? make('em', { text: missing }) : value);

function sumOf(row, prefix) {
  return Object.entries(row)
    .filter(([name, value]) => name.startsWith(prefix) && value !== null)
    .reduce((sum, [, value]) => sum + BigInt(value), 0n);
}

function showArriving({ last_received_at: last, spans, llm_spans: llm }) {
  const pulse = byId('pulse');
  if (last === null) {
    pulse.textContent = 'waiting for the first span';
    pulse.className = 'pulse';
    return [
      make('p', {
        className: 'empty',
        text: 'Nothing yet. Spans show up here about a second after they were accepted.',
      }),
    ];
  }
  const lately = BigInt(spans.last_5_minutes) > 0n;
  pulse.textContent = lately ? 'receiving' : `quiet, last span ${ago(last)}`;
  pulse.className = lately ? 'pulse good' : 'pulse';
  const numbers = [
    ['Last span', ago(last)],
    ['Last minute', whole(spans.last_minute)],
    ['Last hour', whole(spans.last_hour)],
    ['24 hours', whole(spans.last_24_hours)],
  ];
  const list = numbers.map(([title, value]) =>
    make('div', { children: [make('dt', { text: title }), make('dd', { text: value })] }),
  );
  return [
    make('dl', { className: 'numbers', children: list }),
    make('p', {
      className: 'hint',
      text: `${whole(spans.stored)} spans stored, ${whole(llm)} of them LLM calls.`,
    }),
  ];
}

function spendPath() {
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  const from = spendRange === 'today' ? midnight.toISOString() : 'now-24h';
  const query = new URLSearchParams({ from, to: 'now', by: 'provider,model', limit: '12' });
  return `/api/v1/costs/breakdown?${query}`;
}

/** What settle may still correct; nothing to say where nothing is open. */
function showOpen({ settled_through: through, provisional: { calls, cost_usd: cost } }) {
  if (BigInt(calls) === 0n) return [];
  const since = through === null ? 'nothing was settled yet' : `settled ${ago(through)}`;
  const text = ` in ${whole(calls)} calls may still be corrected: ${since}.`;
  return [make('p', { className: 'hint', children: [money(cost), text] })];
}

function showSpend({ rows, other, totals, ...open }) {
  const calls = whole(totals.calls);
  const small = make('small', { text: `  in ${calls} calls` });
  const sum = make('p', { className: 'total', children: [money(totals.cost_usd), small] });
  const total = [sum, ...showOpen(open)];
  if (rows.length === 0) {
    return [...total, make('p', { className: 'empty', text: 'No calls in this range.' })];
  }
  const lines = BigInt(other.calls) === 0n ? rows : [...rows, { ...other, isOther: true }];
  const name = (row) =>
    row.isOther ? make('em', { text: 'all other models' }) : named(row.model, 'no model told');
  const meter = ({ share }) =>
    make('meter', { min: 0, max: 1, value: Math.max(0, Number(share ?? 0)), title: share ?? '' });
  const columns = [
    { title: 'Model', cell: name, className: 'name' },
    { title: 'Provider', cell: (row) => row.provider ?? '' },
    { title: 'Calls', cell: (row) => whole(row.calls), number: true },
    { title: 'Tokens in', cell: (row) => sumOf(row, 'in_').toLocaleString(), number: true },
    { title: 'Tokens out', cell: (row) => sumOf(row, 'out_').toLocaleString(), number: true },
    { title: 'Share', cell: meter, className: 'share' },
    { title: 'Cost', cell: (row) => money(row.cost_usd), number: true },
  ];
  return [...total, table(columns, lines)];
}

function showUnpriced({ rows, other, totals }) {
  if (BigInt(totals.calls) === 0n) {
    return [make('p', { className: 'empty', text: 'Every call of the last 7 days has a cost.' })];
  }
  const reason = ({ reason: why, detail }) => {
    const lines = [REMEDIES[why], detail].filter((line) => line);
    const hints = lines.map((text) => make('div', { className: 'hint', text }));
    const chip = { className: 'chip', text: (why ?? 'no reason told').replaceAll('_', ' ') };
    return make('div', { children: [make('span', chip), ...hints] });
  };
  const columns = [
    { title: 'Model', cell: (row) => named(row.model, 'no model told'), className: 'name' },
    { title: 'Provider', cell: (row) => row.provider ?? '' },
    { title: 'Why', cell: reason },
    { title: 'Calls', cell: (row) => whole(row.calls), number: true },
    {
      title: 'Tokens',
      cell: (row) => (BigInt(row.input_tokens) + BigInt(row.output_tokens)).toLocaleString(),
      number: true,
    },
  ];
  const rest = BigInt(other.calls) === 0n ? '' : ` ${whole(other.calls)} more are not listed.`;
  const summary = `${whole(totals.calls)} calls of the last 7 days have no cost and no part in any sum.${rest}`;
  return [make('p', { className: 'hint', text: summary }), table(columns, rows)];
}

/**
 * Loads one panel. What was shown stays, faded, under the reason when a refresh fails; an answer
 * that a newer question has overtaken is dropped.
 */
async function load(id, path, show) {
  const body = document.querySelector(`#${id} .body`);
  turns[id] += 1;
  const turn = turns[id];
  try {
    const answer = await ask(path);
    if (turn !== turns[id]) return;
    const content = show(answer);
    body.replaceChildren(...content);
  } catch (error) {
    if (turn !== turns[id]) return;
    const text = error instanceof Failure ? error.message : `This panel failed: ${error.message}`;
    const shown = [...body.children].filter((child) => !child.classList.contains('failed'));
    for (const child of shown) child.classList.add('stale');
    body.replaceChildren(make('p', { className: 'failed', role: 'alert', text }), ...shown);
    if (id === 'arriving') {
      byId('pulse').textContent = 'no answer';
      byId('pulse').className = 'pulse bad';
    }
  }
}

function askForKey() {
  for (const id of Object.keys(turns)) turns[id] += 1;
  for (const body of document.querySelectorAll('section .body')) {
    body.replaceChildren(
      make('p', { className: 'empty', text: 'Paste a key with the scope read above to see this.' }),
    );
  }
  byId('pulse').textContent = 'no key yet';
  byId('pulse').className = 'pulse';
}

function refresh() {
  const hasKey = sessionStorage.getItem(KEY) !== null;
  byId('forget').hidden = !hasKey;
  if (!hasKey) {
    askForKey();
    return;
  }
  const done = () => {
    byId('refreshed').textContent = `Refreshed ${new Date().toLocaleTimeString()}`;
  };
  Promise.all([
    load('arriving', '/api/v1/status', showArriving),
    load('spend', spendPath(), showSpend),
    load('unpriced', '/api/v1/unpriced?from=now-7d&limit=12', showUnpriced),
  ]).then(done, done);
}

byId('variables').textContent =
  `OTEL_EXPORTER_OTLP_ENDPOINT=${location.origin}\nOTEL_EXPORTER_OTLP_HEADERS=x-api-key=<your key>`;
byId('copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText(byId('variables').textContent);
  byId('copy').textContent = 'Copied';
  setTimeout(() => {
    byId('copy').textContent = 'Copy';
  }, 1500);
});
byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const key = byId('key').value.trim();
  byId('key').value = '';
  if (key !== '') sessionStorage.setItem(KEY, key);
  refresh();
});
byId('forget').addEventListener('click', () => {
  sessionStorage.removeItem(KEY);
  refresh();
});
for (const button of document.querySelectorAll('[data-range]')) {
  button.addEventListener('click', () => {
    spendRange = button.dataset.range;
    for (const other of document.querySelectorAll('[data-range]')) {
      other.setAttribute('aria-pressed', String(other === button));
    }
    refresh();
  });
}
setInterval(() => {
  if (!document.hidden) refresh();
}, REFRESH_MS);
refresh();

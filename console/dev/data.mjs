// What the simulated server begins with. Names are made up; nothing here ever was a credential.
const iso = (secondsAgo) => new Date(Date.now() - secondsAgo * 1000).toISOString().replace(/\.\d+Z/, 'Z');
const id = (kind, number) => `${kind}-${String(number).padStart(16, '0')}`;

export function beginnings(many = 40) {
  const users = Array.from({ length: many }, (_, at) => ({
    id: id('u', at), name: ['ann', 'bob', 'chen', 'dora', 'emil'][at] ?? `user-${at}`, email: at % 3 ? `user${at}@example.org` : null,
    role: ['admin', 'operator', 'viewer', 'user'][Math.min(at, 3)], has_password: at % 2 === 0, enabled: at % 7 !== 6, terms: {},
    created_at: iso(86400 * at + 300), balance: (50 - at * 1.7123).toFixed(4),
  }));
  const clients = Array.from({ length: many }, (_, at) => ({
    id: id('c', at), name: ['ann', 'build-server', 'laptop', 'batch'][at] ?? `client-${at}`, user_id: users[at]?.id ?? null, user: users[at]?.name ?? null,
    enabled: at % 9 !== 8, terms: at % 2 ? { models: ['claude-*'], limits: { requests_per_minute: 60, cost_per_day: '12.50' } } : {}, created_at: iso(86400 * at + 60),
  }));
  const keys = clients.map((client, at) => ({
    id: id('k', at), prefix: `mg-a${String(at).padStart(3, '0')}`, name: at % 2 ? '' : 'main', client_id: client.id, client: client.name, enabled: at % 5 !== 4,
    terms: {}, created_at: iso(86400 * at), expires_at: at % 3 === 1 ? iso(-86400 * (40 - at)) : null, last_used_at: at % 4 ? iso(at * 977) : null,
  }));
  const accounts = [
    { name: 'vertex-main.json', provider: 'vertex', source: 'map', models: ['gemini-*'], regions: ['us-central1', 'global'], weight: 3, enabled: true, hint: 'gateway@research-1.iam.gserviceaccount.com', health: { state: 'ok', until: null, reason: null }, requests: 18204, errors: 12 },
    { name: 'claude-eu', provider: 'vertex-claude', source: 'store', models: ['claude-*'], regions: ['europe-west1'], weight: 1, enabled: true, hint: 'claude@research-2.iam.gserviceaccount.com', health: { state: 'cooling', until: iso(-90), reason: 'HTTP 429: Quota exceeded for aiplatform.googleapis.com, resets in 90 s' }, requests: 9120, errors: 310 },
    { name: 'anthropic-team', provider: 'anthropic', source: 'store', models: ['*'], regions: [], weight: 2, enabled: true, hint: '…4kQA', health: { state: 'ok', until: null, reason: null }, requests: 44012, errors: 41 },
    { name: 'gemini-key', provider: 'gemini', source: 'store', models: ['gemini-*'], regions: [], weight: 1, enabled: false, hint: '…x81Q', health: { state: 'disabled', until: null, reason: 'HTTP 401: the key was refused' }, requests: 12, errors: 12 },
    { name: 'adc', provider: 'vertex', source: 'ambient', models: ['gemini-2.5-pro'], regions: ['us-east5'], weight: 1, enabled: true, hint: '', health: { state: 'unreachable', until: null, reason: 'connection refused' }, requests: 0, errors: 5 },
  ];
  const virtual = ['laptop', 'ci', 'notebook'].map((name, at) => ({
    id: `10${String(at).padStart(19, '7')}`, email: `${name}@research.iam.gserviceaccount.com`, name, project: 'research', key_id: `${at}f3c9a7be1d2`.repeat(3).slice(0, 40),
    enabled: at !== 1, default_for_metadata: at === 0, providers: at === 2 ? ['gemini'] : [], models: at ? ['gemini-2.5-*', 'claude-*'] : [], has_external_account_file: at === 1, created_at: iso(at * 400000 + 4000),
  }));
  const audit = Array.from({ length: 120 }, (_, at) => ({
    at: iso(at * 1300), actor: ['admin', 'ann', 'local'][at % 3], action: ['client.create', 'key.create', 'account.change', 'user.top-up', 'map.change'][at % 5], subject: ['ann', 'k-0000000000000004', 'claude-eu', 'bob', 'map'][at % 5],
    detail: at % 2 ? { weight: 2, models: 'replaced' } : {}, address: at % 3 === 2 ? 'local' : '10.0.4.17',
  }));
  const movements = Array.from({ length: 130 }, (_, at) => ({
    id: `m-${at}`, kind: at % 4 === 0 ? 'top-up' : 'charge', amount: at % 4 === 0 ? '50' : `-${(0.01 * (at + 1)).toFixed(6)}`, actor: at % 4 === 0 ? 'admin' : 'ledger', note: at % 4 === 0 ? 'invoice 2026-11' : '', created_at: iso(at * 5000),
  }));
  const notifications = [
    { id: 'n-1', user_id: null, kind: 'account-disabled', text: 'The upstream account gemini-key was taken out: HTTP 401: the key was refused.', created_at: iso(4000), read_at: null },
    { id: 'n-2', user_id: users[4]?.id ?? null, kind: 'low-balance', text: 'The balance of emil is below $30.00.', created_at: iso(90000), read_at: null },
  ];
  return { users, clients, keys, accounts, virtual, audit, movements, notifications };
}

const kSpans = { '1h': [60, 60], '24h': [96, 900], '7d': [84, 7200], '30d': [90, 28800] };

export function overview(range, accounts) {
  const [many, step] = kSpans[range] ?? kSpans['24h'];
  const end = Math.floor(Date.now() / 1000 / step) * step;
  const series = Array.from({ length: many }, (_, at) => {
    const t = end - (many - 1 - at) * step;
    const busy = (Math.sin((t % 86400) / 86400 * 2 * Math.PI - 1.6) + 1.3) * step / 60 * 40 * (1 + 0.2 * Math.sin(at * 1.7));
    return { t, requests: Math.round(busy), errors: Math.round(busy * 0.012 * (1 + Math.sin(at))), input_tokens: Math.round(busy * 2100), output_tokens: Math.round(busy * 380), cost: (busy * 0.011).toFixed(6), p50_ms: 640 + 90 * Math.sin(at / 5), p95_ms: 2900 + 500 * Math.sin(at / 3) };
  });
  return { now: { requests_per_minute: 61, running: 8, errors_per_minute: 1, p50_ms: 655, p95_ms: 3120, tokens_per_minute: 148200, cost_today: '184.2291' }, series, accounts };
}

export const settings = [
  ['listen.http', ':8888', '127.0.0.1:8888'], ['listen.control', '127.0.0.1:8889', '127.0.0.1:8889'], ['workers', '0', '0'], ['billing.balances', 'true', 'false'],
  ['store.url', 'mysql://moongate:***@db/moongate', 'sqlite:moongate.db'], ['ledger.keep_days', '400', '0'], ['timeouts.first_byte_ms', '600000', '600000'], ['upstream.max_attempts', '3', '3'],
].map(([key, value, otherwise]) => ({ key, value, default: otherwise, changed: value !== otherwise }));

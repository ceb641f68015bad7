// A simulated server for work on the console: as much of the admin API as its pages need, kept in memory. Sign in with
// any token that is not "wrong", or with a name and the password "password"; the name is the role if it is one.
import { beginnings, overview, settings } from './data.mjs';

const kBodies = 1 << 20;

class Refused extends Error {
  constructor(code, message, status = 'INVALID_ARGUMENT') {
    super(message);
    this.code = code;
    this.status = status;
  }
}
const missing = (what) => new Refused(404, `There is no such ${what}.`, 'NOT_FOUND');

export function simulatedApi({ many = 40 } = {}) {
  const state = { ...beginnings(many), sessions: new Map(), captures: new Map() };
  let numbers = 1000;
  const number = () => ++numbers;

  const page = (list, query, name, fields) => {
    const search = (query.get('search') ?? '').toLowerCase();
    const found = search ? list.filter((each) => fields.some((field) => String(each[field] ?? '').toLowerCase().includes(search))) : list;
    const offset = Number(query.get('offset') ?? 0);
    return { [name]: found.slice(offset, offset + Number(query.get('limit') ?? 100)), total: found.length };
  };
  const cursor = (list, query, name) => {
    const from = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 100);
    return { [name]: list.slice(from, from + limit), next: from + limit < list.length ? String(from + limit) : null };
  };
  const one = (list, name, what) => {
    const found = list.find((each) => each.name === name || each.id === name || each.email === name);
    if (!found) throw missing(what);
    return found;
  };
  const note = (who, action, subject, detail = {}) => state.audit.unshift({ at: new Date().toISOString(), actor: who.name, action, subject, detail, address: '127.0.0.1' });
  const secret = () => `mg-${Array.from({ length: 40 }, (_, at) => 'abcdefghkmnpqrstuvwxyz23456789'[(at * 7 + number()) % 30]).join('')}`;
  const keyFile = (account) => ({ type: 'service_account', project_id: account.project, private_key_id: account.key_id, private_key: '(simulated)', client_email: account.email, token_uri: 'http://localhost:8889/token', universe_domain: 'moongate.internal' });
  const remove = (list, item) => list.splice(list.indexOf(item), 1);
  const storedView = ({ name, hint, models, weight, enabled, health }) => ({ name, hint, models: models.map((model) => ({ model })), weight, enabled, disabled_reason: health.state === 'disabled' ? health.reason : null, created_at: fresh() });
  const fresh = () => new Date().toISOString().replace(/\.\d+Z/, 'Z');
  const named = (body, what, list) => {
    if (!body.name) throw new Refused(400, '"name" is missing: name it.');
    if (list.some((each) => each.name === body.name)) throw new Refused(409, `There is a ${what} ${body.name} already.`, 'ALREADY_EXISTS');
  };

  const routes = [
    ['GET users', ({ query }) => page(state.users, query, 'users', ['name', 'email', 'id'])],
    ['POST users', ({ body, who }) => {
      named(body, 'user', state.users);
      const user = { id: `u-${number()}`, name: body.name, email: body.email ?? null, role: body.role ?? 'user', has_password: Boolean(body.password), enabled: true, terms: body.terms ?? {}, created_at: fresh(), balance: body.opening ?? '0' };
      state.users.unshift(user);
      note(who, 'user.create', user.name);
      return user;
    }],
    ['GET users/:', ({ names }) => one(state.users, names[0], 'user')],
    ['PATCH users/:', ({ names, body, who }) => {
      const user = one(state.users, names[0], 'user');
      const { password, ...rest } = body;
      Object.assign(user, rest, password === undefined ? {} : { has_password: password !== null });
      note(who, 'user.change', user.name);
      return user;
    }],
    ['DELETE users/:', ({ names, who }) => {
      const user = one(state.users, names[0], 'user');
      user.enabled = false;
      note(who, 'user.disable', user.name);
    }],
    ['GET users/:/balance', ({ names }) => ({ balance: one(state.users, names[0], 'user').balance, credited: '150', charged: '98.23' })],
    ['GET users/:/movements', ({ query }) => cursor(state.movements, query, 'movements')],
    ['POST users/:/movements', ({ names, body }) => {
      const user = one(state.users, names[0], 'user');
      if (!/^-?\d+(\.\d+)?$/.test(String(body.amount))) throw new Refused(400, '"amount" must be an amount in dollars with at most nine decimals, such as "12.50".');
      user.balance = (Number(user.balance) + Number(body.amount)).toFixed(4);
      state.movements.unshift({ id: body.id ?? `m-${number()}`, kind: body.kind ?? 'top-up', amount: String(body.amount), actor: 'admin', note: body.note ?? '', created_at: fresh() });
      return { moved: true, balance: user.balance };
    }],
    ['GET balances', () => ({ balances: state.users.map((user) => ({ user_id: user.id, user: user.name, balance: user.balance })) })],
    ['GET clients', ({ query }) => page(query.get('user') ? state.clients.filter((each) => each.user === query.get('user')) : state.clients, query, 'clients', ['name', 'user', 'id'])],
    ['POST clients', ({ body, who }) => {
      named(body, 'client', state.clients);
      const client = { id: `c-${number()}`, name: body.name, user_id: null, user: body.user ?? null, enabled: body.enabled ?? true, terms: body.terms ?? {}, created_at: fresh() };
      state.clients.unshift(client);
      note(who, 'client.create', client.name);
      return client;
    }],
    ['GET clients/:', ({ names }) => one(state.clients, names[0], 'client')],
    ['PATCH clients/:', ({ names, body }) => Object.assign(one(state.clients, names[0], 'client'), body)],
    ['DELETE clients/:', ({ names }) => remove(state.clients, one(state.clients, names[0], 'client'))],
    ['PUT clients/:/capture', ({ names, body }) => {
      const capture = { active: true, captured: 0, until: new Date(Date.now() + body.minutes * 60000).toISOString(), max_bytes: body.max_bytes ?? 65536 };
      state.captures.set(names[0], capture);
      return capture;
    }],
    ['GET clients/:/capture', ({ names }) => state.captures.get(names[0]) ?? { client: names[0], active: false }],
    ['DELETE clients/:/capture', ({ names }) => {
      state.captures.delete(names[0]);
      return { client: names[0], active: false };
    }],
    ['GET keys', ({ query }) => page(query.get('client') ? state.keys.filter((each) => each.client === query.get('client')) : state.keys, query, 'keys', ['name', 'prefix', 'client'])],
    ['POST keys', ({ body }) => {
      const client = one(state.clients, body.client, 'client');
      const value = secret();
      const key = { id: `k-${number()}`, prefix: value.slice(0, 7), name: body.name ?? '', client_id: client.id, client: client.name, enabled: true, terms: body.terms ?? {}, created_at: fresh(), expires_at: body.expires ?? null, last_used_at: null };
      state.keys.unshift(key);
      return { ...key, key: value };
    }],
    ['PATCH keys/:', ({ names, body }) => {
      const { expires, ...rest } = body;
      return Object.assign(one(state.keys, names[0], 'key'), rest, expires === undefined ? {} : { expires_at: expires });
    }],
    ['DELETE keys/:', ({ names }) => remove(state.keys, one(state.keys, names[0], 'key'))],
    ['POST keys/:/regenerate', ({ names }) => ({ ...one(state.keys, names[0], 'key'), key: secret() })],
    ['GET accounts', () => ({ accounts: state.accounts })],
    ['POST accounts/:/test', ({ names }) => {
      const account = one(state.accounts, names[0], 'account');
      return account.health.state === 'ok' ? { ok: true, latency_ms: 231, message: 'The provider answered.' } : { ok: false, latency_ms: 48, message: account.health.reason };
    }],
    ['GET upstream-accounts', ({ query }) => page(state.accounts.filter((each) => each.source === 'store').map(storedView), query, 'accounts', ['name', 'hint'])],
    ['POST upstream-accounts', ({ body }) => {
      named(body, 'upstream account', state.accounts);
      if (!body.credential?.type) throw new Refused(400, '"credential": $.type is missing: a key file has a type.');
      const provider = { anthropic_api_key: 'anthropic', gemini_api_key: 'gemini' }[body.credential.type] ?? 'vertex';
      state.accounts.push({ name: body.name, provider, source: 'store', models: (body.models ?? []).map((each) => each.model), regions: [], weight: body.weight ?? 1, enabled: true, hint: body.credential.client_email ?? '…' + String(body.credential.api_key).slice(-4), health: { state: 'ok', until: null, reason: null }, requests: 0, errors: 0 });
      return { name: body.name };
    }],
    ['GET upstream-accounts/:', ({ names }) => storedView(one(state.accounts, names[0], 'upstream account'))],
    ['PATCH upstream-accounts/:', ({ names, body }) => {
      const account = one(state.accounts, names[0], 'upstream account');
      if (body.models) account.models = body.models.map((each) => each.model);
      if (body.weight) account.weight = body.weight;
      if (body.enabled !== undefined) Object.assign(account, { enabled: body.enabled, health: { state: body.enabled ? 'ok' : 'disabled', until: null, reason: null } });
      return storedView(account);
    }],
    ['DELETE upstream-accounts/:', ({ names }) => remove(state.accounts, one(state.accounts, names[0], 'upstream account'))],
    ['GET service-accounts/virtual', () => ({ accounts: state.virtual })],
    ['POST service-accounts/virtual', ({ body }) => {
      named(body, 'virtual service account', state.virtual);
      const project = body.project || 'moongate';
      const account = { id: `1${String(number()).padStart(20, '0')}`, email: `${body.name}@${project}.iam.gserviceaccount.com`, name: body.name, project, key_id: 'a1b2c3d4'.repeat(5), enabled: true, default_for_metadata: Boolean(body.default_for_metadata), providers: body.providers ?? [], models: body.models ?? [], has_external_account_file: false, created_at: fresh() };
      state.virtual.unshift(account);
      return keyFile(account);
    }],
    ['PATCH service-accounts/virtual/:', ({ names, body }) => {
      if (body.default_for_metadata) for (const each of state.virtual) each.default_for_metadata = false;
      return Object.assign(one(state.virtual, names[0], 'virtual service account'), body);
    }],
    ['DELETE service-accounts/virtual/:', ({ names }) => remove(state.virtual, one(state.virtual, names[0], 'virtual service account'))],
    ['POST service-accounts/virtual/:/rotate', ({ names }) => keyFile(one(state.virtual, names[0], 'virtual service account'))],
    ['POST service-accounts/virtual/:/external-account', ({ names }) => {
      one(state.virtual, names[0], 'virtual service account').has_external_account_file = true;
      return { type: 'external_account', audience: '//iam.googleapis.com/simulated', subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' };
    }],
    ...['enable', 'disable'].map((deed) => [`POST service-accounts/virtual/:/${deed}`, ({ names }) => Object.assign(one(state.virtual, names[0], 'virtual service account'), { enabled: deed === 'enable' })]),
    ['GET audit', ({ query }) => cursor(state.audit.filter((each) => !query.get('search') || JSON.stringify(each).includes(query.get('search'))), query, 'audit')],
    ['GET notifications', ({ query }) => ({ notifications: state.notifications.filter((each) => query.get('unread') !== 'true' || !each.read_at) })],
    ['POST notifications/:/read', ({ names }) => void (one(state.notifications, names[0], 'notification').read_at = fresh())],
    ['GET overview', ({ query }) => overview(query.get('range'), state.accounts)],
    ['GET usage', ({ query }) => {
      const usage = Array.from({ length: 14 }, (_, at) => ({ day: new Date(Date.now() - (13 - at) * 86400000).toISOString().slice(0, 10), client: query.get('client'), requests: 40 + ((at * 37) % 60), input_tokens: 90000 + at * 4000, output_tokens: 12000, cost: (1.2 + 0.3 * (at % 5)).toFixed(6) }));
      return { rows: usage, total: {} };
    }],
    ['GET system', () => ({
      version: '0.5.0', uptime_s: 93784, started_at: new Date(Date.now() - 93784000).toISOString(), gateway: 'gate-1',
      store: { kind: 'mysql', state: 'ok', schema: 7, latency_ms: 2 }, cache: { kind: 'redis', state: 'ok', latency_ms: 1 }, spool: { state: 'ok', waiting: 12, bytes: 48211, capacity_bytes: 1073741824, lag_ms: 90 },
      certificate: { subject: 'localhost', not_after: new Date(Date.now() + 80 * 86400000).toISOString(), self_signed: true }, settings,
      map: { file: 'data/map/map-config.json', etag: 'a81c', clients: 12, accounts: 3, problems: 0, loaded_at: fresh() }, policy: { active_version: '12', etag: '77ab', files: 9, loaded_at: fresh() },
      gateways: [{ name: 'gate-1', version: '0.5.0', seen_at: fresh(), self: true }, { name: 'gate-2', version: '0.5.0', seen_at: fresh(), self: false }],
    })],
  ].map(([pattern, deed]) => {
    const [method, path] = pattern.split(' ');
    return { method, parts: path.split('/'), deed };
  });

  function authApi(method, path, body, session, response) {
    const signed = (user) => ({ user, csrf_token: 'simulated', expires_in: 900 });
    if (path === '/api/auth/login') {
      if (body.admin_token === 'wrong' || (body.admin_token === undefined && body.password !== 'password')) throw new Refused(401, 'That token or password is not right.', 'UNAUTHENTICATED');
      const role = ['admin', 'operator', 'viewer', 'user'].includes(body.name) ? body.name : 'admin';
      const user = { id: `u-${role}`, name: body.name ?? 'admin', email: null, role };
      const name = `s${number()}`;
      state.sessions.set(name, user);
      response.setHeader('Set-Cookie', `simulated=${name}; Path=/; HttpOnly; SameSite=Strict`);
      return signed(user);
    }
    if (path === '/api/auth/profile' && session) return signed(session);
    if (path === '/api/auth/logout') {
      state.sessions.clear();
      return {};
    }
    if (path === '/simulated/expire') return void state.sessions.clear();
    throw new Refused(401, 'Sign in first.', 'UNAUTHENTICATED');
  }

  async function handle(request, response, text) {
    const url = new URL(request.url, 'http://localhost');
    const body = text ? JSON.parse(text) : {};
    const session = state.sessions.get(/simulated=(\w+)/.exec(request.headers.cookie ?? '')?.[1]);
    if (url.pathname === '/health') return { status: 'ok' };
    if (!url.pathname.startsWith('/api/admin/')) return authApi(request.method, url.pathname, body, session, response);
    if (!session) throw new Refused(401, 'The session has expired.', 'UNAUTHENTICATED');
    if (request.method !== 'GET' && request.headers['x-csrf-token'] !== 'simulated') throw new Refused(403, 'The CSRF token is missing.', 'PERMISSION_DENIED');
    if (request.method !== 'GET' && session.role === 'viewer') throw new Refused(403, 'A viewer may only look.', 'PERMISSION_DENIED');
    const parts = url.pathname.slice('/api/admin/'.length).split('/').map(decodeURIComponent);
    for (const route of routes) {
      if (route.method !== request.method || route.parts.length !== parts.length) continue;
      if (!route.parts.every((part, at) => part === ':' || part === parts[at])) continue;
      const names = parts.filter((_, at) => route.parts[at] === ':');
      return route.deed({ names, query: url.searchParams, body, who: session });
    }
    throw new Refused(404, 'There is no such path in the admin API.', 'NOT_FOUND');
  }

  return {
    state,
    takes: (request) => /^\/(api|health|simulated)\b/.test(request.url),
    answer(request, response) {
      const pieces = [];
      let size = 0;
      request.on('data', (piece) => {
        size += piece.length;
        if (size <= kBodies) pieces.push(piece);
      });
      request.on('end', async () => {
        response.setHeader('Content-Type', 'application/json');
        try {
          const answer = await handle(request, response, Buffer.concat(pieces).toString());
          response.statusCode = answer === undefined ? 204 : 200;
          response.end(answer === undefined ? undefined : JSON.stringify(answer));
        } catch (error) {
          const refused = error instanceof Refused ? error : new Refused(500, String(error?.message ?? error), 'INTERNAL');
          response.statusCode = refused.code;
          response.end(JSON.stringify({ error: { code: refused.code, message: refused.message, status: refused.status } }));
        }
      });
    },
  };
}

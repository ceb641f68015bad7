import { describe, expect, it } from 'vitest';
import { Api, ApiError, urlOf, type ApiHooks } from './api';

interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}

function server(answers: (Response | Error)[], hooks: Partial<ApiHooks> = {}) {
  const seen: Seen[] = [];
  const reached: boolean[] = [];
  const api = new Api({
    fetch: (async (url: string, init: RequestInit) => {
      seen.push({ method: init.method ?? '', url, headers: init.headers as Record<string, string>, body: init.body });
      const next = answers.shift();
      if (!next) throw new Error('one request more than answers');
      if (next instanceof Error) throw next;
      return next;
    }) as unknown as typeof fetch,
    csrf: () => 'token',
    refresh: async () => false,
    signIn: async () => false,
    reached: (yes) => reached.push(yes),
    words: { unreachable: 'no answer', signedOut: 'sign in' },
    ...hooks,
  });
  return { api, seen, reached };
}

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const refusal = (status: number, message: string) =>
  json(status, { error: { code: status, message, status: 'INVALID_ARGUMENT' } });

describe('urlOf', () => {
  it('puts names under the admin API and leaves whole paths', () => {
    expect(urlOf('users')).toBe('/api/admin/users');
    expect(urlOf('/api/auth/login')).toBe('/api/auth/login');
  });
  it('leaves out what is empty and encodes the rest', () => {
    expect(urlOf('users', { search: 'a&b', limit: 50, offset: 0, user: '', key: null, model: undefined })).toBe(
      '/api/admin/users?search=a%26b&limit=50&offset=0',
    );
  });
});

describe('the API client', () => {
  it('sends the CSRF token with changes only', async () => {
    const { api, seen } = server([json(200, {}), json(200, {})]);
    await api.get('users');
    await api.post('users', { name: 'ann' });
    expect(seen[0]?.headers['X-CSRF-Token']).toBeUndefined();
    expect(seen[1]?.headers['X-CSRF-Token']).toBe('token');
    expect(seen[1]?.body).toBe('{"name":"ann"}');
  });

  it("throws the server's own message", async () => {
    const { api } = server([refusal(400, '"name" is missing.')]);
    const error = await api.post('users', {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ message: '"name" is missing.', status: 400, code: 'INVALID_ARGUMENT' });
  });

  it('refreshes once and repeats the request', async () => {
    let refreshed = 0;
    const { api, seen } = server([refusal(401, 'expired'), json(200, { ok: true })], {
      refresh: async () => ++refreshed > 0,
    });
    expect(await api.get('users')).toEqual({ ok: true });
    expect(refreshed).toBe(1);
    expect(seen.length).toBe(2);
  });

  it('asks for a sign-in when the refresh fails, and repeats the request with what was typed', async () => {
    const { api, seen } = server([refusal(401, 'expired'), json(201, { id: 1 })], { signIn: async () => true });
    await api.post('users', { name: 'ann' });
    expect(seen[1]?.body).toBe('{"name":"ann"}');
  });

  it('does not refresh again when the second answer is a 401', async () => {
    let refreshed = 0;
    const { api } = server([refusal(401, 'expired'), refusal(401, 'still')], { refresh: async () => ++refreshed > 0 });
    await expect(api.get('users')).rejects.toMatchObject({ status: 401, message: 'still' });
    expect(refreshed).toBe(1);
  });

  it('gives up as signed out when nobody signs in', async () => {
    const { api } = server([refusal(401, 'expired')]);
    await expect(api.get('users')).rejects.toMatchObject({ fault: 'signed-out', message: 'sign in' });
  });

  it('tells a server that cannot be reached from one that refuses', async () => {
    const { api, reached } = server([new TypeError('failed to fetch'), refusal(404, 'none')]);
    await expect(api.get('users')).rejects.toMatchObject({ fault: 'unreachable', status: 0 });
    await expect(api.get('users/x')).rejects.toMatchObject({ fault: 'refused', status: 404 });
    expect(reached).toEqual([false, true]);
  });

  it('takes an empty answer for none', async () => {
    const { api } = server([new Response(null, { status: 204 })]);
    expect(await api.delete('keys/k-1')).toBeUndefined();
  });

  it('lets an abort pass as an abort', async () => {
    const stop = new AbortController();
    stop.abort();
    const { api, reached } = server([new DOMException('stopped', 'AbortError')]);
    await expect(api.get('users', {}, stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(reached).toEqual([]);
  });
});

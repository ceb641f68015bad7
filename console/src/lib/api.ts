// The way to the server: JSON both ways, by the session's cookie. A 401 is answered by one refresh, then by asking
// the person to sign in, then the request goes again; so a caller sees it only when nobody signs in.

export interface Problem {
  message: string;
  path?: string;
  file?: string;
  line?: number;
  column?: number;
  warning?: boolean;
}

export type ApiFault = 'refused' | 'signed-out' | 'unreachable';

/** What went wrong, in the server's words where it had any. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** 0 when no answer came. */
    readonly status: number,
    readonly fault: ApiFault,
    /** INVALID_ARGUMENT, NOT_FOUND, … */
    readonly code: string = '',
    readonly problems: Problem[] = [],
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface ApiHooks {
  fetch: typeof fetch;
  csrf(): string;
  /** One attempt; true when the session is good again. Calls at the same time share it. */
  refresh(): Promise<boolean>;
  /** Shows the sign-in; true when somebody did. */
  signIn(): Promise<boolean>;
  /** An answer came (true), or none (false). */
  reached(yes: boolean): void;
  words: { unreachable: string; signedOut: string };
}

export interface CallOptions {
  signal?: AbortSignal;
  query?: Query;
  headers?: Record<string, string>;
  /** No refresh, no sign-in: the caller wants to see the 401. */
  plain?: boolean;
}

/** "requests" → "/api/admin/requests"; what begins with / stays. Empty values of the query are left out. */
export function urlOf(path: string, query?: Query): string {
  const whole = path.startsWith('/') ? path : `/api/admin/${path}`;
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null || value === '') continue;
    parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  }
  return parts.length === 0 ? whole : `${whole}${whole.includes('?') ? '&' : '?'}${parts.join('&')}`;
}

async function errorOf(answer: Response): Promise<ApiError> {
  let message = '';
  let code = '';
  let problems: Problem[] = [];
  try {
    const body = await answer.json();
    const error = body?.error ?? {};
    message = typeof error === 'string' ? (body.error_description ?? error) : (error.message ?? '');
    code = error.status ?? '';
    problems = error.problems ?? [];
  } catch {
    // Not ours: the status has to do.
  }
  const said = message || `HTTP ${answer.status} ${answer.statusText}`.trim();
  return new ApiError(said, answer.status, answer.status === 401 ? 'signed-out' : 'refused', code, problems);
}

export class Api {
  constructor(private readonly hooks: ApiHooks) {}

  /** The answer as it comes, for streams and downloads; refusals are thrown. */
  async send(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Response> {
    const first = await this.attempt(method, path, body, options);
    if (first.ok) return first;
    if (first.status !== 401 || options.plain) throw await errorOf(first);
    const again = (await this.hooks.refresh()) || (await this.hooks.signIn());
    if (!again) throw new ApiError(this.hooks.words.signedOut, 401, 'signed-out');
    options.signal?.throwIfAborted();
    const second = await this.attempt(method, path, body, options);
    if (!second.ok) throw await errorOf(second);
    return second;
  }

  private async attempt(method: string, path: string, body: unknown, options: CallOptions): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
    if (body !== undefined) headers['Content-Type'] ??= 'application/json';
    if (method !== 'GET' && this.hooks.csrf()) headers['X-CSRF-Token'] = this.hooks.csrf();
    const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error' };
    if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body);
    if (options.signal) init.signal = options.signal;
    let answer: Response;
    try {
      answer = await this.hooks.fetch(urlOf(path, options.query), init);
    } catch (reason) {
      if (options.signal?.aborted) throw reason;
      this.hooks.reached(false);
      throw new ApiError(this.hooks.words.unreachable, 0, 'unreachable');
    }
    this.hooks.reached(true);
    return answer;
  }

  private async json<T>(method: string, path: string, body: unknown, options?: CallOptions): Promise<T> {
    const answer = await this.send(method, path, body, options);
    const text = await answer.text();
    if (text === '') return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new ApiError(`${urlOf(path)}: not JSON`, answer.status, 'refused');
    }
  }

  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
    return this.json<T>('GET', path, undefined, { ...(query && { query }), ...(signal && { signal }) });
  }
  post<T = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<T> {
    return this.json<T>('POST', path, body, options);
  }
  put<T = unknown>(path: string, body: unknown, options?: CallOptions): Promise<T> {
    return this.json<T>('PUT', path, body, options);
  }
  patch<T = unknown>(path: string, body: unknown, options?: CallOptions): Promise<T> {
    return this.json<T>('PATCH', path, body, options);
  }
  delete<T = unknown>(path: string, options?: CallOptions): Promise<T> {
    return this.json<T>('DELETE', path, undefined, options);
  }
}

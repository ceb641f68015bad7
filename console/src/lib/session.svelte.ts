// Who is signed in, and the one API client of the page.
import { Api, ApiError } from './api';
import { connection } from './connection.svelte';
import { isPrivateWay } from './private_way';
import { t } from './shared.text';

export type Role = 'user' | 'viewer' | 'operator' | 'admin';

export interface SessionUser {
  id: string;
  name: string;
  email?: string | null;
  role: Role;
}

interface Signed {
  user: SessionUser;
  csrf_token: string;
}

const kRank: Record<Role, number> = { user: 0, viewer: 1, operator: 2, admin: 3 };

export type SignInWith = { admin_token: string } | { name: string; password: string };

class Session {
  state = $state<'unknown' | 'out' | 'in' | 'expired'>('unknown');
  user = $state<SessionUser | null>(null);
  private csrf = '';
  private refreshing: Promise<boolean> | null = null;
  private waiting: ((signedIn: boolean) => void)[] = [];

  readonly api = new Api({
    fetch: (input, init) => fetch(input, init),
    csrf: () => this.csrf,
    refresh: () => this.refresh(),
    signIn: () => this.awaitSignIn(),
    reached: (yes) => connection.tell(yes),
    words: {
      get unreachable() {
        return t('unreachable');
      },
      get signedOut() {
        return t('signed_out');
      },
    },
  });

  /** A role that may do at least what `role` may. */
  may(role: Role): boolean {
    return this.user !== null && kRank[this.user.role] >= kRank[role];
  }

  private take(signed: Signed): void {
    this.csrf = signed.csrf_token;
    const other = this.user !== null && this.user.id !== signed.user.id;
    this.user = signed.user;
    this.state = 'in';
    // What stands on the page was read by somebody else.
    if (other) location.reload();
    for (const go of this.waiting.splice(0)) go(true);
  }

  /** At the start: is there a session? */
  async resume(): Promise<void> {
    try {
      this.take(await this.profile());
    } catch (reason) {
      if (reason instanceof ApiError && reason.status === 401) {
        if (!(await this.refresh())) this.state = 'out';
      } else {
        throw reason;
      }
    }
  }

  private async profile(): Promise<Signed> {
    const answer = await this.api.send('GET', '/api/auth/profile', undefined, { plain: true });
    return (await answer.json()) as Signed;
  }

  private refresh(): Promise<boolean> {
    this.refreshing ??= (async () => {
      try {
        this.take(await this.api.post<Signed>('/api/auth/refresh', { cookie: true }, { plain: true }));
        return true;
      } catch (reason) {
        if (!(reason instanceof ApiError) || reason.fault === 'unreachable') throw reason;
        if (reason.status !== 409) return false;
        // Another tab has just done it: its cookies are ours.
        return await this.profile().then(
          (signed) => (this.take(signed), true),
          () => false,
        );
      } finally {
        this.refreshing = null;
      }
    })();
    return this.refreshing;
  }

  private awaitSignIn(): Promise<boolean> {
    if (this.state === 'out') return Promise.resolve(false);
    this.state = 'expired';
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async signIn(credentials: SignInWith): Promise<void> {
    if ('password' in credentials && !isPrivateWay(location.protocol, location.hostname)) {
      this.take(await this.signInSealed(credentials.name, credentials.password));
      return;
    }
    this.take(await this.api.post<Signed>('/api/auth/login', { ...credentials, cookie: true }, { plain: true }));
  }

  private async signInSealed(name: string, password: string): Promise<Signed> {
    const { encrypt } = await import('./rsa_oaep');
    const key = await this.api.get<{ public_key: string; nonce: string }>('/api/auth/public-key');
    const sealed = { name, encrypted_password: encrypt(key.public_key, `${key.nonce}:${password}`), nonce: key.nonce };
    return this.api.post<Signed>('/api/auth/login', { ...sealed, cookie: true }, { plain: true });
  }

  async signOut(): Promise<void> {
    await this.api.post('/api/auth/logout', {}, { plain: true }).catch(() => undefined);
    this.forget();
  }

  /** Nobody is going to sign in again: what waited ends, and the sign-in page takes over. */
  forget(): void {
    this.state = 'out';
    this.user = null;
    this.csrf = '';
    for (const go of this.waiting.splice(0)) go(false);
  }
}

export const session = new Session();
export const api = session.api;

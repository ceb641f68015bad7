// Pages by path: /admin/clients/ann?tab=keys is page "clients", rest ["ann"], query tab=keys.
export const base = '/admin';

export interface Place {
  page: string;
  rest: string[];
  query: URLSearchParams;
}

export function placeOf(path: string, search: string): Place {
  const inside = path === base ? '' : path.startsWith(`${base}/`) ? path.slice(base.length + 1) : path.slice(1);
  const parts = inside.split('/').filter((part) => part !== '');
  const decoded = parts.map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { page: decoded[0] ?? 'overview', rest: decoded.slice(1), query: new URLSearchParams(search) };
}

/** href('clients', 'ann') → "/admin/clients/ann". */
export function href(page: string, ...rest: string[]): string {
  const parts = page === 'overview' && rest.length === 0 ? [] : [page, ...rest];
  return `${base}/${parts.map(encodeURIComponent).join('/')}`;
}

type Guard = () => Promise<boolean> | boolean;

class Router {
  place = $state<Place>(
    typeof location === 'undefined' ? placeOf(base, '') : placeOf(location.pathname, location.search),
  );
  /** Asked before the page is left: false stays. */
  private guard: Guard | null = null;

  private shown = '';

  start(): void {
    this.shown = location.href;
    addEventListener('popstate', async () => {
      if (this.guard && location.href !== this.shown) {
        // The browser has gone already: forward again, ask, and only then back.
        history.pushState(null, '', this.shown);
        if (!(await this.guard())) return;
        this.guard = null;
        history.back();
        return;
      }
      this.shown = location.href;
      this.place = placeOf(location.pathname, location.search);
    });
    document.addEventListener('click', (event) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
      const link = (event.target as Element | null)?.closest?.('a');
      if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
      if (link.pathname !== base && !link.pathname.startsWith(`${base}/`)) return;
      if (link.hash && link.pathname === location.pathname) return;
      event.preventDefault();
      void this.go(link.pathname + link.search);
    });
    addEventListener('beforeunload', (event) => {
      if (this.guard) event.preventDefault();
    });
  }

  async go(url: string, options: { replace?: boolean } = {}): Promise<void> {
    const target = new URL(url, location.origin);
    const place = placeOf(target.pathname, target.search);
    const leaves = place.page !== this.place.page || place.rest.join('/') !== this.place.rest.join('/');
    if (leaves && this.guard && !(await this.guard())) return;
    if (leaves) this.guard = null;
    if (options.replace) history.replaceState(null, '', url);
    else if (url !== location.pathname + location.search) history.pushState(null, '', url);
    this.shown = location.href;
    this.place = place;
    if (leaves) scrollTo(0, 0);
  }

  /** Writes filters into the address without a new entry in the history; empty ones leave it. */
  setQuery(values: Record<string, string | undefined>): void {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(values)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    const text = query.toString();
    history.replaceState(null, '', location.pathname + (text ? `?${text}` : ''));
    this.shown = location.href;
    this.place = { ...this.place, query };
  }

  /** While something typed is not saved: `guard` asks whether to leave. Give the result to onDestroy or $effect. */
  hold(guard: Guard): () => void {
    this.guard = guard;
    return () => {
      if (this.guard === guard) this.guard = null;
    };
  }
}

export const router = new Router();

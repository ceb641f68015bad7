// Something that is read from the server and shown: loaded when the component appears, when what it was made of
// changes, when the connection is back, and every so often while anybody looks.
import { untrack } from 'svelte';
import { connection } from './connection.svelte';

export interface Resource<T> {
  /** The last that came, also while the next is under way or when it failed. */
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly loading: boolean;
  reload(): void;
  /** Puts in what an answer told, instead of asking again. */
  set(data: T): void;
}

export interface ResourceOptions {
  everyMs?: number;
}

/** Call it while a component is made. What `load` reads before its first await is what it depends on. */
export function resource<T>(load: (signal: AbortSignal) => Promise<T>, options: ResourceOptions = {}): Resource<T> {
  let data = $state.raw<T | undefined>(undefined);
  let error = $state.raw<Error | null>(null);
  let loading = $state(true);
  let round = $state(0);

  $effect(() => {
    void round;
    void connection.returns;
    const stop = new AbortController();
    untrack(() => (loading = true));
    load(stop.signal).then(
      (value) => {
        if (stop.signal.aborted) return;
        data = value;
        error = null;
        loading = false;
      },
      (reason: unknown) => {
        if (stop.signal.aborted) return;
        error = reason instanceof Error ? reason : new Error(String(reason));
        loading = false;
      },
    );
    return () => stop.abort();
  });

  if (options.everyMs) {
    const everyMs = options.everyMs;
    $effect(() => {
      const look = () => {
        if (!document.hidden && !connection.lost && !untrack(() => loading)) round++;
      };
      const timer = setInterval(look, everyMs);
      document.addEventListener('visibilitychange', look);
      return () => {
        clearInterval(timer);
        document.removeEventListener('visibilitychange', look);
      };
    });
  }

  return {
    get data() {
      return data;
    },
    get error() {
      return error;
    },
    get loading() {
      return loading;
    },
    reload: () => void round++,
    set: (value) => {
      data = value;
      error = null;
    },
  };
}

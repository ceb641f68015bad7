// One request of the playground and its answer as it comes.
import { ApiError } from '../../lib/api';
import { api } from '../../lib/session.svelte';
import { pieceOf, requestOf, type Prompt, type Usage } from './dialects';
import { EventReader } from './sse';

/** Of the raw text no more is kept; the text of the answer is kept whole. */
const kMostRaw = 200_000;

export class Exchange {
  state = $state<'idle' | 'waiting' | 'running' | 'done' | 'stopped' | 'failed'>('idle');
  text = $state('');
  raw = $state('');
  status = $state(0);
  error = $state('');
  usage = $state<Usage>({});
  stop = $state('');
  requestId = $state('');
  firstMs = $state<number | null>(null);
  wholeMs = $state<number | null>(null);
  private aborter: AbortController | null = null;

  get busy(): boolean {
    return this.state === 'waiting' || this.state === 'running';
  }

  abort(): void {
    this.aborter?.abort();
  }

  async run(prompt: Prompt, identity: { client: string } | { client_token: string }): Promise<void> {
    const begun = performance.now();
    const aborter = new AbortController();
    this.aborter = aborter;
    this.state = 'waiting';
    this.text = this.raw = this.error = this.stop = this.requestId = '';
    this.status = 0;
    this.usage = {};
    this.firstMs = this.wholeMs = null;
    try {
      // A 401 of the data port is the client's and no reason to sign in; so the session is proved first.
      await api.get('/api/auth/profile', {}, aborter.signal);
      const answer = await api.send('POST', 'playground', { ...identity, ...requestOf(prompt) }, { signal: aborter.signal, plain: true });
      this.status = answer.status;
      this.requestId = answer.headers.get('x-moongate-request-id') ?? '';
      await this.read(prompt, answer, begun);
      this.state = this.error === '' ? 'done' : 'failed';
    } catch (reason) {
      if (aborter.signal.aborted) {
        this.state = 'stopped';
        return;
      }
      this.status = reason instanceof ApiError ? reason.status : this.status;
      this.error = reason instanceof Error ? reason.message : String(reason);
      this.state = 'failed';
    } finally {
      this.wholeMs = performance.now() - begun;
    }
  }

  private async read(prompt: Prompt, answer: Response, begun: number): Promise<void> {
    const events = /^text\/event-stream/.test(answer.headers.get('content-type') ?? '') ? new EventReader() : null;
    const reader = answer.body?.getReader();
    const decoder = new TextDecoder();
    let whole = '';
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      this.firstMs ??= performance.now() - begun;
      this.state = 'running';
      const piece = decoder.decode(value, { stream: true });
      if (this.raw.length < kMostRaw) this.raw += piece;
      if (!events) whole += piece;
      else for (const data of events.feed(piece)) this.take(prompt, data);
    }
    if (!events) this.take(prompt, whole);
  }

  private take(prompt: Prompt, data: string): void {
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      return;
    }
    const piece = pieceOf(prompt.dialect, event);
    this.text += piece.text;
    this.usage = { input: piece.usage.input ?? this.usage.input, output: piece.usage.output ?? this.usage.output };
    if (piece.stop) this.stop = piece.stop;
    if (piece.error) this.error = piece.error;
  }
}

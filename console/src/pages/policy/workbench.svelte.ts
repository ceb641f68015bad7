// The state of the policy page: loaded, edited, checked, tested, activated.
import { ApiError, type Problem } from '../../lib/api';
import { api } from '../../lib/session.svelte';
import { cleaned, editsTowards, ordered, textsOf, type Edits, type PolicyFile } from './draft';

interface PolicyAnswer {
  etag: string;
  files: PolicyFile[];
  active_version: string | null;
}
export interface TestResult {
  passed: number;
  failed: number;
  output: string;
}

export class Workbench {
  etag = $state('');
  activeVersion = $state<string | null>(null);
  active = $state.raw<Record<string, string>>({});
  edits = $state.raw<Edits>({});
  problems = $state.raw<Problem[] | null>(null);
  tested = $state.raw<TestResult | null>(null);
  busy = $state<'' | 'check' | 'test' | 'activate'>('');
  conflict = $state(false);
  loaded = $state(false);
  /** Grows with each text that comes from elsewhere than the editor. */
  round = $state(0);

  readonly names = $derived(ordered([...Object.keys(this.active), ...Object.keys(this.edits)]));
  readonly changed = $derived(Object.keys(cleaned(this.active, this.edits)));

  async load(signal?: AbortSignal): Promise<void> {
    const answer = await api.get<PolicyAnswer>('policy', {}, signal);
    this.active = textsOf(answer.files);
    this.etag = answer.etag;
    this.activeVersion = answer.active_version;
    this.edits = cleaned(this.active, this.edits);
    this.conflict = false;
    this.loaded = true;
    this.round++;
  }

  text(name: string): string | null {
    const edited = this.edits[name];
    return edited === undefined ? (this.active[name] ?? null) : edited;
  }

  edit(name: string, text: string | null): void {
    if (this.text(name) === text) return;
    this.edits = cleaned(this.active, { ...this.edits, [name]: text });
    this.tested = null;
    this.problems = null;
  }
  restore(name: string): void {
    const { [name]: _, ...kept } = this.edits;
    this.edits = kept;
    this.tested = this.problems = null;
    this.round++;
  }
  discard(): void {
    this.edits = {};
    this.tested = this.problems = null;
    this.round++;
  }
  beginWith(files: PolicyFile[]): void {
    this.edits = editsTowards(this.active, textsOf(files));
    this.tested = this.problems = null;
    this.round++;
  }

  private async during<T>(what: 'check' | 'test' | 'activate', deed: () => Promise<T>): Promise<T> {
    this.busy = what;
    try {
      return await deed();
    } catch (reason) {
      if (reason instanceof ApiError && reason.problems.length > 0) this.problems = reason.problems;
      if (reason instanceof ApiError && reason.status === 409 && reason.code === 'ABORTED') this.conflict = true;
      throw reason;
    } finally {
      this.busy = '';
    }
  }

  async check(signal?: AbortSignal): Promise<Problem[]> {
    const edits = this.edits;
    const { problems } = await this.during('check', () => api.post<{ problems: Problem[] }>('policy/check', { files: edits }, signal ? { signal } : {}));
    if (edits === this.edits) this.problems = problems;
    return problems;
  }

  async test(): Promise<void> {
    const edits = this.edits;
    const result = await this.during('test', () => api.post<TestResult>('policy/test', { files: edits }));
    if (edits === this.edits) this.tested = result;
  }

  async activate(note: string): Promise<void> {
    await this.during('activate', () => api.put('policy', { files: this.edits, base: this.etag, ...(note && { note }) }));
    this.edits = {};
    this.problems = null;
    await this.load();
  }
}

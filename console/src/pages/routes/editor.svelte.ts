// The map as it is being edited. The text is what counts; the form reads and writes it.
import { ApiError, type Problem } from '../../lib/api';
import { api } from '../../lib/session.svelte';
import { parsed, written, type JsonObject, type Schema } from './schema';

interface MapAnswer {
  text: string;
  etag: string;
  file: string;
  problems: Problem[];
}

export class MapEditor {
  /** What is in force, secrets masked. */
  original = $state('');
  text = $state('');
  etag = $state('');
  file = $state('');
  problems = $state.raw<Problem[]>([]);
  schema = $state.raw<Schema | null>(null);
  checking = $state(false);
  saving = $state(false);
  conflict = $state(false);
  loaded = $state(false);

  readonly dirty = $derived(this.text !== this.original);
  readonly map = $derived(parsed(this.text));
  readonly errors = $derived(this.problems.filter((problem) => !problem.warning));
  readonly warnings = $derived(this.problems.filter((problem) => problem.warning));

  async load(signal?: AbortSignal): Promise<void> {
    const [answer, schema] = await Promise.all([
      api.get<MapAnswer>('map', {}, signal),
      this.schema ?? api.get<Schema>('map/schema', {}, signal),
    ]);
    if (!this.loaded || !this.dirty) {
      this.text = answer.text;
      this.problems = answer.problems;
    }
    this.original = answer.text;
    this.etag = answer.etag;
    this.file = answer.file;
    this.schema = schema;
    this.conflict = false;
    this.loaded = true;
  }

  discard(): void {
    this.text = this.original;
    this.conflict = false;
  }

  change(edit: (map: JsonObject) => JsonObject): void {
    if (this.map) this.text = written(edit(this.map));
  }

  async check(signal: AbortSignal): Promise<void> {
    const text = this.text;
    this.checking = true;
    try {
      const { problems } = await api.post<{ problems: Problem[] }>('map/check', { text }, { signal });
      if (text === this.text) this.problems = problems;
    } finally {
      if (!signal.aborted) this.checking = false;
    }
  }

  async save(note: string): Promise<void> {
    this.saving = true;
    try {
      await api.put('map', { text: this.text, base: this.etag, ...(note && { note }) });
      this.original = this.text;
      await this.load();
    } catch (reason) {
      if (reason instanceof ApiError) {
        if (reason.problems.length > 0) this.problems = reason.problems;
        if (reason.status === 409 && reason.code === 'ABORTED') this.conflict = true;
      }
      throw reason;
    } finally {
      this.saving = false;
    }
  }
}

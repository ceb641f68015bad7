// Short reports of what was done or refused; shell/Toasts.svelte shows them and reads them out.
export interface Toast {
  id: number;
  kind: 'done' | 'failed' | 'told';
  text: string;
}

const kShown = 4;
const kStaysMs = 6000;

class Toasts {
  list = $state<Toast[]>([]);
  private next = 1;

  private add(kind: Toast['kind'], text: string): void {
    const toast = { id: this.next++, kind, text };
    this.list = [...this.list, toast].slice(-kShown);
    // What failed stays until it is closed: it may have to be read twice.
    if (kind !== 'failed') setTimeout(() => this.close(toast.id), kStaysMs);
  }
  done(text: string): void {
    this.add('done', text);
  }
  told(text: string): void {
    this.add('told', text);
  }
  failed(reason: unknown): void {
    if (reason instanceof DOMException && reason.name === 'AbortError') return;
    this.add('failed', reason instanceof Error ? reason.message : String(reason));
  }
  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();

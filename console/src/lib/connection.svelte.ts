// Whether the server answers. While it does not, it is asked again with growing pauses; what waits for it learns of
// its return by `returns`, which grows by one.
const kPausesMs = [1000, 2000, 4000, 8000, 15000];

class Connection {
  lost = $state(false);
  trying = $state(false);
  /** Effects that read this run again when the connection is back. */
  returns = $state(0);
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  tell(reached: boolean): void {
    if (reached === !this.lost) return;
    if (reached) {
      this.lost = false;
      this.attempt = 0;
      clearTimeout(this.timer);
      this.returns++;
    } else {
      this.lost = true;
      this.plan();
    }
  }

  private plan(): void {
    clearTimeout(this.timer);
    const pause = kPausesMs[Math.min(this.attempt++, kPausesMs.length - 1)];
    this.timer = setTimeout(() => void this.retry(), pause);
  }

  async retry(): Promise<void> {
    if (this.trying) return;
    this.trying = true;
    try {
      await fetch('/health', { cache: 'no-store' });
      this.tell(true);
    } catch {
      this.plan();
    } finally {
      this.trying = false;
    }
  }
}

export const connection = new Connection();

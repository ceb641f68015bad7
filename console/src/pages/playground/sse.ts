// Server-sent events out of text that is cut anywhere.
export class EventReader {
  private rest = '';

  /** The data of every event that is whole now. `[DONE]` and comments give nothing. */
  feed(piece: string): string[] {
    this.rest += piece;
    const found: string[] = [];
    for (;;) {
      const end = /\r?\n\r?\n/.exec(this.rest);
      if (!end) return found;
      const event = this.rest.slice(0, end.index);
      this.rest = this.rest.slice(end.index + end[0].length);
      const data = event
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).replace(/^ /, ''))
        .join('\n');
      if (data !== '' && data !== '[DONE]') found.push(data);
    }
  }
}

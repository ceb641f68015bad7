// Requests as the server tells them.
export interface RequestRow {
  id: string;
  state: 'running' | 'ended';
  /** When it ended; of a running one, when it began. */
  at: string;
  began_at: string;
  client: string | null;
  user_id?: string | null;
  key_id?: string | null;
  method: string | null;
  path: string | null;
  dialect: string | null;
  operation: string;
  model: string | null;
  provider: string | null;
  account: string | null;
  stream: boolean;
  attempts: number | null;
  status?: number;
  outcome?: string;
  error?: string | null;
  input_tokens?: number;
  output_tokens?: number;
  cost?: string | null;
  duration_ms?: number;
  first_byte_ms?: number | null;
}

export interface Decision {
  at_ms: number;
  phase: string;
  text: string;
}

export interface Attempt {
  route: string;
  status: number | null;
  reason: string | null;
  began_ms: number;
  duration_ms: number;
  head_ms?: number;
  kept_alive?: boolean;
  then?: string;
}

export interface CapturedBody {
  bytes: number;
  cut: boolean;
  text?: string;
  base64?: string;
}

export interface RequestDetail extends Omit<RequestRow, 'attempts'> {
  source: 'recent' | 'ledger';
  address?: string | null;
  identity?: string | null;
  gateway?: string | null;
  upstream_model?: string | null;
  upstream_status?: number | null;
  location?: string | null;
  estimated?: boolean;
  billed?: string | null;
  price_id?: string | null;
  bytes_in?: number;
  bytes_out?: number;
  raw_usage?: unknown;
  decisions: Decision[];
  attempts: Attempt[];
  timings: Record<string, number | null>;
  tokens: Record<string, number | null>;
  capture?: { request?: CapturedBody; answer?: CapturedBody } | null;
  captured?: boolean;
}

export type Mood = 'good' | 'warn' | 'bad' | 'info';

/** How a row ended: what succeeded, what the client or a limit ended, what failed. */
export function moodOf(row: { state?: string; status?: number | undefined; outcome?: string | undefined }): Mood {
  if (row.state === 'running') return 'info';
  if (row.outcome === 'done' && (row.status ?? 0) < 400) return 'good';
  if (row.outcome === 'client-gone' || row.status === 429 || ((row.status ?? 0) >= 400 && (row.status ?? 0) < 500)) return 'warn';
  return 'bad';
}

/** The rows of a tail, newest first: a request that ends takes the place of itself running. */
export class Tail {
  rows: RequestRow[] = [];
  constructor(private readonly most: number) {}

  put(row: RequestRow): void {
    const at = this.rows.findIndex((each) => each.id === row.id);
    if (at >= 0) {
      // News of a beginning that comes after the end is old.
      if (row.state === 'running' && this.rows[at]?.state === 'ended') return;
      this.rows = this.rows.with(at, row);
    } else {
      this.rows = [row, ...this.rows].slice(0, this.most);
    }
  }
}

/** The times of a request as parts of its whole, in their order. */
export function partsOf(timings: Record<string, number | null>): { name: string; from: number; to: number }[] {
  const known = Object.entries(timings).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  known.sort((a, b) => a[1] - b[1]);
  return known.map(([name, to], index) => ({ name, from: known[index - 1]?.[1] ?? 0, to }));
}

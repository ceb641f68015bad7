// Sums of usage as the server tells them, arranged for a chart and a table.
import type { Query } from '../../lib/api';

export interface Figures {
  requests: number;
  failures: number;
  unpriced: number;
  estimated: number;
  input_tokens: number;
  cache_write_tokens: number;
  cache_read_tokens: number;
  output_tokens: number;
  /** Dollars, as text. */
  cost: string;
  billed: string;
}

export interface UsageRow extends Figures {
  day?: string;
  hour?: string;
  user?: string;
  user_id?: string;
  client?: string;
  provider?: string;
  model?: string;
}

export interface UsageAnswer {
  from: string;
  to: string;
  rows: UsageRow[];
  total: Figures;
}

export type Dimension = 'client' | 'model' | 'provider' | 'user' | 'day';
export const dimensions: Dimension[] = ['client', 'model', 'provider', 'user', 'day'];

export type Measure = 'cost' | 'requests' | 'tokens' | 'failures';
export const measures: Measure[] = ['cost', 'requests', 'tokens', 'failures'];

export type Span = '24h' | '7d' | '30d' | 'month' | 'last-month' | 'other';
export const spans: Span[] = ['24h', '7d', '30d', 'month', 'last-month', 'other'];

export interface Period {
  /** ISO days or hours; `to` is the first moment that does not count. */
  from: string;
  to: string;
  hourly: boolean;
}

const kHourMs = 3_600_000;
const kDayMs = 24 * kHourMs;
const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const hourText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 13)}:00:00Z`;

/** All in UTC, as the server keeps its sums. `first` and `last` are the days of the span "other", both counted. */
export function periodOf(span: Span, now: number, first = '', last = ''): Period {
  const today = Math.floor(now / kDayMs) * kDayMs;
  const tomorrow = dayText(today + kDayMs);
  const date = new Date(now);
  const month = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  switch (span) {
    case '24h': {
      const nextHour = (Math.floor(now / kHourMs) + 1) * kHourMs;
      return { from: hourText(nextHour - kDayMs), to: hourText(nextHour), hourly: true };
    }
    case '7d':
      return { from: dayText(today - 6 * kDayMs), to: tomorrow, hourly: false };
    case '30d':
      return { from: dayText(today - 29 * kDayMs), to: tomorrow, hourly: false };
    case 'month':
      return { from: dayText(month), to: tomorrow, hourly: false };
    case 'last-month':
      return { from: dayText(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1)), to: dayText(month), hourly: false };
    case 'other': {
      const from = Date.parse(first);
      const to = Date.parse(last);
      if (Number.isNaN(from) || Number.isNaN(to) || to < from) return periodOf('30d', now);
      return { from: dayText(from), to: dayText(to + kDayMs), hourly: false };
    }
  }
}

/** What GET usage is asked for. */
export function queryOf(period: Period, by: string, filter: { client?: string; user?: string; model?: string } = {}): Query {
  return { from: period.from, to: period.to, by, ...filter };
}

export function measured(row: Figures, measure: Measure): number {
  switch (measure) {
    case 'cost':
      return Number(row.cost);
    case 'requests':
      return row.requests;
    case 'failures':
      return row.failures;
    case 'tokens':
      return row.input_tokens + row.cache_write_tokens + row.cache_read_tokens + row.output_tokens;
  }
}

export const nameOf = (row: UsageRow, dimension: Dimension): string =>
  (dimension === 'user' ? row.user || row.user_id : row[dimension]) ?? '';

export interface Lines {
  /** Seconds since 1970, one a bucket, without a gap. */
  times: number[];
  series: { name: string; values: number[] }[];
}

/** Every bucket of the period, empty ones too. */
export function bucketsOf(period: Period): string[] {
  const step = period.hourly ? kHourMs : kDayMs;
  const found: string[] = [];
  for (let at = Date.parse(period.from); at < Date.parse(period.to) && found.length < 4000; at += step) {
    found.push(period.hourly ? hourText(at) : dayText(at));
  }
  return found;
}

/** Rows by bucket and dimension as lines: the largest `most` by name, the others together under `others`. */
export function linesOf(rows: UsageRow[], period: Period, dimension: Dimension | null, measure: Measure, most: number, others: string): Lines {
  const buckets = bucketsOf(period);
  const place = new Map(buckets.map((bucket, at) => [bucket, at]));
  const sums = new Map<string, number[]>();
  const totals = new Map<string, number>();
  for (const row of rows) {
    const at = place.get(row.hour ?? row.day ?? '');
    if (at === undefined) continue;
    const name = dimension ? nameOf(row, dimension) || '–' : '';
    let values = sums.get(name);
    if (!values) sums.set(name, (values = buckets.map(() => 0)));
    const value = measured(row, measure);
    values[at] = (values[at] ?? 0) + value;
    totals.set(name, (totals.get(name) ?? 0) + value);
  }
  const names = [...sums.keys()].sort((a, b) => (totals.get(b) ?? 0) - (totals.get(a) ?? 0) || a.localeCompare(b));
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const series = shown.map((name) => ({ name, values: sums.get(name) ?? [] }));
  if (names.length > most) {
    const rest = buckets.map((_, at) => names.slice(most - 1).reduce((sum, name) => sum + (sums.get(name)?.[at] ?? 0), 0));
    series.push({ name: others, values: rest });
  }
  return { times: buckets.map((bucket) => Date.parse(bucket) / 1000), series };
}

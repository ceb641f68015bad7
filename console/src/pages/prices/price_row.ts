// A row of the price table as a form has it, and back.
export interface PriceTier {
  above_prompt_tokens: number;
  [price: string]: string | number;
}

export interface PriceRow {
  id: string;
  provider: string;
  model: string;
  effective_from?: string;
  effective_until?: string;
  tiers?: PriceTier[];
  multipliers?: Record<string, string | Record<string, string>>;
  source?: string;
  date?: string;
  notes?: string;
  [price: string]: unknown;
}

/** Dollars per million tokens, but for the last three. */
export const priceNames = [
  'input', 'output', 'cache_write_5m', 'cache_write_1h', 'cache_read', 'audio_input', 'audio_output', 'thoughts', 'tool_prompt',
  'web_search', 'image', 'video_second',
] as const;
export type PriceName = (typeof priceNames)[number];

export const providers = ['*', 'anthropic', 'vertex-claude', 'vertex', 'gemini'];

export interface PriceForm {
  id: string;
  provider: string;
  model: string;
  effective_from: string;
  effective_until: string;
  prices: Record<PriceName, string>;
  /** JSON, as the table has it; empty: none. */
  tiers: string;
  multipliers: string;
  source: string;
  notes: string;
}

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));
const json = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value, null, 2));

export function formOf(row: Partial<PriceRow>): PriceForm {
  const prices = Object.fromEntries(priceNames.map((name) => [name, text(row[name])])) as Record<PriceName, string>;
  return {
    id: text(row.id), provider: text(row.provider) || '*', model: text(row.model),
    effective_from: text(row.effective_from).slice(0, 10), effective_until: text(row.effective_until).slice(0, 10),
    prices, tiers: json(row.tiers), multipliers: json(row.multipliers), source: text(row.source), notes: text(row.notes),
  };
}

export type PriceFault = { field: string; fault: 'required' | 'price' | 'pattern' | 'json' | 'order' | 'taken' | 'no_price' };

function parsed(value: string): { ok: boolean; value?: unknown } {
  if (value.trim() === '') return { ok: true };
  try {
    return { ok: true, value: JSON.parse(value) };
  } catch {
    return { ok: false };
  }
}

const isPrice = (value: string): boolean => /^\d{1,10}(\.\d{1,9})?$/.test(value.trim());

/** What stands in the way of saving, by field; the server checks everything again. */
export function faultsOf(form: PriceForm, otherIds: string[]): PriceFault[] {
  const faults: PriceFault[] = [];
  if (form.id.trim() === '') faults.push({ field: 'id', fault: 'required' });
  else if (otherIds.includes(form.id.trim())) faults.push({ field: 'id', fault: 'taken' });
  if (form.model.trim() === '') faults.push({ field: 'model', fault: 'required' });
  else if (!/^[\x21-\x29\x2b-\x7e]*\*?$/.test(form.model.trim())) faults.push({ field: 'model', fault: 'pattern' });
  for (const name of priceNames) {
    if (form.prices[name].trim() !== '' && !isPrice(form.prices[name])) faults.push({ field: name, fault: 'price' });
  }
  if (priceNames.every((name) => form.prices[name].trim() === '')) faults.push({ field: 'input', fault: 'no_price' });
  if (form.source.trim() === '') faults.push({ field: 'source', fault: 'required' });
  if (form.effective_from && form.effective_until && form.effective_until <= form.effective_from) {
    faults.push({ field: 'effective_until', fault: 'order' });
  }
  const tiers = parsed(form.tiers);
  if (!tiers.ok || (tiers.value !== undefined && !Array.isArray(tiers.value))) faults.push({ field: 'tiers', fault: 'json' });
  const multipliers = parsed(form.multipliers);
  const isObject = typeof multipliers.value === 'object' && multipliers.value !== null && !Array.isArray(multipliers.value);
  if (!multipliers.ok || (multipliers.value !== undefined && !isObject)) faults.push({ field: 'multipliers', fault: 'json' });
  return faults;
}

/** Call it when there are no faults. `today`: the day on which the figures are put in. */
export function rowOf(form: PriceForm, today: string): PriceRow {
  const row: PriceRow = { id: form.id.trim(), provider: form.provider, model: form.model.trim() };
  if (form.effective_from) row.effective_from = form.effective_from;
  if (form.effective_until) row.effective_until = form.effective_until;
  for (const name of priceNames) {
    if (form.prices[name].trim() !== '') row[name] = form.prices[name].trim();
  }
  const tiers = parsed(form.tiers).value as PriceTier[] | undefined;
  if (tiers && tiers.length > 0) row.tiers = tiers;
  const multipliers = parsed(form.multipliers).value as PriceRow['multipliers'];
  if (multipliers && Object.keys(multipliers).length > 0) row.multipliers = multipliers;
  row.source = form.source.trim();
  row.date = today;
  if (form.notes.trim() !== '') row.notes = form.notes.trim();
  return row;
}

/** A row of one's own that takes the place of `row` from `day` on. */
export function successorOf(row: PriceRow, day: string, taken: string[]): PriceForm {
  const base = `${row.id.replace(/-from-\d{4}-\d{2}-\d{2}(-\d+)?$/, '')}-from-${day}`;
  let id = base;
  for (let number = 2; taken.includes(id); number++) id = `${base}-${number}`;
  const { effective_until: _, notes: __, ...kept } = row;
  return { ...formOf({ ...kept, id }), effective_from: day };
}

export type RowState = 'now' | 'later' | 'over';
export function stateOf(row: PriceRow, today: string): RowState {
  if (row.effective_from && row.effective_from.slice(0, 10) > today) return 'later';
  return row.effective_until && row.effective_until.slice(0, 10) <= today ? 'over' : 'now';
}

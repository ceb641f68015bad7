// Numbers, money and times as people read them. Nothing here knows the page.

/** Dollars come as text with up to nine decimals and stay text: at least two decimals, at most `decimals`, rounded. */
export function dollars(amount: string | number | null | undefined, decimals = 4): string {
  if (amount === null || amount === undefined || amount === '') return '–';
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(amount));
  if (!match) {
    const value = Number(amount);
    return Number.isFinite(value) ? dollars(value.toFixed(9), decimals) : String(amount);
  }
  const fraction = (match[3] ?? '').padEnd(decimals + 1, '0');
  let units = BigInt(`${match[2]}${fraction.slice(0, decimals)}`);
  if (Number(fraction[decimals]) >= 5) units += 1n;
  const digits = units.toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  const kept = digits.slice(digits.length - decimals).replace(/0+$/, '').padEnd(Math.min(2, decimals), '0');
  const sign = match[1] && units > 0n ? '−' : '';
  return `${sign}$${whole}${kept ? `.${kept}` : ''}`;
}

/** 1,234 → "1,234"; 1,234,567 → "1.23M". */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size < 100_000) return value.toLocaleString('en-US', { maximumFractionDigits: size < 10 ? 2 : size < 100 ? 1 : 0 });
  const steps: [number, string][] = [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'k']];
  for (const [step, letter] of steps) {
    if (size >= step) return `${(value / step).toPrecision(3)}${letter}`;
  }
  return String(value);
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let step = 0;
  let size = value;
  while (Math.abs(size) >= 1024 && step < units.length - 1) {
    size /= 1024;
    step++;
  }
  return `${step === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${units[step]}`;
}

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value > 0 && value < 1) return '< 1 ms';
  if (value < 1000) return `${Math.round(value)} ms`;
  if (value < 60_000) return `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`;
  return duration(value / 1000);
}

/** Seconds, by their two largest parts: "3 d 4 h", "12 min 5 s". */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–';
  const parts: [number, string][] = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  let rest = Math.round(Math.abs(seconds));
  const said: string[] = [];
  for (const [size, unit] of parts) {
    const many = Math.floor(rest / size);
    rest -= many * size;
    if (many > 0 || said.length > 0 || size === 1) said.push(`${many} ${unit}`);
  }
  const kept = said.slice(0, 2).filter((part, at) => at === 0 || !part.startsWith('0 '));
  return kept.join(' ');
}

export function dateTime(iso: string | null | undefined, tag: string): string {
  if (!iso) return '–';
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleString(tag, { dateStyle: 'medium', timeStyle: 'medium' });
}

export function day(iso: string | null | undefined, tag: string): string {
  if (!iso) return '–';
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleDateString(tag, { dateStyle: 'medium' });
}

/** "5 minutes ago", "in 2 days". */
export function relative(iso: string | null | undefined, tag: string, now = Date.now()): string {
  if (!iso) return '–';
  const then = new Date(iso).getTime();
  if (Number.isNaN(then)) return iso;
  const seconds = Math.round((then - now) / 1000);
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [
    [31_536_000, 'year'], [2_592_000, 'month'], [86_400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second'],
  ];
  const format = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' });
  for (const [size, unit] of steps) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(0, 'second');
}

export const percent = (part: number, whole: number): string =>
  whole > 0 ? `${((part / whole) * 100).toFixed(part / whole < 0.1 && part > 0 ? 1 : 0)}%` : '0%';

import { describe, expect, it } from 'vitest';
import { bytes, count, dollars, duration, milliseconds, percent, relative } from './format';

describe('dollars', () => {
  it.each([
    ['0', '$0.00'], ['12.5', '$12.50'], ['1234567.891', '$1,234,567.891'], ['0.000049999', '$0.00'],
    ['0.00005', '$0.0001'], ['-3.2', '−$3.20'], ['-0.00000001', '$0.00'], ['0.99999', '$1.00'],
    ['90071992547409931.123456789', '$90,071,992,547,409,931.1235'],
  ])('%s is %s', (amount, text) => expect(dollars(amount)).toBe(text));
  it('says nothing of an unknown cost', () => expect(dollars(null)).toBe('–'));
  it('reads numbers', () => expect(dollars(1e-7, 2)).toBe('$0.00'));
});

describe('counts', () => {
  it.each([[0, '0'], [0.5, '0.5'], [1234, '1,234'], [99999, '99,999'], [123456, '123k'], [1234567, '1.23M'], [-2e9, '-2.00B']])(
    '%d is %s',
    (value, text) => expect(count(value)).toBe(text),
  );
});

describe('times', () => {
  it.each([[5, '5 s'], [65, '1 min 5 s'], [3600, '1 h'], [93784, '1 d 2 h'], [0, '0 s']])('%d seconds are %s', (value, text) =>
    expect(duration(value)).toBe(text),
  );
  it.each([[0, '0 ms'], [0.006, '< 1 ms'], [12.4, '12 ms'], [1234, '1.23 s'], [61000, '1 min 1 s']])('%d ms are %s', (value, text) =>
    expect(milliseconds(value)).toBe(text),
  );
  it('tells how long ago', () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    expect(relative('2026-11-21T11:55:00Z', 'en', now)).toBe('5 minutes ago');
    expect(relative('2026-11-23T12:00:00Z', 'en', now)).toBe('in 2 days');
    expect(relative('2026-11-21T12:00:00Z', 'en', now)).toBe('now');
  });
});

it('bytes and parts', () => {
  expect(bytes(0)).toBe('0 B');
  expect(bytes(1536)).toBe('1.5 KiB');
  expect(bytes(50 * 1024 * 1024)).toBe('50 MiB');
  expect(percent(1, 3)).toBe('33%');
  expect(percent(1, 200)).toBe('0.5%');
  expect(percent(1, 0)).toBe('0%');
});

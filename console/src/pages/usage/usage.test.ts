import { describe, expect, it } from 'vitest';
import { bucketsOf, linesOf, measured, periodOf, queryOf, type UsageRow } from './usage';

const now = Date.parse('2026-11-21T10:30:00Z');
const row = (more: Partial<UsageRow>): UsageRow => ({
  requests: 1, failures: 0, unpriced: 0, estimated: 0, input_tokens: 10, cache_write_tokens: 1, cache_read_tokens: 2,
  output_tokens: 5, cost: '0.5', billed: '0.5', ...more,
});

describe('periods', () => {
  it.each([
    ['24h', '2026-11-20T11:00:00Z', '2026-11-21T11:00:00Z'],
    ['7d', '2026-11-15', '2026-11-22'],
    ['30d', '2026-10-23', '2026-11-22'],
    ['month', '2026-11-01', '2026-11-22'],
    ['last-month', '2026-10-01', '2026-11-01'],
  ] as const)('%s goes from %s to %s', (span, from, to) => expect(periodOf(span, now)).toMatchObject({ from, to }));

  it('of two days counts both', () => {
    expect(periodOf('other', now, '2026-01-30', '2026-02-01')).toEqual({ from: '2026-01-30', to: '2026-02-02', hourly: false });
  });
  it('that cannot be read are the last thirty days', () => {
    expect(periodOf('other', now, '2026-02-02', '2026-02-01')).toEqual(periodOf('30d', now));
    expect(periodOf('other', now, '', '')).toEqual(periodOf('30d', now));
  });
  it('have a bucket for every hour or day', () => {
    expect(bucketsOf(periodOf('24h', now)).length).toBe(24);
    expect(bucketsOf(periodOf('7d', now))).toEqual(['15', '16', '17', '18', '19', '20', '21'].map((day) => `2026-11-${day}`));
  });
  it('are asked for as they are', () => {
    expect(queryOf(periodOf('7d', now), 'day,model', { client: 'ann' })).toEqual({
      from: '2026-11-15', to: '2026-11-22', by: 'day,model', client: 'ann',
    });
  });
});

describe('lines', () => {
  const rows = [
    row({ day: '2026-11-15', model: 'a', requests: 5 }),
    row({ day: '2026-11-17', model: 'a', requests: 1 }),
    row({ day: '2026-11-17', model: 'b', requests: 9 }),
    row({ day: '2026-11-17', model: 'c', requests: 2 }),
    row({ day: '2026-12-01', model: 'd', requests: 100 }),
  ];
  const period = periodOf('7d', now);

  it('have no gaps, the largest first', () => {
    const lines = linesOf(rows, period, 'model', 'requests', 5, 'others');
    expect(lines.series).toEqual([
      { name: 'b', values: [0, 0, 9, 0, 0, 0, 0] },
      { name: 'a', values: [5, 0, 1, 0, 0, 0, 0] },
      { name: 'c', values: [0, 0, 2, 0, 0, 0, 0] },
    ]);
    expect(lines.times[1]! - lines.times[0]!).toBe(86400);
  });
  it('put the small ones together', () => {
    const lines = linesOf(rows, period, 'model', 'requests', 2, 'others');
    expect(lines.series.map((one) => one.name)).toEqual(['b', 'others']);
    expect(lines.series[1]?.values).toEqual([5, 0, 3, 0, 0, 0, 0]);
  });
  it('are one without a dimension', () => {
    expect(linesOf(rows, period, null, 'requests', 5, 'others').series[0]?.values).toEqual([5, 0, 12, 0, 0, 0, 0]);
  });
});

it('counts every kind of token', () => {
  expect(measured(row({}), 'tokens')).toBe(18);
  expect(measured(row({}), 'cost')).toBe(0.5);
});

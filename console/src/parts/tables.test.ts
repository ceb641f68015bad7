import { expect, it } from 'vitest';
import { sorted, type Column } from './tables';

const column: Column<{ n: number | null }> = { id: 'n', label: 'n', text: (row) => row.n };

it('sorts numbers as numbers, what has none last either way', () => {
  const rows = [{ n: 10 }, { n: null }, { n: 9 }];
  expect(sorted(rows, column, false).map((row) => row.n)).toEqual([9, 10, null]);
  expect(sorted(rows, column, true).map((row) => row.n)).toEqual([10, 9, null]);
  expect(sorted(rows, undefined, false)).toBe(rows);
});
it('sorts texts with numbers in them as people do', () => {
  const names: Column<string> = { id: 'x', label: 'x', text: (row) => row };
  expect(sorted(['c10', 'c9'], names, false)).toEqual(['c9', 'c10']);
});

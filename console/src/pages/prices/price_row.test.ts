import { describe, expect, it } from 'vitest';
import { faultsOf, formOf, rowOf, stateOf, successorOf, type PriceRow } from './price_row';

const row: PriceRow = {
  id: 'sonnet', provider: '*', model: 'claude-sonnet-4-5', input: '3', output: '15',
  tiers: [{ above_prompt_tokens: 200000, input: '6', output: '22.5' }], multipliers: { batch: '0.5', geo: { us: '1.1' } },
  source: 'the vendor', date: '2026-10-09',
};

describe('a price row', () => {
  it('survives the form', () => {
    expect(rowOf(formOf(row), '2026-10-09')).toEqual(row);
  });

  it('has a successor under a name of its own', () => {
    const next = successorOf(row, '2026-12-01', ['sonnet', 'sonnet-from-2026-12-01']);
    expect(next).toMatchObject({ id: 'sonnet-from-2026-12-01-2', effective_from: '2026-12-01', effective_until: '' });
    expect(successorOf(rowOf(next, '2026-11-01'), '2027-01-01', []).id).toBe('sonnet-from-2027-01-01');
  });

  it('holds from its first day to the day before its end', () => {
    const dated = { ...row, effective_from: '2026-11-02', effective_until: '2026-11-05' };
    expect(['2026-11-01', '2026-11-02', '2026-11-04', '2026-11-05'].map((day) => stateOf(dated, day))).toEqual(['later', 'now', 'now', 'over']);
  });
});

describe('faults', () => {
  const faults = (more: object, prices: object = {}) => {
    const form = formOf(row);
    return faultsOf({ ...form, ...more, prices: { ...form.prices, ...prices } }, ['other']).map((one) => `${one.field}: ${one.fault}`);
  };
  it('are none in a good row', () => expect(faults({})).toEqual([]));
  it.each([
    [{ id: '' }, 'id: required'], [{ id: 'other' }, 'id: taken'], [{ model: 'a*b' }, 'model: pattern'], [{ source: ' ' }, 'source: required'],
    [{ effective_from: '2026-11-02', effective_until: '2026-11-02' }, 'effective_until: order'],
    [{ tiers: '{}' }, 'tiers: json'], [{ tiers: '[' }, 'tiers: json'], [{ multipliers: '[]' }, 'multipliers: json'],
  ])('%j: %s', (more, fault) => expect(faults(more)).toEqual([fault]));
  it.each(['-1', '1,5', '1e3', '0.1234567891', 'x'])('a price of %s', (price) => expect(faults({}, { input: price })).toEqual(['input: price']));
  it('no price at all', () => expect(faults({}, { input: '', output: '' })).toEqual(['input: no_price']));
});

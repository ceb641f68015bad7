import { expect, it } from 'vitest';
import { factsOf } from './facts';

it('reads members by their names', () => {
  const facts = factsOf({ state: 'ok', lag_ms: 90, bytes: 2048, uptime_s: 60, not_after: '2027-01-01T00:00:00Z', self_signed: true, gone: null, more: { waiting: 3 } });
  expect(facts.map((fact) => [fact.label, fact.kind, fact.text])).toEqual([
    ['State', 'state', 'ok'], ['Lag', 'text', '90 ms'], ['Bytes', 'text', '2.0 KiB'], ['Uptime', 'text', '1 min'],
    ['Not after', 'time', '2027-01-01T00:00:00Z'], ['Self signed', 'text', '✓'], ['More: waiting', 'text', '3'],
  ]);
});
it('takes a bare word for a state', () => expect(factsOf('unavailable')[0]).toMatchObject({ kind: 'state', good: false }));
it('says nothing of nothing', () => expect(factsOf(null)).toEqual([]));

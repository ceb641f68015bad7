import { describe, expect, it } from 'vitest';
import { moodOf, partsOf, Tail, type RequestRow } from './request';

const row = (id: string, more: Partial<RequestRow> = {}): RequestRow => ({
  id, state: 'ended', at: '', began_at: '', client: null, method: null, path: null, dialect: null, operation: 'generate', model: null,
  provider: null, account: null, stream: false, attempts: null, ...more,
});

describe('a tail', () => {
  it('has the newest first and no more than it may', () => {
    const tail = new Tail(3);
    for (const id of ['a', 'b', 'c', 'd']) tail.put(row(id));
    expect(tail.rows.map((each) => each.id)).toEqual(['d', 'c', 'b']);
  });
  it('shows the end of a request where its beginning stood', () => {
    const tail = new Tail(9);
    tail.put(row('a', { state: 'running' }));
    tail.put(row('b', { state: 'running' }));
    tail.put(row('a', { status: 200 }));
    expect(tail.rows.map((each) => `${each.id} ${each.state}`)).toEqual(['b running', 'a ended']);
    tail.put(row('a', { state: 'running' }));
    expect(tail.rows[1]?.state).toBe('ended');
  });
});

describe('moods', () => {
  it.each([
    [{ state: 'running' }, 'info'], [{ status: 200, outcome: 'done' }, 'good'], [{ status: 429, outcome: 'rejected' }, 'warn'],
    [{ status: 200, outcome: 'client-gone' }, 'warn'], [{ status: 200, outcome: 'upstream-cut' }, 'bad'], [{ status: 503, outcome: 'error' }, 'bad'],
  ])('%j is %s', (ended, mood) => expect(moodOf(ended)).toBe(mood));
});

it('times are parts of a whole', () => {
  expect(partsOf({ end_ms: 10, authenticated_ms: 1, connected_ms: null, first_byte_ms: 4 })).toEqual([
    { name: 'authenticated_ms', from: 0, to: 1 }, { name: 'first_byte_ms', from: 1, to: 4 }, { name: 'end_ms', from: 4, to: 10 },
  ]);
});

import { expect, it } from 'vitest';
import { newest } from './newest';

const query = { search: '', limit: 2, offset: 0, cursor: '', sort: '', descending: false };
const all = [5, 4, 3, 2, 1];
const plain = async ({ limit }: { limit: number }) => ({ rows: all.slice(0, limit) });

it('pages a list that knows a limit only', async () => {
  const first = await newest(query, plain);
  expect(first).toEqual({ rows: [5, 4], next: 'seen:2' });
  const second = await newest({ ...query, cursor: first.next! }, plain);
  expect(second).toEqual({ rows: [3, 2], next: 'seen:4' });
  expect(await newest({ ...query, cursor: second.next! }, plain)).toEqual({ rows: [1], next: null });
});
it("goes by the server's cursor where there is one", async () => {
  const asked: unknown[] = [];
  const read = async (more: unknown) => (asked.push(more), { rows: [1], next: 'abc' });
  expect(await newest(query, read)).toEqual({ rows: [1], next: 'abc' });
  await newest({ ...query, cursor: 'abc' }, read);
  expect(asked).toEqual([{ limit: 2 }, { limit: 2, cursor: 'abc' }]);
});
it('searches what is told', async () => expect(await newest(query, plain, (row) => row % 2 === 1)).toEqual({ rows: [5, 3, 1], next: null }));

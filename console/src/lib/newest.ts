// Lists that are told newest first and know a limit only: the next page is a longer list, less what is there already.
import type { ListPage, ListQuery } from '../parts/tables';

const kMost = 1000;

interface Told<T> {
  rows: T[];
  /** Where the server pages by cursor. */
  next?: string | null | undefined;
}

export async function newest<T>(query: ListQuery, read: (more: { limit: number; cursor?: string }) => Promise<Told<T>>, fits?: (row: T) => boolean): Promise<ListPage<T>> {
  if (fits) {
    const told = await read({ limit: kMost });
    return { rows: told.rows.filter(fits), next: null };
  }
  const seen = /^seen:(\d+)$/.exec(query.cursor);
  const begin = seen ? Number(seen[1]) : 0;
  const limit = Math.min(kMost, begin + query.limit);
  const told = await read(query.cursor && !seen ? { limit: query.limit, cursor: query.cursor } : { limit });
  if (told.next !== undefined) return { rows: told.rows, next: told.next };
  return { rows: told.rows.slice(begin), next: told.rows.length === limit && limit < kMost ? `seen:${limit}` : null };
}

// What a table of the server's asks for and gets.
export interface ListQuery {
  search: string;
  limit: number;
  offset: number;
  cursor: string;
  sort: string;
  descending: boolean;
}

/** Either `total` (pages by offset) or `next` (more by cursor; null at the end); neither: this is all. */
export interface ListPage<T> {
  rows: T[];
  total?: number;
  next?: string | null;
}

export interface Column<T> {
  id: string;
  label: string;
  /** What the cell says; without it, the table's `cell` snippet draws it. */
  text?: (row: T) => string | number | null | undefined;
  /** What the cell is sorted by, while the whole list is on the page. */
  order?: (row: T) => string | number | null | undefined;
  number?: boolean;
  mono?: boolean;
  /** Not shown where there is little room. */
  wide?: boolean;
}

export function sorted<T>(rows: T[], column: Column<T> | undefined, descending: boolean): T[] {
  const order = column?.order ?? column?.text;
  if (!order) return rows;
  const direction = descending ? -1 : 1;
  return [...rows].sort((left, right) => {
    const a = order(left);
    const b = order(right);
    // What has no value stands last either way.
    if (a === null || a === undefined || a === '') return b === null || b === undefined || b === '' ? 0 : 1;
    if (b === null || b === undefined || b === '') return -1;
    if (typeof a === 'number' && typeof b === 'number') return (a - b) * direction;
    return String(a).localeCompare(String(b), undefined, { numeric: true }) * direction;
  });
}

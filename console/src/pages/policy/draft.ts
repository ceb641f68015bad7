// The policy as it is being edited: what is active, and what was changed of it.
export interface PolicyFile {
  name: string;
  bytes: number;
  text: string;
}

/** Texts by name; null: the file goes. */
export type Edits = Record<string, string | null>;
export type Change = 'same' | 'changed' | 'added' | 'removed';

export const textsOf = (files: PolicyFile[]): Record<string, string> => Object.fromEntries(files.map((file) => [file.name, file.text]));

/** Edits that change nothing are none. */
export function cleaned(active: Record<string, string>, edits: Edits): Edits {
  return Object.fromEntries(Object.entries(edits).filter(([name, text]) => (text === null ? name in active : text !== active[name])));
}

export function changeOf(active: Record<string, string>, edits: Edits, name: string): Change {
  if (!(name in edits)) return 'same';
  if (edits[name] === null) return 'removed';
  return name in active ? (edits[name] === active[name] ? 'same' : 'changed') : 'added';
}

/** What turns the active files into `wanted`. */
export function editsTowards(active: Record<string, string>, wanted: Record<string, string>): Edits {
  const edits: Edits = {};
  for (const name of Object.keys(active)) if (!(name in wanted)) edits[name] = null;
  for (const [name, text] of Object.entries(wanted)) if (active[name] !== text) edits[name] = text;
  return edits;
}

/** Hooks first, then the library, then tests; each by name. */
export function ordered(names: Iterable<string>): string[] {
  const rank = (name: string): number => (name.startsWith('spec/') ? 2 : name.includes('/') ? 1 : 0);
  return [...new Set(names)].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

export const isFileName = (name: string): boolean => /^(?:[A-Za-z0-9_-]+\/){0,4}[A-Za-z0-9_-]+\.lua$/.test(name);

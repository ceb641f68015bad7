// As much of JSON Schema as the map's own schema has, and the way from a text to a form and back.
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: string[];
  default?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  required?: string[];
  minimum?: number;
  maximum?: number;
  'x-secret'?: boolean;
  'x-accounts'?: string;
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export function resolved(root: Schema, schema: Schema): Schema {
  if (!schema.$ref) return schema;
  const name = schema.$ref.replace('#/$defs/', '');
  const { $ref: _, ...own } = schema;
  return { ...root.$defs?.[name], ...own };
}

export type FieldKind = 'switch' | 'choice' | 'choices' | 'number' | 'amount' | 'texts' | 'text' | 'secret' | 'group' | 'list';

/** What kind of control a member gets. */
export function kindOf(root: Schema, schema: Schema): FieldKind {
  const one = resolved(root, schema);
  const types = Array.isArray(one.type) ? one.type : [one.type];
  if (types.includes('boolean')) return 'switch';
  if (types.includes('object')) return 'group';
  if (types.includes('array')) {
    const items = one.items ? resolved(root, one.items) : {};
    if (items.type === 'object') return 'list';
    return items.enum ? 'choices' : 'texts';
  }
  if (types.includes('integer')) return 'number';
  if (types.includes('number')) return 'amount';
  if (one['x-secret']) return 'secret';
  return one.enum ? 'choice' : 'text';
}

export function parsed(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

export const written = (map: JsonObject): string => `${JSON.stringify(map, null, 2)}\n`;

/** A copy with one member set, or taken away with undefined. Members keep their order. */
export function withMember(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  if (value === undefined) {
    const { [name]: _, ...rest } = object;
    return rest;
  }
  return { ...object, [name]: value };
}

/** What an entry is called in a list of its kind. */
export function nameOf(entry: Json): string {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return '';
  const name = entry.name ?? entry.key_filename ?? entry.model;
  return typeof name === 'string' ? name : '';
}

/** 20 random bytes as text: nobody guesses it. */
export function freshToken(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array = (bytes) => crypto.getRandomValues(bytes)): string {
  const letters = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789_-----'.slice(0, 58);
  // 58 letters: bytes of 232 and more would favour the first ones.
  let text = '';
  while (text.length < 32) {
    for (const byte of random(new Uint8Array(48))) {
      if (byte < 232 && text.length < 32) text += letters[byte % 58];
    }
  }
  return text;
}

/** Amounts and the like: a number stays one where the schema wants one. */
export function numberOf(text: string): Json | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
}

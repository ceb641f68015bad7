import { describe, expect, it } from 'vitest';
import { freshToken, kindOf, nameOf, numberOf, parsed, resolved, withMember, written, type Schema } from './schema';

const root: Schema = { $defs: { weight: { type: 'object', title: 'Weight' }, limits: { type: 'object' } } };

describe('a schema', () => {
  it.each([
    [{ type: 'boolean' }, 'switch'], [{ type: 'integer' }, 'number'], [{ type: ['string', 'number'] }, 'amount'],
    [{ type: 'string' }, 'text'], [{ type: 'string', enum: ['a'] }, 'choice'], [{ type: 'string', 'x-secret': true }, 'secret'],
    [{ type: 'array', items: { type: 'string' } }, 'texts'], [{ type: 'array', items: { type: 'string', enum: ['a'] } }, 'choices'],
    [{ type: 'array', items: { $ref: '#/$defs/weight' } }, 'list'], [{ $ref: '#/$defs/limits' }, 'group'],
  ] as [Schema, string][])('%j is a %s', (schema, kind) => expect(kindOf(root, schema)).toBe(kind));

  it('follows references and keeps what stands beside them', () => {
    expect(resolved(root, { $ref: '#/$defs/weight', description: 'x' })).toEqual({ type: 'object', title: 'Weight', description: 'x' });
  });
});

describe('the text', () => {
  it.each(['', '[]', 'null', '"x"', '{', '{"a":1,}'])('%j is no map', (text) => expect(parsed(text)).toBeNull());
  it('survives the form with its remarks and their order', () => {
    const text = '{\n  "_remark": "x",\n  "clients": [],\n  "zzz": 1\n}\n';
    expect(written(parsed(text)!)).toBe(text);
  });
  it('loses a member that is taken away, and no other', () => {
    const map = { a: 1, b: 2, c: 3 };
    expect(Object.keys(withMember(map, 'b', undefined))).toEqual(['a', 'c']);
    expect(Object.keys(withMember(map, 'b', 5))).toEqual(['a', 'b', 'c']);
  });
});

it('names entries', () => {
  expect([{ name: 'a' }, { key_filename: 'b' }, { model: 'c' }, 'x', null].map((entry) => nameOf(entry as never))).toEqual(['a', 'b', 'c', '', '']);
});

it('makes tokens without favourites', () => {
  expect(freshToken()).toMatch(/^[A-Za-z0-9_-]{32}$/);
  expect(freshToken()).not.toBe(freshToken());
  let round = 0;
  expect(freshToken((bytes) => bytes.fill(round++ === 0 ? 255 : 0))).toBe('a'.repeat(32));
});

it('keeps what is no number as it was typed, so that the server can say what is wrong', () => {
  expect([numberOf('5'), numberOf(' 12.50 '), numberOf(''), numberOf('x')]).toEqual([5, '12.50', undefined, 'x']);
});

import { describe, expect, it } from 'vitest';
import { changeOf, cleaned, editsTowards, isFileName, ordered } from './draft';

const active = { 'auth.lua': 'a', 'route.lua': 'r', 'spec/auth_spec.lua': 's' };

describe('a draft of the policy', () => {
  it('knows what was changed', () => {
    const edits = { 'auth.lua': 'b', 'route.lua': null, 'log.lua': 'l', 'spec/auth_spec.lua': 's' };
    expect(['auth.lua', 'route.lua', 'log.lua', 'spec/auth_spec.lua', 'x.lua'].map((name) => changeOf(active, edits, name))).toEqual([
      'changed', 'removed', 'added', 'same', 'same',
    ]);
  });
  it('forgets edits that change nothing', () => {
    expect(cleaned(active, { 'auth.lua': 'a', 'route.lua': 'x', 'gone.lua': null })).toEqual({ 'route.lua': 'x' });
  });
  it('finds the way to an earlier version', () => {
    expect(editsTowards(active, { 'auth.lua': 'old', 'spec/auth_spec.lua': 's', 'log.lua': 'l' })).toEqual({
      'route.lua': null, 'auth.lua': 'old', 'log.lua': 'l',
    });
    expect(editsTowards(active, active)).toEqual({});
  });
  it('lists hooks before libraries before tests', () => {
    expect(ordered(['spec/a_spec.lua', 'moongate/x.lua', 'route.lua', 'auth.lua', 'auth.lua'])).toEqual([
      'auth.lua', 'route.lua', 'moongate/x.lua', 'spec/a_spec.lua',
    ]);
  });
  it.each(['filters.lua', 'spec/a_spec.lua', 'a/b-c/d_1.lua'])('%s is a name', (name) => expect(isFileName(name)).toBe(true));
  it.each(['', 'a', '../a.lua', '/a.lua', 'a.lua/b', 'a b.lua', '.lua', 'a//b.lua', 'a.txt'])('%s is none', (name) => expect(isFileName(name)).toBe(false));
});

import { describe, expect, it } from 'vitest';
import { fill, locale, words, type Words } from './locale.svelte';

const modules = import.meta.glob<Record<string, unknown>>(['../**/text.ts', '../**/*.text.ts'], { eager: true });

function dictionaries(): [string, Words<string>['dictionaries']][] {
  const found: [string, Words<string>['dictionaries']][] = [];
  for (const [path, module] of Object.entries(modules)) {
    for (const [name, value] of Object.entries(module)) {
      if (typeof value === 'function' && 'dictionaries' in value) {
        found.push([`${path} ${name}`, (value as unknown as Words<string>).dictionaries]);
      }
    }
  }
  return found;
}

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe('dictionaries', () => {
  it('are found', () => expect(dictionaries().length).toBeGreaterThan(0));

  it.each(dictionaries())('%s has every key in both languages, none empty, with the same values put in', (_, both) => {
    expect(Object.keys(both.zh).sort()).toEqual(Object.keys(both.en).sort());
    for (const [key, english] of Object.entries(both.en)) {
      const chinese = both.zh[key] ?? '';
      expect(english.trim(), key).not.toBe('');
      expect(chinese.trim(), key).not.toBe('');
      expect(new Set(places(chinese)), key).toEqual(new Set(places(english)));
    }
  });
});

describe('words', () => {
  const t = words({ keys: '{count} keys', keys_one: '{count} key' }, { keys: '{count} 个密钥', keys_one: '{count} 个密钥' });

  it('says one thing in the singular', () => {
    locale.language = 'en';
    expect(t('keys', { count: 1 })).toBe('1 key');
    expect(t('keys', { count: 2 })).toBe('2 keys');
  });
  it('follows the language', () => {
    locale.language = 'zh';
    expect(t('keys', { count: 2 })).toBe('2 个密钥');
    locale.language = 'en';
  });
  it('leaves what it was not given', () => expect(fill('{a} and {b}', { a: 1 })).toBe('1 and {b}'));
});

// Languages. A page keeps its words beside it, in a text.ts made with words(); both languages must have every
// key, which the types demand and locale.test.ts proves.

export type Language = 'en' | 'zh';
export const languages: Record<Language, string> = { en: 'English', zh: '简体中文' };

const kStored = 'moongate.language';

function first(): Language {
  try {
    const kept = localStorage.getItem(kStored);
    if (kept === 'en' || kept === 'zh') return kept;
  } catch {
    // Storage is refused: the browser's language then.
  }
  return typeof navigator !== 'undefined' && /^zh\b/i.test(navigator.language) ? 'zh' : 'en';
}

class Locale {
  language = $state<Language>(first());
  /** For Intl. */
  get tag(): string {
    return this.language === 'zh' ? 'zh-CN' : 'en-GB';
  }
  choose(language: Language): void {
    this.language = language;
    document.documentElement.lang = this.tag;
    try {
      localStorage.setItem(kStored, language);
    } catch {
      // It lasts as long as the page then.
    }
  }
}

export const locale = new Locale();

export type Values = Record<string, string | number>;

/** "{name} has {count} keys" with the values put in; a text that is not given stays as it is written. */
export function fill(text: string, values?: Values): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export interface Words<K extends string> {
  (key: K, values?: Values): string;
  readonly dictionaries: Record<Language, Record<K, string>>;
}

/** A dictionary, and the function that reads it in the language in force (reactive). A key ending in `_one` is
 * taken instead of the one without it when `count` is 1. */
export function words<const E extends Record<string, string>>(
  en: E,
  zh: { [K in keyof E]: string },
): Words<keyof E & string> {
  const dictionaries = { en, zh } as unknown as Record<Language, Record<string, string>>;
  const read = (key: string, values?: Values): string => {
    const dictionary = dictionaries[locale.language];
    const single = values?.count === 1 ? dictionary[`${key}_one`] : undefined;
    return fill(single ?? dictionary[key] ?? key, values);
  };
  return Object.assign(read, { dictionaries }) as unknown as Words<keyof E & string>;
}

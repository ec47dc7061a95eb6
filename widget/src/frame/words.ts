/** The chat's words: two JSONs per language, the same keys in each, plurals by CLDR category. */
import type { Language } from "../settings";
import type later from "./locales/later-ru.json";
import type ru from "./locales/ru.json";

export type Key = keyof typeof ru | keyof typeof later;
type Phrase = string | Partial<Record<Intl.LDMLPluralRule, string>>;
type Params = Readonly<Record<string, string | number>>;

/** The phrase of `key`, its `{names}` filled in; the plural form is that of `count`. */
export type Words = (key: Key, params?: Params) => string;

export type Phrases = Readonly<Record<Key, Phrase>>;

type Load = () => Promise<{ default: Partial<Phrases> }>;

/** Only the visitor's language travels; the words of the later views with those. */
const PHRASES: Record<"first" | "later", Record<Language, Load>> = {
  first: { ru: () => import("./locales/ru.json"), en: () => import("./locales/en.json") },
  later: { ru: () => import("./locales/later-ru.json"), en: () => import("./locales/later-en.json") },
};
const here = {} as Phrases;

/** All phrases that are here by now. */
export async function loadPhrases(language: Language, when: "first" | "later"): Promise<Phrases> {
  return Object.assign(here, (await PHRASES[when][language]()).default);
}

export function wordsOf(phrases: Phrases, language: Language): Words {
  const plurals = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (key, params = {}) => {
    const phrase = phrases[key];
    const form = typeof phrase === "string" ? phrase : (phrase[plurals.select(Number(params["count"]))] ?? phrase.other ?? "");
    return form.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = params[name] ?? "";
      return typeof value === "number" ? numbers.format(value) : value;
    });
  };
}

/** `bytes` in the largest unit that keeps it readable. */
export function sizeInWords(words: Words, bytes: number): string {
  if (bytes < 1_000) return words("bytes", { n: bytes });
  if (bytes < 1_000_000) return words("kilobytes", { n: Math.round(bytes / 1_000) });
  return words("megabytes", { n: Math.round(bytes / 100_000) / 10 });
}

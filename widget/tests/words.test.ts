/** Two languages, the same words in each: `frame/words` and its locales. */
import { describe, expect, test } from "vitest";
import firstEn from "../src/frame/locales/en.json";
import laterEn from "../src/frame/locales/later-en.json";
import laterRu from "../src/frame/locales/later-ru.json";
import firstRu from "../src/frame/locales/ru.json";
import { loadPhrases, sizeInWords, wordsOf } from "../src/frame/words";
import type { Phrases } from "../src/frame/words";
import { chooseLanguage } from "../src/settings";

const ru = { ...firstRu, ...laterRu };
const en = { ...firstEn, ...laterEn };
const LANGUAGES: [string, Phrases][] = [["ru", ru], ["en", en]];
const russian = wordsOf(ru, "ru");
const english = wordsOf(en, "en");

function placeholders(phrase: Phrases[keyof Phrases]): string[] {
  const forms = typeof phrase === "string" ? [phrase] : Object.values(phrase);
  return [...new Set(forms.flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();
}

describe("locales", () => {
  test("have the same keys in the same file", () => {
    expect(Object.keys(firstEn).sort()).toEqual(Object.keys(firstRu).sort());
    expect(Object.keys(laterEn).sort()).toEqual(Object.keys(laterRu).sort());
  });

  test("fill in the same things", () => {
    for (const key of Object.keys(ru) as (keyof Phrases)[]) expect([key, placeholders((en as Phrases)[key])]).toEqual([key, placeholders(ru[key])]);
  });

  test.each(LANGUAGES)("%s has every plural form its grammar needs", (language, phrases) => {
    const categories = [...new Intl.PluralRules(language).resolvedOptions().pluralCategories].sort();
    for (const phrase of Object.values(phrases)) if (typeof phrase !== "string") expect(Object.keys(phrase).sort()).toEqual(categories);
  });

  test("no English in Russian, no Russian in English", () => {
    expect(JSON.stringify(Object.values(en))).not.toMatch(/[а-яё]/i);
    expect(JSON.stringify(Object.values(ru)).replace(/\{\w+\}|"\w+":|anna@example\.com/g, "")).not.toMatch(/[a-z]{2}/i);
  });

  test("load by themselves, first what the first second needs", async () => {
    expect({ ...(await loadPhrases("en", "first")) }).toEqual(firstEn);
    expect(await loadPhrases("en", "later")).toEqual(en);
  });
});

describe("plurals", () => {
  test.each([
    [1, "Остался 1 символ"],
    [3, "Осталось 3 символа"],
    [11, "Осталось 11 символов"],
    [21, "Остался 21 символ"],
    [112, "Осталось 112 символов"],
  ])("Russian knows %i", (count, expected) => {
    expect(russian("left", { count })).toBe(expected);
  });

  test("English knows one and many", () => {
    expect([english("left", { count: 1 }), english("left", { count: 1200 })]).toEqual(["1 character left", "1,200 characters left"]);
  });
});

test("what a person is called is taken as it is, braces and all", () => {
  expect(english("typing", { name: "{count} $& <b>" })).toBe("{count} $& <b> is typing…");
});

test("sizes are in the largest unit that keeps them readable", () => {
  expect([999, 345_004, 20_000_000].map((size) => sizeInWords(english, size))).toEqual(["999 B", "345 KB", "20 MB"]);
});

describe("the visitor's language", () => {
  test("is the first one that we speak", () => {
    expect(chooseLanguage(["de-DE", "en-US", "ru"], "ru")).toBe("en");
  });

  test("else the line's", () => {
    expect(chooseLanguage(["de", "fr"], "ru")).toBe("ru");
  });
});

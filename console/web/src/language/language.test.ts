/** Both languages say the same things, with the right plural: `language/`. */
import { describe, expect, test } from "vitest"
import en from "./en"
import { fill, type Forms } from "./fill"
import ru from "./ru"

type Area = Record<string, string | Forms>
const areas = Object.keys(en) as (keyof typeof en)[]
const texts = (value: string | Forms) => (typeof value === "string" ? [value] : Object.values(value))
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((hit) => hit[1]).sort()

describe.each(areas)("%s", (area) => {
  const english: Area = en[area]
  const russian: Area = ru[area]

  test("has the same keys in both languages", () => {
    expect(Object.keys(russian).sort()).toEqual(Object.keys(english).sort())
  })

  test("has the same placeholders in both languages and all forms", () => {
    for (const [key, value] of Object.entries(english)) {
      const wanted = placeholders(texts(value).at(-1)!)
      for (const text of texts(russian[key]!)) expect(placeholders(text), key).toEqual(wanted)
    }
  })

  test("has every plural form that its language needs", () => {
    for (const [language, words] of [["en", english] as const, ["ru", russian] as const]) {
      const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories
      for (const [key, value] of Object.entries(words))
        if (typeof value !== "string") expect(Object.keys(value).sort(), key).toEqual([...needed].sort())
    }
  })
})

test.each([
  [1, "1 файл"],
  [2, "2 файла"],
  [5, "5 файлов"],
  [11, "11 файлов"],
  [21, "21 файл"],
])("%i: %s", (n, words) => {
  expect(fill("ru", ru.conversations.files, { n })).toBe(words)
})

test("an unknown placeholder stays, so that it is noticed", () => {
  expect(fill("en", "Hello {name}", {})).toBe("Hello {name}")
})

/** Plural forms by CLDR category; `other` always, the rest as the language has them. */
export type Forms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>

const rules = new Map<string, Intl.PluralRules>()
const numbers = new Map<string, Intl.NumberFormat>()

function cached<T>(map: Map<string, T>, language: string, make: () => T): T {
  const held = map.get(language)
  if (held) return held
  const made = make()
  map.set(language, made)
  return made
}

/** A text with its `{placeholders}` filled in; of plural forms the one that `given.n` asks for. */
export function fill(language: string, text: string | Forms, given: Record<string, string | number>): string {
  const chosen = typeof text === "string" ? text : form(language, text, Number(given.n ?? 0))
  return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = given[name]
    if (typeof value === "number")
      return cached(numbers, language, () => new Intl.NumberFormat(language)).format(value)
    return value ?? whole
  })
}

function form(language: string, forms: Forms, n: number) {
  const category = cached(rules, language, () => new Intl.PluralRules(language)).select(n)
  return forms[category] ?? forms.other
}

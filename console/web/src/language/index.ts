/** What the console says, in the operator's language. Words live in `en/` and `ru/`, a file per area. */
import { shallowRef } from "vue"
import type { Language } from "@/api/shapes"
import type en from "./en"
import { fill, type Forms } from "./fill"

export type Words = typeof en
type Area = keyof Words
export type Key = { [A in Area]: `${A}.${keyof Words[A] & string}` }[Area]
export type Given = Record<string, string | number>

type AnyWords = Record<string, Record<string, string | Forms>>

const load: Record<Language, () => Promise<AnyWords>> = {
  en: () => import("./en").then((module) => module.default),
  ru: () => import("./ru").then((module) => module.default),
}

export const language = shallowRef<Language>("en")
const words = shallowRef<AnyWords>({})

/** Speak it from now on; the cookie tells the server in which language to send the next page. */
export async function speak(wanted: Language) {
  words.value = await load[wanted]()
  language.value = wanted
  document.documentElement.lang = wanted
  document.cookie = `liniya_language=${wanted}; path=/; max-age=31536000; samesite=lax`
}

/** The language of the page as the server sent it; without its word, the browser's. */
export function pageLanguage(): Language {
  const sent = document.documentElement.lang
  if (sent === "ru" || sent === "en") return sent
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith("ru")) ? "ru" : "en"
}

/** The words for `key`. A text with plural forms needs `n`. */
export function t(key: Key, given: Given = {}): string {
  const [area, name] = key.split(".") as [string, string]
  const found = words.value[area]?.[name]
  return found === undefined ? key : fill(language.value, found, given)
}

/** The words for a key made of a value of the server's; `otherwise` where there are none. */
export function tOr(key: string, otherwise: string, given: Given = {}): string {
  const [area, name] = key.split(".") as [string, string]
  const found = words.value[area]?.[name]
  return found === undefined ? otherwise : fill(language.value, found, given)
}

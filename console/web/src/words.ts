/** What people read where the server has an id, a code or an empty field. */
import { Refused } from "./api"
import type { ConversationView } from "./api/shapes"
import { t, tOr } from "./language"
import { visitorCode } from "./lists"
import { say } from "./ui/toasts"

export const nameOf = (row: ConversationView) =>
  row.title || t("common.visitor", { code: visitorCode(row.customer_id) })

/** Under which the words for a sentence of the server stand; of its numbers one is kept. */
const keyOf = (sentence: string) =>
  sentence
    .replaceAll(/\d+/g, "n")
    .replaceAll(/\W+/g, "_")
    .replaceAll(/^_|_$/g, "")
    .toLowerCase()

/** A sentence of the server's, in the operator's language; words of a provider's stay as they are. */
export function serverSays(sentence: string, otherwise = sentence): string {
  return tOr(`server.${keyOf(sentence)}`, otherwise, { n: Number(/\d+/.exec(sentence)?.[0] ?? 0) })
}

/** An error as a sentence for the person who caused it. */
export function inWords(error: unknown): string {
  if (!(error instanceof Refused)) return t("common.error_ours")
  const { code, detail } = error.problem
  return serverSays(detail, tOr(`common.error_${code}`, detail || t("common.error_ours")))
}

/** What is wrong with a form's fields, in the operator's language. */
export function fieldsInWords(error: unknown): Record<string, string> {
  if (!(error instanceof Refused)) return {}
  return Object.fromEntries(
    Object.entries(error.problem.fields).map(([field, sentence]) => [field, serverSays(sentence)]),
  )
}

export function sayProblem(error: unknown) {
  say(inWords(error), { kind: "problem" })
}

/** Do `act`; what goes wrong is said. Gives whether it went well. */
export async function tried(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act()
    return true
  } catch (error) {
    sayProblem(error)
    return false
  }
}

export function sizeInWords(bytes: number): string {
  const [unit, size] = bytes >= 1e6 ? ["megabyte", 1e6] : bytes >= 1e3 ? ["kilobyte", 1e3] : ["byte", 1]
  const value = bytes / size
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value)
}

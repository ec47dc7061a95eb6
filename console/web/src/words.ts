/** What people read where the server has an id, a code or an empty field. */
import { Refused } from "./api"
import type { ConversationView } from "./api/shapes"
import { t, tOr } from "./language"
import { visitorCode } from "./lists"
import { say } from "./ui/toasts"

export const nameOf = (row: ConversationView) =>
  row.title || t("common.visitor", { code: visitorCode(row.customer_id) })

/** An error as a sentence for the person who caused it. */
export function inWords(error: unknown): string {
  if (!(error instanceof Refused)) return t("common.error_ours")
  return tOr(`common.error_${error.code}`, error.problem.detail || t("common.error_ours"))
}

/** What is wrong with a form's fields, in the operator's language where we have the words. */
export function fieldsInWords(error: unknown): Record<string, string> {
  if (!(error instanceof Refused)) return {}
  const said = Object.entries(error.problem.fields)
  return Object.fromEntries(
    said.map(([field, words]) => [field, tOr(`common.field_${words.replaceAll(/\W+/g, "_")}`, words)]),
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
  const unit = bytes >= 1e6 ? "megabyte" : "kilobyte"
  const value = bytes / (unit === "megabyte" ? 1e6 : 1e3)
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value)
}

/** What the distributor said of a decision, as a sentence of the console's language. Pure but for the words. */
import type { DecisionView } from "@/api/shapes"
import { type Given, t, tOr } from "@/language"

/** A code of a newer server than this page, as words. */
const plain = (code: string) => code.replaceAll("_", " ")

export const removedInWords = (reason: string) => tOr(`customer.removed_${reason}`, plain(reason))

export interface Around {
  nameOf: (operatorId: string) => string
  /** "9:00" and "at 9:00". */
  timeOf: (at: string) => string
  whenOf: (at: string) => string
}

/** What settled it: with whom the customer knows, and until when, where those are known. */
export function ruleInWords(decision: Pick<DecisionView, "rule" | "rung" | "known_id" | "until">, { nameOf, timeOf, whenOf }: Around): string {
  const key = `customer.rule_${decision.rule}`
  const given: Given = {
    name: decision.known_id ? nameOf(decision.known_id) : "",
    until: decision.until ? timeOf(decision.until) : "",
    when: decision.until ? whenOf(decision.until) : "",
  }
  const named = decision.known_id ? tOr(`${key}_named`, "", given) : ""
  let rule = named || tOr(key, plain(decision.rule))
  if (decision.rung) rule = t("customer.rule_rung", { rule, rung: tOr(`customer.rung_${decision.rung}`, plain(decision.rung)) })
  if (!decision.until) return rule
  return tOr(`${key}_until`, "", given) || t("customer.rule_until", { rule, ...given })
}

/** What a mark in a thread says. Pure but for the words. */
import type { MarkItem } from "@/api/shapes"
import { tOr } from "@/language"

/** Of these the reason is a code, which the sentence is chosen by. */
const coded = new Set(["ConversationAssigned", "SlaWarned", "SlaBreached", "CustomerProven"])

export interface Names {
  operator: (id: string) => string
  line: (id: string) => string
}

/** Why it was closed: what people wrote stays, what the desk did by itself has words. */
export const closeReason = (reason: string | null) => (reason ? tOr(`conversations.closed_${reason}`, reason) : "")

/** Empty for an event that a newer server marks. */
export function markInWords(item: MarkItem, names: Names): string {
  const who = item.operator_id ? names.operator(item.operator_id) : ""
  const to = item.to_line_id ? names.line(item.to_line_id) : item.to_operator_id ? names.operator(item.to_operator_id) : ""
  const plain = `conversations.mark_${item.event}`
  const special = coded.has(item.event) ? `_${item.reason}` : who ? "_by" : ""
  const said = tOr(plain + special, tOr(plain, "", { who, to }), { who, to })
  const reason = coded.has(item.event) ? "" : item.event === "ConversationClosed" ? closeReason(item.reason) : (item.reason ?? "")
  return said && reason ? `${said}: ${reason}` : said
}

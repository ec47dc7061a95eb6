/** What a mark in a thread says. Pure but for the words. */
import type { MarkItem } from "@/api/shapes"
import { t, tOr } from "@/language"
import { lasting } from "@/time"

/** Of these the reason is a code, which the sentence is chosen by. */
const coded = new Set(["ConversationAssigned", "SlaWarned", "SlaBreached", "CustomerProven", "ConversationRated", "CustomerActed"])

export interface Names {
  operator: (id: string) => string
  line: (id: string) => string
}

/** Why it was closed: what people wrote stays, what the desk did by itself has words. */
export const closeReason = (reason: string | null) => (reason ? tOr(`conversations.closed_${reason}`, reason) : "")

/** Why an offer was not taken up; the desk's own reason is a code, too. */
const offerEnded = new Set(["OfferDeclined", "OfferExpired"])

export const isOfferEnd = (item: MarkItem) => offerEnded.has(item.event)

/** Offers that nobody took up, one after another, in one sentence. */
export function missedInWords(items: readonly MarkItem[], names: Names): string {
  const ids = new Set(items.flatMap((item) => item.operator_id ?? []))
  const who = [...ids].map((id) => names.operator(id)).join(", ")
  return t("conversations.offers_ended", { n: items.length, who })
}

/** Empty for an event that a newer server marks. */
export function markInWords(item: MarkItem, names: Names): string {
  const who = item.operator_id ? names.operator(item.operator_id) : ""
  const to = item.to_line_id ? names.line(item.to_line_id) : item.to_operator_id ? names.operator(item.to_operator_id) : ""
  if (item.event === "OfferExpired" && who) {
    const time = item.reason === null ? "" : lasting(Number(item.reason))
    return t(time ? "conversations.mark_OfferExpired_after" : "conversations.mark_OfferExpired_by", { who, time })
  }
  if (item.event === "OfferDeclined" && item.reason === "operator_gone") return t("conversations.offer_gone", { who })
  const plain = `conversations.mark_${item.event}`
  const special = coded.has(item.event) ? `_${item.reason}` : who ? "_by" : ""
  const said = tOr(plain + special, tOr(plain, "", { who, to }), { who, to })
  const reason = coded.has(item.event) ? "" : item.event === "ConversationClosed" ? closeReason(item.reason) : (item.reason ?? "")
  return said && reason ? `${said}: ${reason}` : said
}

/** What customers were promised, how soon it is due, and how loudly to say so. Pure but for the words. */
import type { ConversationView } from "@/api/shapes"
import { t } from "@/language"
import { lasting } from "@/time"
import type { Urgency } from "./waits"

export interface Due {
  what: "reply" | "resolution"
  at: string
  urgency: Urgency
  /** Negative once it is over. */
  left_s: number
}

/** The server warns in open time; these hold where its warning is still under way. */
const soon_s = 5 * 60
const soonShare = 0.2

function dueBy(what: Due["what"], at: string, since: string | null, warned: boolean, nowMs: number): Due {
  const left_s = (Date.parse(at) - nowMs) / 1000
  const whole_s = since ? (Date.parse(at) - Date.parse(since)) / 1000 : Infinity
  const short = left_s <= Math.min(soon_s, whole_s * soonShare)
  return { what, at, left_s, urgency: left_s <= 0 ? "late" : warned || short ? "warn" : "calm" }
}

/** Of the promises that run the one that is due first, if there is any. */
export function dueOf(row: ConversationView, nowMs: number): Due | null {
  if (row.state === "closed") return null
  const { reply_due_at: reply, resolve_due_at: resolution, unanswered_since: since, warned_at: warned } = row
  if (reply && (!resolution || Date.parse(reply) <= Date.parse(resolution)))
    return dueBy("reply", reply, since, warned !== null && since !== null && Date.parse(warned) >= Date.parse(since), nowMs)
  return resolution ? dueBy("resolution", resolution, row.opened_at, warned !== null, nowMs) : null
}

/** "Answer due in 5m", "Solution late by 2h". */
export const dueInWords = ({ what, left_s }: Due) =>
  t(left_s > 0 ? `conversations.due_${what}` : `conversations.late_${what}`, { time: lasting(Math.abs(left_s)) })

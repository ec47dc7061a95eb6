/** How long somebody has waited, and how loudly to say so. Pure. */
import type { ConversationView } from "@/api/shapes"

export type Urgency = "calm" | "warn" | "late"

const warnAfter_s = 3 * 60
export const lateAfter_s = 10 * 60

/** Since when the customer waits for us, if they do. */
export const waitsSince = (row: ConversationView) =>
  row.state === "closed" || row.state === "snoozed" ? null : (row.unanswered_since ?? row.waiting_since)

export const urgency = (seconds: number): Urgency =>
  seconds >= lateAfter_s ? "late" : seconds >= warnAfter_s ? "warn" : "calm"

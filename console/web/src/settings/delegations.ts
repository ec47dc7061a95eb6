/** How an account stands whose owner lets an inbox answer for it. Pure. */
import type { DelegationView } from "@/api/inboxes"

export const TONES = { answered: "ok", read: "warn", ended: "plain" } as const

export function standsAs(one: DelegationView): keyof typeof TONES {
  if (!one.enabled) return "ended"
  return one.may_reply ? "answered" : "read"
}

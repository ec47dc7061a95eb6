/** What a channel does not carry, told while there is time to write otherwise. Pure. */
import type { Can } from "@/api/inboxes"
import type { ThreadItem } from "@/api/shapes"

/** Of the longest message; below it nobody needs to know. */
const near = 0.8
const soon_ms = 3 * 3_600_000

export interface Length {
  chars: number
  most: number
  over: boolean
}

/** Close to the longest message or beyond it; null while it is far. */
export function lengthOf(text: string, can: Can): Length | null {
  const chars = [...text].length
  if (chars < can.max_text_chars * near) return null
  return { chars, most: can.max_text_chars, over: chars > can.max_text_chars }
}

/** Until when the customer can be answered, in ms; null where always, or they have not written. */
export function windowEnd(items: readonly ThreadItem[], can: Can): number | null {
  if (can.reply_window_s === null) return null
  const last = items.filter((item) => item.type === "message" && item.author === "customer").at(-1)
  return last ? Date.parse(last.at) + can.reply_window_s * 1000 : null
}

/** What of that end is worth a word now. */
export function windowIs(end: number | null, now: number): "open" | "closing" | "closed" {
  if (end === null || end - now > soon_ms) return "open"
  return end > now ? "closing" : "closed"
}

/** The lines of a thread on the screen: items, what is being sent, and separators between them. Pure. */
import type { ThreadItem } from "@/api/shapes"
import type { Sending } from "./outbox"

export type Line =
  | { kind: "day"; key: string; at: string }
  | { kind: "conversation"; key: string; conversationId: string; at: string }
  | { kind: "item"; key: string; item: ThreadItem; begins: boolean }
  | { kind: "sending"; key: string; sending: Sending; begins: boolean }

const together_ms = 5 * 60_000

function speaker(item: ThreadItem) {
  if (item.type === "mark") return "mark"
  if (item.type === "note") return `note ${item.operator_id}`
  return `${item.author} ${item.operator_id ?? ""}`
}

const sameDay = (a: string, b: string) => new Date(a).toDateString() === new Date(b).toDateString()

function begins(item: ThreadItem, before: ThreadItem | undefined) {
  if (!before || before.conversation_id !== item.conversation_id) return true
  return speaker(before) !== speaker(item) || Date.parse(item.at) - Date.parse(before.at) > together_ms
}

export function linesOf(items: readonly ThreadItem[], sendings: readonly Sending[]): Line[] {
  const lines: Line[] = []
  let before: ThreadItem | undefined
  for (const item of items) {
    if (before && before.conversation_id !== item.conversation_id)
      lines.push({
        kind: "conversation",
        key: `conversation ${item.conversation_id} ${item.id}`,
        conversationId: item.conversation_id,
        at: item.at,
      })
    if (!before || !sameDay(before.at, item.at)) lines.push({ kind: "day", key: `day ${item.type} ${item.id}`, at: item.at })
    // A message keeps its key from the moment it is sent, so that its place is not drawn anew.
    lines.push({ kind: "item", key: item.type === "mark" ? `mark ${item.id}` : item.id, item, begins: begins(item, before) })
    before = item
  }
  const arrived = new Set(items.map((item) => item.id))
  for (const sending of sendings)
    if (!arrived.has(sending.id)) lines.push({ kind: "sending", key: sending.id, sending, begins: true })
  return lines
}

/** The lines of a thread on the screen: items, what is being sent, and separators between them. Pure. */
import type { ConversationView, ThreadItem } from "@/api/shapes"
import type { Told } from "@/together"
import type { Sending } from "./outbox"

/** `row` is the conversation to act on in the thread where it was said. */
export type Line =
  | { kind: "day"; key: string; at: string }
  | { kind: "conversation"; key: string; conversationId: string; at: string }
  | { kind: "item"; key: string; item: ThreadItem; row: ConversationView; begins: boolean }
  | { kind: "sending"; key: string; sending: Sending; row: ConversationView; begins: boolean }

const together_ms = 5 * 60_000

function speaker(item: ThreadItem) {
  if (item.type === "mark") return "mark"
  if (item.type === "note") return `note ${item.operator_id}`
  return `${item.author} ${item.operator_id ?? ""}`
}

const sameDay = (a: string, b: string) => new Date(a).toDateString() === new Date(b).toDateString()

function begins({ item, row }: Told, before: Told | undefined) {
  if (!before || before.row.thread_id !== row.thread_id) return true
  if (before.item.conversation_id !== item.conversation_id) return true
  return speaker(before.item) !== speaker(item) || Date.parse(item.at) - Date.parse(before.item.at) > together_ms
}

/** That it was closed because it goes on here, the line of the merge says. */
const isSaid = ({ item, row }: Told) =>
  item.type === "mark" && item.event === "ConversationClosed" && item.reason === "merged" && row.merged_into !== null

/** `rows`: the conversation to act on in each thread. */
export function linesOf(
  told: readonly Told[],
  sendings: readonly Sending[],
  rows: readonly ConversationView[] = [],
): Line[] {
  const lines: Line[] = []
  const lastIn = new Map<string, ThreadItem>()
  let before: Told | undefined
  for (const one of told) {
    const { item, row } = one
    if (isSaid(one)) continue
    const earlier = lastIn.get(row.thread_id)
    if (earlier && earlier.conversation_id !== item.conversation_id)
      lines.push({
        kind: "conversation",
        key: `conversation ${item.conversation_id} ${item.id}`,
        conversationId: item.conversation_id,
        at: item.at,
      })
    if (!before || !sameDay(before.item.at, item.at)) lines.push({ kind: "day", key: `day ${item.type} ${item.id}`, at: item.at })
    // A message keeps its key from the moment it is sent, so that its place is not drawn anew.
    const key = item.type === "mark" ? `mark ${item.id}` : item.id
    lines.push({ kind: "item", key, item, row, begins: begins(one, before) })
    lastIn.set(row.thread_id, item)
    before = one
  }
  const arrived = new Set(told.map(({ item }) => item.id))
  for (const sending of sendings) {
    const row = rows.find((one) => one.thread_id === sending.threadId)
    if (row && !arrived.has(sending.id)) lines.push({ kind: "sending", key: sending.id, sending, row, begins: true })
  }
  return lines
}

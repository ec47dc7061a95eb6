/** The lines of a thread on the screen: items, what is being sent, and separators between them. Pure. */
import type { ConversationView, MarkItem, ThreadItem } from "@/api/shapes"
import type { Told } from "@/together"
import { isOfferEnd } from "./marks"
import type { Sending } from "./outbox"

/** `row` is the conversation to act on in the thread where it was said. */
export type Line =
  | { kind: "day"; key: string; at: string }
  | { kind: "conversation"; key: string; conversationId: string; at: string; split: MarkItem | null }
  | { kind: "item"; key: string; item: ThreadItem; row: ConversationView; begins: boolean }
  | { kind: "offers"; key: string; items: MarkItem[] }
  | { kind: "sending"; key: string; sending: Sending; row: ConversationView; begins: boolean }

const together_ms = 5 * 60_000

function speaker(item: ThreadItem) {
  if (item.type === "mark") return "mark"
  if (item.type === "note") return `note ${item.operator_id}`
  return `${item.author} ${item.operator_id ?? item.writer ?? ""}`
}

const sameDay = (a: string, b: string) => new Date(a).toDateString() === new Date(b).toDateString()

function begins({ item, row }: Told, before: Told | undefined) {
  if (!before || before.row.thread_id !== row.thread_id) return true
  if (before.item.conversation_id !== item.conversation_id) return true
  return speaker(before.item) !== speaker(item) || Date.parse(item.at) - Date.parse(before.item.at) > together_ms
}

/** Of each conversation that was split from another, the mark that says so. */
function splitsIn(told: readonly Told[]): ReadonlyMap<string, MarkItem> {
  const marks = told.flatMap(({ item }) => (item.type === "mark" && item.event === "ConversationSplit" ? [item] : []))
  return new Map(marks.map((mark) => [mark.conversation_id, mark]))
}

/** Marks of what came before may follow: only what was said, or opened to say something, begins. */
const beginsIt = (item: ThreadItem, splits: ReadonlyMap<string, MarkItem>) =>
  item.type !== "mark" || (item.event === "ConversationOpened" && !splits.has(item.conversation_id))

/** What is the first of its conversation after another in its thread. */
function setApart(told: readonly Told[], splits: ReadonlyMap<string, MarkItem>): ReadonlySet<ThreadItem> {
  const apart = new Set<ThreadItem>()
  const lastIn = new Map<string, string>()
  for (const { item, row } of told) {
    if (!beginsIt(item, splits)) continue
    const earlier = lastIn.get(row.thread_id)
    if (earlier !== undefined && earlier !== item.conversation_id) apart.add(item)
    lastIn.set(row.thread_id, item.conversation_id)
  }
  return apart
}

/** A transfer that nobody accepted ends as its return: that its offer ended goes without saying. */
const endsAsReturn = ({ item }: Told, next: Told | undefined) =>
  item.type === "mark" && item.event === "OfferExpired" && next?.item.type === "mark" && next.item.event === "ConversationReturned" && next.item.at === item.at

/** `rows`: the conversation to act on in each thread. */
export function linesOf(
  told: readonly Told[],
  sendings: readonly Sending[],
  rows: readonly ConversationView[] = [],
): Line[] {
  const lines: Line[] = []
  const splits = splitsIn(told)
  const apart = setApart(told, splits)
  const parted = new Set([...apart].map((item) => item.conversation_id))
  // What the line of a merge or of a split says, is said there alone.
  const isSaid = ({ item, row }: Told) => {
    if (item.type !== "mark") return false
    if (item.event === "ConversationClosed" && item.reason === "merged") return row.merged_into !== null
    if (item.event === "ConversationOpened") return splits.has(item.conversation_id)
    return item.event === "ConversationSplit" && parted.has(item.conversation_id)
  }
  let before: Told | undefined
  for (const [place, one] of told.entries()) {
    const { item, row } = one
    if (isSaid(one) || endsAsReturn(one, told[place + 1])) continue
    if (apart.has(item))
      lines.push({
        kind: "conversation",
        key: `conversation ${item.conversation_id} ${item.id}`,
        conversationId: item.conversation_id,
        at: item.at,
        split: splits.get(item.conversation_id) ?? null,
      })
    if (!before || !sameDay(before.item.at, item.at)) lines.push({ kind: "day", key: `day ${item.type} ${item.id}`, at: item.at })
    const last = lines.at(-1)
    if (item.type === "mark" && isOfferEnd(item) && item.conversation_id === before?.item.conversation_id) {
      if (last?.kind === "offers") {
        last.items.push(item)
        continue
      }
      if (last?.kind === "item" && last.item.type === "mark" && isOfferEnd(last.item)) {
        lines[lines.length - 1] = { kind: "offers", key: `offers ${last.item.id}`, items: [last.item, item] }
        continue
      }
    }
    // A message keeps its key from the moment it is sent, so that its place is not drawn anew.
    const key = item.type === "mark" ? `mark ${item.id}` : item.id
    lines.push({ kind: "item", key, item, row, begins: begins(one, before) })
    before = one
  }
  const arrived = new Set(told.map(({ item }) => item.id))
  for (const sending of sendings) {
    const row = rows.find((one) => one.thread_id === sending.threadId)
    if (row && !arrived.has(sending.id)) lines.push({ kind: "sending", key: sending.id, sending, row, begins: true })
  }
  return lines
}

/** Conversations of one customer that go on as one, and their threads put together by time. Pure. */
import type { SeenUpTo } from "./api"
import type { ConversationView, ThreadItem } from "./api/shapes"
import { micros } from "./lists"
import { shownSeq, type State, type Thread } from "./state"

type Row = ConversationView
type Rows = Pick<State, "conversations">

/** Closed, it goes on in another. */
export const isMerged = (row: Row) => row.state === "closed" && row.merged_into !== null

/** More merges than anybody makes: rows of different ages may name each other in a circle. */
const most = 50

/** The one in which it goes on, over however many merges, as far as they are known; else itself. */
export function survivorOf({ conversations }: Rows, row: Row): Row {
  let one = row
  for (let left = most; left > 0 && isMerged(one); left--) {
    const next = conversations.get(one.merged_into!)
    if (!next) return one
    one = next
  }
  return one
}

const indexes = new WeakMap<Rows["conversations"], ReadonlyMap<string, readonly Row[]>>()

function indexOf(rows: Rows) {
  const held = indexes.get(rows.conversations)
  if (held) return held
  const index = new Map<string, Row[]>()
  for (const row of rows.conversations.values()) {
    if (!isMerged(row)) continue
    const { id } = survivorOf(rows, row)
    index.set(id, [...(index.get(id) ?? []), row])
  }
  for (const those of index.values()) those.sort((a, b) => micros(a.opened_at) - micros(b.opened_at) || (a.id < b.id ? -1 : 1))
  indexes.set(rows.conversations, index)
  return index
}

const none: readonly Row[] = []

/** What goes on in it, the oldest first, as far as it is known. */
export const mergedInto = (rows: Rows, id: string): readonly Row[] => indexOf(rows).get(id) ?? none

/** For each thread of a conversation and of what goes on in it, the one to act on there; its own first. */
export function strandsOf(rows: Rows, row: Row): readonly Row[] {
  const merged = mergedInto(rows, row.id)
  if (merged.length === 0) return [row]
  const latest = new Map(merged.map((one) => [one.thread_id, one]))
  latest.delete(row.thread_id)
  return [row, ...latest.values()]
}

const isUnread = (row: Row) => row.last_seq > row.seen_seq && row.last_message?.author === "customer"

/** Something that nobody has seen is in it, or in what goes on in it. */
export const hasUnread = (rows: Rows, row: Row) => isUnread(row) || mergedInto(rows, row.id).some(isUnread)

/** What is on the screen of a thread, and of those that go on as one with it. */
export function shownOf(state: State, row: Row): SeenUpTo {
  const others = strandsOf(state, survivorOf(state, row)).filter((other) => other.id !== row.id)
  const seen_beside = Object.fromEntries(others.map((other) => [other.id, shownSeq(state, other)]))
  return { seen_seq: shownSeq(state, row), seen_beside }
}

// --- by time -----------------------------------------------------------------------

export interface Strand {
  row: Row
  thread: Thread | undefined
}

/** An item, and the conversation to act on in its thread. */
export interface Told {
  item: ThreadItem
  row: Row
}

export interface Together {
  told: readonly Told[]
  /** Of which to ask for what is older; null where all of them begin. */
  older: Row | null
}

interface Placed extends Told {
  at: number
}

/** Each thread keeps its own order: what was said earlier than what it stands behind counts with it. */
function placed({ row, thread }: Strand): Placed[] {
  let at = -Infinity
  return (thread?.items ?? []).map((item) => {
    at = Math.max(at, micros(item.at))
    return { item, row, at }
  })
}

/**
 * The threads' items by time; of those at the same time, the own thread's first.
 *
 * What lies before the beginning of a thread that is not known to its start is left out: something of
 * that thread may belong between.
 */
export function together(strands: readonly Strand[]): Together {
  let from = -Infinity
  let older: Row | null = null
  const items: Placed[] = []
  for (const strand of strands) {
    const own = placed(strand)
    items.push(...own)
    const begins = own[0]?.at ?? Infinity
    if (!strand.thread || strand.thread.beforeSeq === null || begins <= from) continue
    from = begins
    older = strand.row
  }
  if (strands.length === 1) return { told: items, older }
  return { told: items.filter(({ at }) => at >= from).sort((a, b) => a.at - b.at), older }
}

export interface Asked {
  row: Row
  messageId: string
}

/** What the customer said last, and where: there an answer is expected. */
export function lastAsked(told: readonly Told[]): Asked | null {
  const last = told.filter(({ item }) => item.type === "message" && item.author === "customer").at(-1)
  return last ? { row: last.row, messageId: String(last.item.id) } : null
}

/** A thread that somebody chose to answer in, and what the customer had said last when they did. */
export interface Choice {
  conversationId: string
  after: string | null
}

/**
 * In which of these an answer goes out: where the customer wrote last, unless it was chosen and the
 * customer has not written since, or something was begun there.
 */
export function answersIn(
  strands: readonly Row[],
  asked: Asked | null,
  choice: Choice | null,
  begun: (conversationId: string) => boolean,
): Row {
  const chosen = strands.find((row) => row.id === choice?.conversationId)
  if (chosen && (choice?.after === (asked?.messageId ?? null) || begun(chosen.id))) return chosen
  const there = strands.find((row) => row.id === asked?.row.id)
  const started = there && begun(there.id) ? there : strands.find((row) => begun(row.id))
  return started ?? there ?? strands[0]!
}

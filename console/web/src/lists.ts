/** Lists are views of the map of conversations, by the rules of `docs/feed.md`. Pure. */
import type { ConversationView, ListName, OperatorView } from "./api/shapes"
import type { Horizon, State } from "./state"

type Row = ConversationView
type Order = (a: Row, b: Row) => number

const text = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const time = (value: string | null) => (value === null ? 0 : Date.parse(value))
const newest = (a: string | null, b: string | null) => time(b) - time(a)
const oldest = (a: string | null, b: string | null) => time(a) - time(b)

const mineFirst: Order = (a, b) => {
  if (a.unanswered_since && b.unanswered_since)
    return oldest(a.unanswered_since, b.unanswered_since) || text(a.id, b.id)
  if (a.unanswered_since) return -1
  if (b.unanswered_since) return 1
  return newest(a.last_activity_at, b.last_activity_at) || text(b.id, a.id)
}

const order: Record<ListName, Order> = {
  mine: mineFirst,
  waiting: (a, b) => oldest(a.rank_at, b.rank_at) || text(a.id, b.id),
  all: (a, b) => newest(a.last_activity_at, b.last_activity_at) || text(b.id, a.id),
  closed: (a, b) => newest(a.closed_at, b.closed_at) || text(b.id, a.id),
}

/** Whether a conversation stands in a list of this operator's. */
export function belongs(row: Row, list: ListName, myId: string): boolean {
  switch (list) {
    case "mine":
      return row.state !== "closed" && (row.owner_id === myId || row.offered_to === myId)
    case "waiting":
      return row.state === "waiting" || row.state === "offered"
    case "all":
      return row.state !== "closed"
    case "closed":
      return row.state === "closed"
  }
}

function within(row: Row, list: ListName, horizon: Horizon) {
  return horizon.next === null || (horizon.last !== null && order[list](row, horizon.last) <= 0)
}

/** A list as far as it is known, in its order. */
export function rowsOf(state: State, list: ListName): Row[] {
  const rows = [...state.conversations.values()].filter((row) => belongs(row, list, state.me.id))
  const known = list === "mine" ? rows : rows.filter((row) => within(row, list, state.horizons[list]))
  return known.sort(order[list])
}

/** Rows found by a search, in the list's order, as they are now. */
export function sorted(rows: readonly Row[], list: ListName): Row[] {
  return [...rows].sort(order[list])
}

export const offersTo = (state: State, nowMs: number): Row[] =>
  [...state.conversations.values()]
    .filter((row) => row.state === "offered" && row.offered_to === state.me.id)
    .filter((row) => row.offer_deadline === null || time(row.offer_deadline) > nowMs)
    .sort((a, b) => oldest(a.offer_deadline, b.offer_deadline))

export const isUnread = (row: Row) => row.last_seq > row.seen_seq && row.last_message?.author === "customer"

export const supervises = (me: OperatorView) => me.role !== "operator"

/** The last four of its id, by which people can name a visitor without one. */
export const visitorCode = (customerId: string) => customerId.replaceAll("-", "").slice(-4).toUpperCase()

const FIRST_PAGE = 50

/** Lists whose first page does not add up to what the server says: they must be asked for again. */
export function differing(state: State): ListName[] {
  return (Object.keys(state.versionSums) as ListName[]).filter((list) => {
    if (!(list in order)) return false
    const first = rowsOf(state, list).slice(0, FIRST_PAGE)
    return first.reduce((sum, row) => sum + row.version, 0) !== state.versionSums[list]
  })
}

/** Lists are views of the map of conversations, by the rules of `docs/feed.md`. Pure. */
import type { ConversationView, ListName, OperatorView } from "./api/shapes"
import type { Horizon, State, UrgentList } from "./state"

type Row = ConversationView
/** What a row is sorted by: the smallest key first, then the id. `then` settles a tie before it. */
type Key = readonly [late: number, by: number, then?: number]
/** As lists come, or what becomes late first. */
export type Order = ListName | "urgent"

/** Microseconds, which `Date` does not keep. */
export function micros(at: string | null): number {
  if (at === null) return 0
  const fraction = /\.\d{3}(\d{1,3})/.exec(at)?.[1] ?? ""
  return Date.parse(at) * 1000 + Number(fraction.padEnd(3, "0"))
}

const keys: Record<Order, (row: Row) => Key> = {
  mine: (row) =>
    row.unanswered_since ? [0, micros(row.unanswered_since)] : [1, -micros(row.last_activity_at)],
  waiting: (row) => [0, micros(row.rank_at)],
  all: (row) => [1, -micros(row.last_activity_at)],
  closed: (row) => [1, -micros(row.closed_at)],
  urgent: (row) => [0, row.urgent_at ? micros(row.urgent_at) : Number.MAX_SAFE_INTEGER, micros(row.rank_at)],
}

interface Placed {
  row: Row
  key: Key
}

/** Where the newest come first, so does the greater id. */
function precedes(a: Placed, b: Placed): number {
  const [late, by, then = 0] = a.key
  const ids = a.row.id < b.row.id ? -1 : a.row.id > b.row.id ? 1 : 0
  return late - b.key[0] || by - b.key[1] || then - (b.key[2] ?? 0) || (late === 1 ? -ids : ids)
}

const placed = (row: Row, order: Order): Placed => ({ row, key: keys[order](row) })

/** Administrators see every line, others those in whose queue they stand. */
export function seesLine({ me, lines }: Pick<State, "me" | "lines">, lineId: string): boolean {
  return me.role === "administrator" || (lines.get(lineId)?.operator_ids.includes(me.id) ?? false)
}

/**
 * Whether a conversation stands in a list of this operator's; the rules of `console/access.py`.
 * What one has or takes part in on other lines stands in *mine* alone.
 */
export function belongs(state: Pick<State, "me" | "lines">, row: Row, list: ListName): boolean {
  const { me } = state
  switch (list) {
    case "mine":
      return row.state !== "closed" && (row.owner_id === me.id || isOfferedTo(row, me.id))
    case "waiting":
      return seesLine(state, row.line_id) && (row.state === "waiting" || row.state === "offered")
    case "all":
      return seesLine(state, row.line_id) && row.state !== "closed"
    case "closed":
      return seesLine(state, row.line_id) && row.state === "closed"
  }
}

function within(place: Placed, order: Order, { next, last }: Horizon) {
  return next === null || (last !== null && precedes(place, placed(last, order)) <= 0)
}

/** Rows found by a search, in such an order, as they are now. */
export function sorted(rows: readonly Row[], order: Order): Row[] {
  return rows
    .map((row) => placed(row, order))
    .sort(precedes)
    .map(({ row }) => row)
}

/** A list as far as it is known, in its order. */
export function rowsOf(state: State, list: ListName): Row[] {
  const rows = [...state.conversations.values()].filter((row) => belongs(state, row, list))
  return list === "mine" ? sorted(rows, list) : known(rows, list, state.horizons[list])
}

/** A list with what becomes late first, as far as it is known so; before that, as far as it is at all. */
export function urgentRowsOf(state: State, list: "mine" | UrgentList): Row[] {
  const horizon = list === "mine" ? null : state.urgent[list]
  if (horizon === null) return sorted(rowsOf(state, list), "urgent")
  return known([...state.conversations.values()].filter((row) => belongs(state, row, list)), "urgent", horizon)
}

function known(rows: readonly Row[], order: Order, horizon: Horizon): Row[] {
  return rows
    .map((row) => placed(row, order))
    .filter((place) => within(place, order, horizon))
    .sort(precedes)
    .map(({ row }) => row)
}

/** Held out to this operator, alone or with others. */
export const isOfferedTo = (row: Row, operatorId: string) => row.offered_to === operatorId || row.asked_ids.includes(operatorId)

export const offersTo = (state: State, nowMs: number): Row[] =>
  [...state.conversations.values()]
    .filter((row) => row.state === "offered" && isOfferedTo(row, state.me.id))
    .filter((row) => row.offer_deadline === null || Date.parse(row.offer_deadline) > nowMs)
    .sort((a, b) => micros(a.offer_deadline) - micros(b.offer_deadline))

/** In which list an operator finds it. */
export function listOf(row: Row, myId: string): ListName {
  if (row.state === "closed") return "closed"
  if (row.owner_id === myId || isOfferedTo(row, myId)) return "mine"
  return row.state === "waiting" || row.state === "offered" ? "waiting" : "all"
}

export const supervises = (me: OperatorView) => me.role !== "operator"

/** The last four of its id, by which people can name a visitor without one. */
export const visitorCode = (customerId: string) => customerId.replaceAll("-", "").slice(-4).toUpperCase()

const FIRST_PAGE = 50

/** Lists whose first page does not add up to what the server says: they must be asked for again. */
export function differing(state: State): ListName[] {
  return (Object.keys(state.versionSums) as ListName[]).filter((list) => {
    if (!(list in keys)) return false
    const rows = rowsOf(state, list)
    const first = list === "mine" ? rows : rows.slice(0, FIRST_PAGE)
    return first.reduce((sum, row) => sum + row.version, 0) !== state.versionSums[list]
  })
}

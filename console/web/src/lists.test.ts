/** Which rows a list shows and in which order: `lists.ts`. */
import { expect, test } from "vitest"
import type { FeedFrame } from "./api/frames"
import { differing, offersTo, rowsOf, urgentRowsOf, visitorCode } from "./lists"
import { apply, learnUrgent, start } from "./state"
import { ANNA, at, BORIS, closed, conversation, id, mine, operator, snapshotOf, waiting } from "./testing"

const known = (...rows: Parameters<typeof snapshotOf>[0]) => start(snapshotOf(rows), null)
const ids = (...ns: number[]) => ns.map(id)

test("mine begins with who has waited longest for my answer, then what happened last", () => {
  const rows = [mine(1), mine(2, { unanswered_since: at(20) }), mine(3), mine(4, { unanswered_since: at(10) })]
  expect(rowsOf(known(...rows), "mine").map((row) => row.id)).toEqual(ids(4, 2, 3, 1))
})

test("what is offered to me is mine, what is offered to a colleague waits", () => {
  const state = known(
    waiting(1, { state: "offered", offered_to: ANNA }),
    waiting(2, { state: "offered", offered_to: BORIS }),
  )
  expect(rowsOf(state, "mine").map((row) => row.id)).toEqual(ids(1))
  expect(rowsOf(state, "waiting").map((row) => row.id)).toEqual(ids(1, 2))
})

test("waiting ones of one rank stand by their ids", () => {
  const state = known(waiting(2, { rank_at: at(5) }), waiting(1, { rank_at: at(5) }), waiting(3, { rank_at: at(1) }))
  expect(rowsOf(state, "waiting").map((row) => row.id)).toEqual(ids(3, 1, 2))
})

test("what becomes late first comes first, then who is served first, and last who waits for nothing", () => {
  const rows = [
    mine(1),
    mine(2, { urgent_at: at(9) }),
    mine(3, { urgent_at: at(4), rank_at: at(8) }),
    mine(5, { urgent_at: at(4), rank_at: at(7) }),
    mine(4, { urgent_at: at(4), rank_at: at(7) }),
  ]
  expect(urgentRowsOf(known(...rows), "mine").map((row) => row.id)).toEqual(ids(4, 5, 3, 2, 1))
})

test("a list by urgency is known as far as it was paged so, and rows move in it as they become urgent", () => {
  const before = known(...[1, 2, 3, 4].map((n) => waiting(n, { urgent_at: at(n) })))
  const shown = (state: typeof before) => urgentRowsOf(state, "waiting").map((row) => row.id)
  expect(shown(before)).toEqual(ids(1, 2, 3, 4))
  const page = { items: [waiting(1, { urgent_at: at(1) }), waiting(2, { urgent_at: at(2) })], next: "more" }
  const paged = learnUrgent(before, "waiting", page)
  expect(shown(paged)).toEqual(ids(1, 2))
  const told = (n: number, urgent_at: string): FeedFrame => ({
    type: "conversation",
    event: "ConversationChanged",
    conversation: waiting(n, { version: 2, urgent_at }),
    items: [],
  })
  expect(shown(apply(paged, told(4, at(0)))!)).toEqual(ids(4, 1, 2))
  expect(shown(apply(paged, told(1, at(9)))!)).toEqual(ids(2))
  expect(shown(start(snapshotOf([waiting(7)]), paged))).toEqual(ids(7))
})

test("two moments of one millisecond keep their order", () => {
  const state = known(
    waiting(1, { rank_at: "2026-08-01T12:00:00.000900Z" }),
    waiting(2, { rank_at: "2026-08-01T12:00:00.000100Z" }),
    waiting(3, { rank_at: "2026-08-01T12:00:00Z" }),
  )
  expect(rowsOf(state, "waiting").map((row) => row.id)).toEqual(ids(3, 2, 1))
})

test("an offer is held out until its deadline", () => {
  const state = known(waiting(1, { state: "offered", offered_to: ANNA, offer_deadline: at(5) }))
  expect(offersTo(state, Date.parse(at(4)))).toHaveLength(1)
  expect(offersTo(state, Date.parse(at(5)))).toHaveLength(0)
})

test("a list whose versions do not add up is named", () => {
  const counts = { mine: 0, mine_unanswered: 0, waiting: 2, all: 2, closed: 0 }
  const told = (sum: number) =>
    apply(known(waiting(1, { version: 3 }), waiting(2, { version: 4 })), {
      type: "counts",
      counts,
      highest_version: { waiting: sum, closed: 0 },
    })!
  expect(differing(told(7))).toEqual([])
  expect(differing(told(8))).toEqual(["waiting"])
})

test("a visitor without a name has a code", () => {
  expect(visitorCode("0b1c2d3e-0000-4000-8000-00000000a4f9")).toBe("A4F9")
})

test("a closed conversation of mine is not in mine", () => {
  const state = known(mine(1), mine(2, { state: "closed", closed_at: at(9) }), conversation(3))
  expect(rowsOf(state, "mine").map((row) => row.id)).toEqual(ids(1))
  expect(rowsOf(state, "all").map((row) => row.id)).toEqual(ids(3, 1))
})

test("of lines in whose queue I do not stand, only mine is shown, unless I am an administrator", () => {
  const elsewhere = { line_id: id(99) }
  const rows = [mine(1, elsewhere), waiting(2, elsewhere), waiting(3)]
  expect(rowsOf(known(...rows), "mine").map((row) => row.id)).toEqual(ids(1))
  expect(rowsOf(known(...rows), "waiting").map((row) => row.id)).toEqual(ids(3))
  const participating = known(closed(1, { ...elsewhere, participant_ids: [ANNA] }), mine(2, { state: "closed", ...elsewhere }))
  for (const list of ["mine", "waiting", "all", "closed"] as const) expect(rowsOf(participating, list)).toEqual([])
  const administrator = start(snapshotOf(rows, 50, { me: operator({ role: "administrator" }) }), null)
  expect(rowsOf(administrator, "waiting").map((row) => row.id)).toEqual(ids(2, 3))
})

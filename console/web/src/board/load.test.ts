/** What a supervisor sees first: `load.ts`. */
import { expect, test } from "vitest"
import type { OperatorView } from "@/api/shapes"
import { byPresence, freeSlots, type LineLoad, totals, worstFirst } from "./load"

const line = (line_id: string, facts: Partial<LineLoad> = {}): LineLoad => ({ line_id, waiting: 0, waiting_since: null, open: 0, at_risk: 0, late: 0, ...facts })
const operator = (name: string, facts: Partial<OperatorView> = {}) =>
  ({ id: name, name, active: true, reachable: true, status: "available", max_conversations: 5, open_count: 0, offered_count: 0, line_ids: ["shop"], ...facts }) as OperatorView

test("where somebody is late stands first, then where somebody waits longest", () => {
  const loads = [
    line("calm"),
    line("new", { waiting: 9, waiting_since: "2026-08-01T12:05:00Z" }),
    line("old", { waiting: 1, waiting_since: "2026-08-01T12:00:00Z" }),
    line("risk", { at_risk: 1 }),
    line("late", { late: 1 }),
  ]
  expect(worstFirst(loads).map((one) => one.line_id)).toEqual(["late", "risk", "old", "new", "calm"])
})

test("only who is here and available has room", () => {
  expect(freeSlots(operator("Anna", { open_count: 2, offered_count: 1 }))).toBe(2)
  expect(freeSlots(operator("Anna", { open_count: 7 }))).toBe(0)
  expect(freeSlots(operator("Anna", { reachable: false }))).toBe(0)
  expect(freeSlots(operator("Anna", { status: "busy" }))).toBe(0)
})

test("who is here stands before who is not; of other lines nobody", () => {
  const all = [
    operator("Off", { status: "off" }),
    operator("Gone", { reachable: false }),
    operator("Full", { open_count: 5 }),
    operator("Anna"),
    operator("Other", { line_ids: ["moon"] }),
  ]
  expect(byPresence(all, new Set(["shop"])).map((one) => one.name)).toEqual(["Full", "Anna", "Gone", "Off"])
})

test("all lines are summed up", () => {
  const loads = [line("a", { waiting: 2, waiting_since: "2026-08-01T12:05:00Z", late: 1 }), line("b", { waiting: 1, waiting_since: "2026-08-01T12:00:00Z" })]
  const sums = totals(loads, [operator("Anna", { open_count: 1 }), operator("Boris", { status: "away" })])
  expect(sums).toEqual({ waiting: 3, waiting_since: "2026-08-01T12:00:00Z", open: 0, at_risk: 0, late: 1, here: 1, free: 4 })
})

/** What a new desk still needs: `start/steps.ts`. */
import { expect, test } from "vitest"
import { start } from "@/state"
import { BORIS, id, inbox, line, operator, snapshot } from "@/testing"
import { isNew, linesToJoin, stepsOf } from "./steps"

const me = operator({ role: "administrator" })
const counts = { mine: 0, mine_unanswered: 0, waiting: 0, all: 0, closed: 0 }
const fresh = snapshot({ me, operators: [me], lines: [line({ operator_ids: [] })] })
const done = (over: Partial<typeof fresh>, copied = false) =>
  stepsOf(start({ ...fresh, ...over }, null), copied)
    .filter((step) => step.done)
    .map((step) => step.name)

test("a fresh desk has everything before it", () => {
  expect(done({})).toEqual([])
})

test("each step ticks itself", () => {
  expect(done({ lines: [line({ operator_ids: [me.id] })] })).toEqual(["queue"])
  expect(done({ operators: [me, operator({ id: BORIS })] })).toEqual(["operator"])
  expect(done({ operators: [me, operator({ id: BORIS, active: false })] })).toEqual([])
  expect(done({ counts: { ...counts, all: 1 } })).toEqual(["customer"])
  expect(done({ lines: [line({ operator_ids: [], allowed_sites: ["https://shop.example"] })] })).toEqual(["site"])
  expect(done({}, true)).toEqual(["site"])
  expect(done({ inboxes: [inbox(1)] })).toEqual([])
  expect(done({ inboxes: [inbox(1), inbox(2, { active: false })] })).toEqual([])
  expect(done({ inboxes: [inbox(1), inbox(2)] })).toEqual(["channel"])
})

test("the list is for administrators of a desk where nothing was closed yet", () => {
  const shown = (over: Partial<typeof fresh>) => {
    const state = start({ ...fresh, ...over }, null)
    return isNew(state, stepsOf(state, false))
  }
  expect(shown({})).toBe(true)
  expect(shown({ me: operator({ role: "supervisor" }) })).toBe(false)
  expect(shown({ counts: { ...counts, closed: 1 } })).toBe(false)
})

test("one may stand in every active line's queue where one does not stand yet", () => {
  const lines = [line({ operator_ids: [me.id] }), line({ id: id(2), operator_ids: [] }), line({ id: id(3), active: false })]
  expect(linesToJoin(start({ ...fresh, lines }, null)).map((one) => one.id)).toEqual([id(2)])
})

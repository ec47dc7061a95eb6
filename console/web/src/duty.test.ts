/** Whether one is at work, in words: `duty.ts`. */
import { beforeAll, expect, test, vi } from "vitest"
import type { DutyView } from "./api/duty"
import { changesAt, dutyInWords, hindered, isAtWork } from "./duty"
import { speak } from "./language"
import { ANNA, at, id } from "./testing"

const always: DutyView = {
  shift: "always",
  on_shift: true,
  until: null,
  begins_at: null,
  clocked_in_at: null,
  break_since: null,
  leave: null,
}
const calendar = { ...always, shift: "calendar" as const }
const clock = { ...always, shift: "clock" as const }
const leave = { id: id(1), operator_id: ANNA, from_at: at(0), until_at: at(90), reason: "" }

beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: {} })
  vi.stubGlobal("navigator", { languages: ["en-GB"] })
  await speak("en")
})

test("who is always at work is told nothing", () => {
  expect(dutyInWords(always)).toBe("")
  expect(isAtWork(always)).toBe(true)
})

test("the calendar says until when, or from when", () => {
  expect(dutyInWords({ ...calendar, until: at(60) })).toMatch(/^On shift until /)
  expect(dutyInWords({ ...calendar, on_shift: false, begins_at: at(60) })).toMatch(/^Your shift begins /)
  expect(dutyInWords({ ...calendar, on_shift: false })).toBe("Your calendar has no shift for you")
})

test("the clock says whether one is in, and a break that one is not at work", () => {
  expect(dutyInWords({ ...clock, on_shift: false })).toBe("Your shift has not begun")
  expect(dutyInWords({ ...clock, clocked_in_at: at(0) })).toMatch(/^On shift since /)
  const rests = { ...clock, clocked_in_at: at(0), break_since: at(1) }
  expect(dutyInWords(rests)).toMatch(/^On a break for /)
  expect(isAtWork(rests)).toBe(false)
})

test("a break and a clock that was not begun are one's own to end, a calendar and a leave are not", () => {
  expect(hindered({ ...clock, on_shift: false })).toBe("clock")
  expect(hindered({ ...clock, clocked_in_at: at(0) })).toBeNull()
  expect(hindered({ ...clock, clocked_in_at: at(0), break_since: at(5) })).toBe("break")
  expect(hindered({ ...clock, on_shift: false, leave })).toBeNull()
  expect(hindered({ ...calendar, on_shift: false })).toBeNull()
})

test("a leave goes before everything", () => {
  expect(dutyInWords({ ...calendar, until: at(60), leave })).toMatch(/^On leave until /)
  expect(isAtWork({ ...calendar, leave })).toBe(false)
})

test("it is asked again when the first of its times is over", () => {
  expect(changesAt({ ...calendar, until: at(60), leave })).toBe(Date.parse(at(60)))
  expect(changesAt(always)).toBe(Infinity)
})

import { beforeAll, describe, expect, it } from "vitest"
import type { Outcome } from "@/api/simulations"
import { speak } from "@/language"
import { cell, csvOf, duration, peopleOf, rowsOf } from "./table"

const waits = (p90_s: number) => ({ p50_s: 1, p90_s, p99_s: p90_s, most_s: p90_s })
const outcome = (changes: Partial<Outcome> = {}): Outcome => ({
  came: 10,
  given: 10,
  waiting: 0,
  left: 0,
  lost: 0,
  closed: 10,
  passed: 0,
  reopened: 0,
  overflowed: 0,
  missed: 0,
  declined: 0,
  waits: waits(100),
  in_time: 0.5,
  loads: { least: 0, mean: 0.4, most: 1, gini: 0.2 },
  by_hour: Array.from({ length: 24 }, () => null),
  people: [{ name: "Anna", given: 10, load: 0.4 }],
  as_then: null,
  ...changes,
})

beforeAll(() => {
  Object.assign(globalThis, { document: { documentElement: { lang: "en" }, cookie: "" } })
  return speak("en")
})

describe("what came of a simulation", () => {
  it("says what became better, what worse, and what stayed", () => {
    const rows = rowsOf({ before: outcome(), after: outcome({ waits: waits(50), in_time: 0.4, lost: 0 }) })
    const better = (label: string) => rows.find((row) => row.label.startsWith(label))?.better
    expect(better("Waiting, 9 of 10")).toBe(true)
    expect(better("First reply in time")).toBe(false)
    expect(better("Gave up waiting")).toBe(null)
    expect(better("Customers")).toBe(null)
  })

  it("leaves out what neither side knows", () => {
    const none = outcome({ in_time: null })
    expect(rowsOf({ before: none, after: none }).some((row) => row.label === "First reply in time")).toBe(false)
  })

  it("puts everybody beside themselves, also two of one name", () => {
    const two = [
      { name: "Anna", given: 1, load: 0.1 },
      { name: "Anna", given: 2, load: 0.2 },
    ]
    const people = peopleOf({ before: outcome({ people: two }), after: outcome({ people: [two[0]!, { name: "+1", given: 3, load: null }] }) })
    expect(people.map((one) => [one.name, one.before?.given ?? null, one.after?.given ?? null])).toEqual([
      ["Anna", 1, 1],
      ["+1", null, 3],
      ["Anna", 2, null],
    ])
  })

  it("writes durations as short as they are", () => {
    expect([duration(8.2), duration(247), duration(8130)]).toEqual(["8 s", "4:07", "2:15:30"])
  })

  it("writes cells that no spreadsheet takes for a formula", () => {
    expect([cell("=1+1"), cell("+1"), cell('a "b", c'), cell(-1.5), cell(null)]).toEqual(["'=1+1", "'+1", '"a ""b"", c"', "-1.5", ""])
  })

  it("gives all of it as CSV", () => {
    const csv = csvOf({ before: outcome(), after: outcome({ waits: waits(50) }) })
    expect(csv).toContain("Before")
    expect(csv.split("\r\n").length).toBeGreaterThan(40)
  })
})

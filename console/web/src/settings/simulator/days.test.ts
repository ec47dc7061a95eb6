import { describe, expect, it } from "vitest"
import { daysOf, sentDays } from "./days"

const now = new Date("2026-08-03T09:00:00Z")

describe("the days of a simulation", () => {
  it("are the last recorded week, if so much is recorded", () => {
    expect(daysOf({ first: "2026-01-01", last: "2026-08-02" }, now).recorded).toEqual({ first: "2026-07-27", last: "2026-08-02", beside: [] })
    expect(daysOf({ first: "2026-08-01", last: "2026-08-02" }, now).recorded.first).toBe("2026-08-01")
  })

  it("are tomorrow where nothing is recorded", () => {
    const form = daysOf(null, now)
    expect(form.kind).toBe("drawn")
    expect(form.drawn.first).toBe("2026-08-04")
  })

  it("are sent of one kind alone", () => {
    const form = daysOf({ first: "2026-01-01", last: "2026-08-02" }, now)
    expect(Object.keys(sentDays(form))).toEqual(["recorded"])
    expect(Object.keys(sentDays({ ...form, kind: "drawn" }))).toEqual(["drawn"])
  })
})

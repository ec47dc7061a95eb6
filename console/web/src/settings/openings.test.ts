// @vitest-environment happy-dom
/** Hours and times are said as people say them: `openings.ts`. */
import { beforeAll, expect, test } from "vitest"
import { speak } from "@/language"
import { long, openingInWords } from "./openings"

const in_ms = (ms: number) => new Date(Date.now() + ms).toISOString()

beforeAll(() => speak("en"))

test("a time is said exactly", () => {
  expect(long(0)).toBe("0 seconds")
  expect(long(90)).toBe("1 minute 30 seconds")
  expect(long(90_000)).toBe("1 day 1 hour")
})

test("what never changes within a year is said to be so always", () => {
  expect(openingInWords({ open: true, until: null })).toBe("Open now, and always")
  expect(openingInWords({ open: true, until: in_ms(400 * 86_400_000) })).toBe("Open now, and always")
  expect(openingInWords({ open: false, until: null })).toBe("Closed, and opens at no time within a year")
})

test("hours are told by the clock of their calendar", () => {
  const noon = new Date()
  noon.setUTCHours(12, 0, 0, 0)
  expect(openingInWords({ open: true, until: noon.toISOString() }, "Asia/Tokyo")).toContain("21:00")
  expect(openingInWords({ open: false, until: in_ms(3 * 86_400_000) }, "Asia/Tokyo")).toMatch(/^Closed now, opens on /)
})

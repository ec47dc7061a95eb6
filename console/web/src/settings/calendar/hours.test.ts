/** Hours are held as the desk holds them: `hours.ts`. */
import { expect, test } from "vitest"
import { another, endsNextDay, interval, newDraft, timeOf } from "./hours"

test("an interval that closes past midnight goes on counting", () => {
  expect(interval("09:00", "18:00")).toEqual({ opens: 540, closes: 1080 })
  expect(interval("22:00", "06:00")).toEqual({ opens: 1320, closes: 1800 })
  expect(interval("00:00", "00:00")).toEqual({ opens: 0, closes: 1440 })
  expect(endsNextDay(interval("22:00", "06:00"))).toBe(true)
  expect(endsNextDay(interval("00:00", "00:00"))).toBe(false)
})

test("it is shown as on the clock again", () => {
  expect([540, 1440, 1800].map(timeOf)).toEqual(["09:00", "00:00", "06:00"])
})

test("one more begins an hour after the last", () => {
  expect(another([])).toEqual({ opens: 540, closes: 1080 })
  expect(another([{ opens: 540, closes: 780 }])).toEqual({ opens: 840, closes: 1080 })
  expect(another([{ opens: 540, closes: 1080 }])).toEqual({ opens: 1140, closes: 1260 })
})

test("a new calendar works on weekdays", () => {
  const { week } = newDraft("Office", "Europe/Moscow")
  expect(week.map((day) => day.length)).toEqual([1, 1, 1, 1, 1, 0, 0])
})

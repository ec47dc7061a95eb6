/** When a snoozed conversation comes back: `conversations/snoozes.ts`. */
import { expect, test } from "vitest"
import { presets } from "./snoozes"

const monday = (now: Date) => presets(now).at(-1)!.until

test("Monday is the next one, also on a Sunday and on a Monday", () => {
  expect(monday(new Date(2026, 7, 1, 15)).toDateString()).toBe(new Date(2026, 7, 3).toDateString())
  expect(monday(new Date(2026, 7, 2, 15)).toDateString()).toBe(new Date(2026, 7, 3).toDateString())
  expect(monday(new Date(2026, 7, 3, 15)).toDateString()).toBe(new Date(2026, 7, 10).toDateString())
})

test("every choice lies ahead", () => {
  const now = new Date(2026, 7, 1, 23, 59)
  for (const choice of presets(now)) expect(choice.until.getTime()).toBeGreaterThan(now.getTime())
})

/** When a snoozed conversation comes back: `conversations/snoozes.ts`. */
import { expect, test } from "vitest"
import { asField, ownTime, presets } from "./snoozes"

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

test("an own time is by the reader's clock, and lies ahead but not too far", () => {
  const now = new Date(2026, 7, 1, 12, 0)
  const later = new Date(2026, 7, 2, 9, 30)
  expect(asField(later)).toBe("2026-08-02T09:30")
  expect(ownTime(asField(later), now)).toEqual(later)
  expect(ownTime(asField(now), now)).toBe("conversations.snooze_past")
  expect(ownTime("2025-01-01T00:00", now)).toBe("conversations.snooze_past")
  expect(ownTime("2028-01-01T00:00", now)).toBe("conversations.snooze_far")
  expect(ownTime("", now)).toBe("conversations.snooze_no_time")
})

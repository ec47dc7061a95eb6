/** How long to wait before connecting again: `feed.backoff_ms`. */
import { expect, test } from "vitest"
import { backoff_ms } from "./feed"

test("waits double up to a quarter of a minute", () => {
  expect([0, 1, 2, 3, 9].map((attempt) => backoff_ms(attempt, 1))).toEqual([500, 1000, 2000, 4000, 15_000])
})

test("half of a wait is chance, so that not all come back at once", () => {
  expect(backoff_ms(3, 0)).toBe(2000)
  expect(backoff_ms(3, 0.5)).toBe(3000)
})

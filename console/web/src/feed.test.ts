/** How long to wait before connecting again, and what one word of the server holds: `feed`. */
import { expect, test } from "vitest"
import { backoff_ms, framesIn } from "./feed"

test("waits double up to a quarter of a minute", () => {
  expect([0, 1, 2, 3, 9].map((attempt) => backoff_ms(attempt, 1))).toEqual([500, 1000, 2000, 4000, 15_000])
})

test("half of a wait is chance, so that not all come back at once", () => {
  expect(backoff_ms(3, 0)).toBe(2000)
  expect(backoff_ms(3, 0.5)).toBe(3000)
})

test("a frame comes alone, or several in their order", () => {
  const [one, other] = [{ type: "start_again" }, { type: "hidden", conversation_id: "c" }]
  expect(framesIn(JSON.stringify(one))).toEqual([one])
  expect(framesIn(JSON.stringify([one, other]))).toEqual([one, other])
})

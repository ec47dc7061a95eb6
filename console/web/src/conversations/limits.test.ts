/** What a channel does not carry: `conversations/limits.ts`. */
import { expect, test } from "vitest"
import type { Can } from "@/api/inboxes"
import { at, message } from "@/testing"
import { lengthOf, windowEnd, windowIs } from "./limits"

const can = { max_text_chars: 10, reply_window_s: 86_400 } as Can

test.each([
  ["a short text needs no word", "1234567", null],
  ["one near the end is counted", "12345678", { chars: 8, most: 10, over: false }],
  ["one beyond it is over", "12345678901", { chars: 11, most: 10, over: true }],
  ["a smile is one character", "😀".repeat(8), { chars: 8, most: 10, over: false }],
])("%s", (_, text, wanted) => {
  expect(lengthOf(text, can)).toEqual(wanted)
})

test("a customer can be answered for so long after they last wrote", () => {
  const items = [message(1, 1, { author: "customer", at: at(0) }), message(2, 2, { author: "operator", at: at(5) })]
  expect(windowEnd(items, can)).toBe(Date.parse(at(0)) + 86_400_000)
  expect(windowEnd(items, { ...can, reply_window_s: null })).toBeNull()
  expect(windowEnd([], can)).toBeNull()
})

test("its end is told when it comes near", () => {
  const hour_ms = 3_600_000
  expect(windowIs(null, 0)).toBe("open")
  expect(windowIs(4 * hour_ms, 0)).toBe("open")
  expect(windowIs(2 * hour_ms, 0)).toBe("closing")
  expect(windowIs(2 * hour_ms, 2 * hour_ms)).toBe("closed")
})

/** What stands under a message, and what an operator may put there: `conversations/reacting.ts`. */
import { expect, test } from "vitest"
import type { MessageItem } from "@/api/shapes"
import { ANNA, BORIS, can, message, note } from "@/testing"
import { arrowed, chips, coloured, lastTheirs, mayReact, ours } from "./reacting"

const wish = (text: string, state: "queued" | "failed" = "queued"): MessageItem["change"] => ({ kind: "reaction", state, text, reason: null })
const theirs = { emoji: "👍", count: 1, operator_id: null }
const put = { emoji: "❤", count: 1, operator_id: BORIS }

test("a customer's message takes reactions where the channel has any", () => {
  const able = { ...can, reactions: ["👍"] }
  expect(mayReact(message(1, 1), able)).toBe(true)
  expect(mayReact(message(1, 1), can)).toBe(false)
  expect(mayReact(message(1, 1), undefined)).toBe(false)
  expect(mayReact(message(1, 1, { author: "operator", operator_id: ANNA }), able)).toBe(false)
  expect(mayReact(message(1, 1, { deleted_at: "2026-08-01T12:00:00Z" }), able)).toBe(false)
})

test.each([
  ["what is there", null, [theirs, put], "❤", ["👍1", "❤1"]],
  ["another in its place", wish("🔥"), [theirs, put], "🔥", ["👍1", "🔥1…"]],
  ["the same as theirs", wish("👍"), [theirs, put], "👍", ["👍2…"]],
  ["taken back", wish(""), [theirs, put], "", ["👍1"]],
  ["refused", wish("🔥", "failed"), [theirs, put], "❤", ["👍1", "❤1"]],
])("%s is shown", (_, change, reactions, stands, shown) => {
  const item = message(1, 1, { change, reactions })
  expect(ours(item)).toBe(stands)
  expect(chips(item, ANNA).map((one) => `${one.emoji}${one.count}${one.pending ? "…" : ""}`)).toEqual(shown)
})

test("every emoji is asked for in colour", () => {
  expect(["❤", "👍", "✍", "👨‍💻", "🤷‍♂", "❤️"].map(coloured)).toEqual(["❤️", "👍", "✍️", "👨‍💻", "🤷‍♂️", "❤️"])
})

test("the key means the customer's last message", () => {
  const said = [message(1, 1), message(1, 2), message(1, 3, { author: "operator" }), note(1, 3)]
  expect(lastTheirs(said)?.seq).toBe(2)
  expect(lastTheirs([])).toBeUndefined()
})

test("arrows go over the grid and stop at its edges", () => {
  expect([arrowed(0, "ArrowRight", 10, 8), arrowed(0, "ArrowDown", 10, 8), arrowed(3, "ArrowDown", 10, 8), arrowed(0, "ArrowUp", 10, 8), arrowed(4, "x", 10, 8)]).toEqual([1, 8, 3, 0, 4])
})

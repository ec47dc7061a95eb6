/** What was begun and not sent: `conversations/drafts.ts`. */
import { expect, test } from "vitest"
import { draftOf, type Drafts, withDraft } from "./drafts"

const day_ms = 86_400_000

test("each conversation and each mode has its own", () => {
  let drafts: Drafts = {}
  drafts = withDraft(drafts, "a", "reply", "to the customer", 0)
  drafts = withDraft(drafts, "a", "whisper", "to colleagues", 0)
  drafts = withDraft(drafts, "b", "reply", "to another", 0)
  expect(draftOf(drafts, "a", "reply")).toBe("to the customer")
  expect(draftOf(drafts, "a", "whisper")).toBe("to colleagues")
  expect(draftOf(drafts, "b", "whisper")).toBe("")
})

test("an emptied one is forgotten", () => {
  const drafts = withDraft({}, "a", "reply", "hello", 0)
  expect(withDraft(drafts, "a", "reply", "  \n", 1)).toEqual({})
})

test("after a month it is forgotten", () => {
  const drafts = withDraft({}, "a", "reply", "hello", 0)
  expect(Object.keys(withDraft(drafts, "b", "reply", "x", 29 * day_ms))).toHaveLength(2)
  expect(Object.keys(withDraft(drafts, "b", "reply", "x", 31 * day_ms))).toHaveLength(1)
})

/** What a colleague said who wants to give a conversation on: `passed.ts`. */
import { expect, test } from "vitest"
import type { MarkItem } from "@/api/shapes"
import { ANNA, at, BORIS, id, message, note } from "@/testing"
import { passedTo } from "./passed"

const mark = (event: string, over: Partial<MarkItem> = {}): MarkItem => ({
  type: "mark",
  id: 1,
  conversation_id: id(1),
  after_seq: 1,
  event,
  merged_id: null,
  operator_id: BORIS,
  to_operator_id: ANNA,
  to_line_id: null,
  reason: null,
  at: at(5),
  ...over,
})
const comment = note(1, 1, { operator_id: BORIS, text: "Yours, I think", at: at(5) })

test("the comment of a transfer is shown to whom it is offered", () => {
  const items = [message(1, 1), note(1, 1, { id: id(9), at: at(2) }), comment, mark("ConversationTransferred")]
  expect(passedTo(ANNA, id(1), items)).toEqual({ by: BORIS, comment: "Yours, I think" })
})

test("without a comment it is said who sends it", () => {
  expect(passedTo(ANNA, id(1), [mark("ConversationTransferred")])).toEqual({ by: BORIS, comment: "" })
})

test("an offer of the queue, or to somebody else, was passed on by nobody", () => {
  const items = [comment, mark("ConversationTransferred")]
  expect(passedTo(BORIS, id(1), items)).toBeNull()
  expect(passedTo(ANNA, id(1), [...items, mark("ConversationReturned", { id: 2 })])).toBeNull()
  expect(passedTo(ANNA, id(1), [message(1, 1)])).toBeNull()
})

/** Who may do what with a conversation: `conversations/rights.ts`. */
import { expect, test } from "vitest"
import { ANNA, BORIS, conversation, mine, operator, waiting } from "@/testing"
import { mayTake, rightsOf } from "./rights"

const anna = operator()
const vera = operator({ role: "supervisor" })
const allowed = (...args: Parameters<typeof rightsOf>) =>
  Object.entries(rightsOf(...args)).flatMap(([name, may]) => (may ? [name] : []))

test("an offer to me can be accepted, not taken", () => {
  expect(allowed(waiting(1, { state: "offered", offered_to: ANNA }), anna)).toEqual(["accept"])
})

test("what waits, or is offered to another, can be taken", () => {
  expect(allowed(waiting(1), anna)).toEqual(["take"])
  expect(allowed(waiting(1, { state: "offered", offered_to: BORIS }), anna)).toEqual(["take"])
})

test("its owner handles it and answers", () => {
  expect(allowed(mine(1), anna)).toEqual(["handle", "pin", "reply", "merge"])
})

test("a colleague's conversation is only to be read, for an operator", () => {
  expect(allowed(conversation(1, { owner_id: BORIS }), anna)).toEqual([])
})

test("a supervisor joins, takes over and handles, and answers after joining", () => {
  expect(allowed(conversation(1, { owner_id: BORIS }), vera)).toEqual(["takeOver", "join", "handle", "pin", "merge"])
  expect(allowed(conversation(1, { owner_id: BORIS, participant_ids: [ANNA] }), vera)).toEqual([
    "takeOver",
    "leave",
    "handle",
    "pin",
    "reply",
    "merge",
  ])
})

test("a closed one can be reopened", () => {
  expect(allowed(mine(1, { state: "closed" }), anna)).toEqual(["reopen"])
})

test("what is pinned can be let go, also when it is closed", () => {
  expect(allowed(mine(1, { pinned: true }), anna)).toEqual(["handle", "unpin", "reply", "merge"])
  expect(allowed(mine(1, { pinned: true, state: "closed" }), anna)).toEqual(["unpin", "reopen"])
})

test("into another go the ones that nobody has, and one's own; a colleague's by who supervises", () => {
  const theirs = conversation(1, { owner_id: BORIS })
  for (const row of [waiting(1), mine(1), { ...theirs, participant_ids: [ANNA] }]) expect(mayTake(row, anna)).toBe(true)
  expect([mayTake(theirs, anna), mayTake({ ...theirs, state: "snoozed" }, anna), mayTake(theirs, vera)]).toEqual([false, false, true])
})

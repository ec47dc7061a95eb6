/** What is worth a sound: `ringing.reasonToRing`. */
import { expect, test } from "vitest"
import type { FeedFrame } from "./api/frames"
import type { ConversationView, MessageItem } from "./api/shapes"
import { reasonToRing } from "./ringing"
import { start } from "./state"
import { ANNA, BORIS, conversation, message, mine, snapshotOf, waiting } from "./testing"

const known = start(snapshotOf([mine(1), waiting(2), conversation(3, { owner_id: BORIS })]), null)
const why = (row: ConversationView, ...items: MessageItem[]) => {
  const frame: FeedFrame = { type: "conversation", event: "", conversation: row, items }
  return reasonToRing(frame, known, ANNA)
}

test("a conversation that becomes mine, or is offered to me", () => {
  expect(why(mine(2, { version: 2 }))).toBe("arrived")
  expect(why(waiting(2, { version: 2, state: "offered", offered_to: ANNA }))).toBe("arrived")
})

test("a customer of mine writes", () => {
  expect(why(mine(1, { version: 2, last_seq: 1 }), message(1, 1))).toBe("wrote")
})

test("not what colleagues do, not other people's customers, not the same news twice", () => {
  expect(why(mine(1, { version: 2, last_seq: 1 }), message(1, 1, { author: "operator" }))).toBeNull()
  expect(why(conversation(3, { version: 2, owner_id: BORIS }), message(3, 1))).toBeNull()
  expect(why(mine(1), message(1, 1))).toBeNull()
})

test("not a customer's old message that was merely changed", () => {
  const read = start(snapshotOf([mine(1, { last_seq: 4 })]), null)
  const frame: FeedFrame = { type: "conversation", event: "", conversation: mine(1, { version: 2, last_seq: 4 }), items: [message(1, 2)] }
  expect(reasonToRing(frame, read, ANNA)).toBeNull()
})

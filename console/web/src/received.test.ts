/** What this tab says it holds: `received.heldAfter`. */
import { expect, test } from "vitest"
import type { FeedFrame } from "./api/frames"
import type { ConversationView, MessageItem } from "./api/shapes"
import { heldAfter } from "./received"
import { apply, learnThread, type State, start } from "./state"
import { closed, conversation, id, message, mine, snapshotOf, waiting } from "./testing"

const threadOf = (n: number) => id(1000 + n)
const empty = start(snapshotOf([]), null)

function after(before: State, row: ConversationView, ...items: MessageItem[]) {
  const frame: FeedFrame = { type: "conversation", event: "", conversation: row, items }
  return heldAfter(frame, apply(before, frame) as State)
}

function afterSnapshot(before: State | null, ...rows: ConversationView[]) {
  const frame = snapshotOf(rows)
  return heldAfter(frame, start(frame, before))
}

test("what comes to a conversation of mine, also when it becomes mine with it", () => {
  expect(after(empty, mine(1, { last_seq: 2 }), message(1, 2))).toEqual([{ threadId: threadOf(1), seq: 2 }])
  expect(after(empty, mine(1, { last_seq: 2 }))).toEqual([{ threadId: threadOf(1), seq: 2 }])
})

test("not what I have seen, nor what is a colleague's and not open here", () => {
  expect(after(empty, mine(1, { last_seq: 2, seen_seq: 2 }))).toEqual([])
  expect(after(empty, conversation(1, { last_seq: 2 }), message(1, 2))).toEqual([])
})

test("what comes to a thread that is held", () => {
  const held = learnThread(empty, threadOf(1), { items: [message(1, 1)], before_seq: null }, false)
  expect(after(held, conversation(1, { last_seq: 2 }), message(1, 2))).toEqual([{ threadId: threadOf(1), seq: 2 }])
})

test("after a lost connection, what came meanwhile and what was said before it", () => {
  const before = learnThread(empty, threadOf(9), { items: [message(9, 4)], before_seq: null }, false)
  const rows = [mine(1, { last_seq: 7, seen_seq: 5 }), mine(2, { last_seq: 3, seen_seq: 3 }), waiting(3, { last_seq: 1 })]
  expect(afterSnapshot(before, ...rows, closed(9, { last_seq: 4 }))).toEqual([
    { threadId: threadOf(9), seq: 4 },
    { threadId: threadOf(1), seq: 7 },
  ])
})

test("what comes beside a conversation of mine", () => {
  const held = start(snapshotOf([mine(1)]), null)
  const beside = closed(2, { merged_into: id(1), last_seq: 3, seen_seq: 2 })
  expect(after(held, beside, message(2, 3))).toEqual([{ threadId: threadOf(2), seq: 3 }])
  expect(afterSnapshot(null, mine(1), beside)).toEqual([{ threadId: threadOf(2), seq: 3 }])
  expect(after(start(snapshotOf([conversation(1)]), null), beside, message(2, 3))).toEqual([])
})

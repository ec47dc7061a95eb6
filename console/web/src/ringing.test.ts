/** What is worth a sound: `ringing.reasonToRing`. */
import { expect, test } from "vitest"
import type { FeedFrame } from "./api/frames"
import type { ConversationView, MarkItem, MessageItem, ThreadItem } from "./api/shapes"
import { alarmIn, reasonToRing, returnedBy } from "./ringing"
import { start } from "./state"
import { ANNA, at, BORIS, closed, conversation, id, mark, message, mine, operator, snapshotOf, waiting } from "./testing"

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

const marked = (row: ConversationView, event: string, over: Partial<MarkItem> = {}): FeedFrame => {
  const nobody = { operator_id: null, to_operator_id: null, to_line_id: null, reason: null, merged_id: null }
  const mark: MarkItem = { type: "mark", id: 1, conversation_id: row.id, after_seq: 1, event, at: at(1), ...nobody, ...over }
  return { type: "conversation", event, conversation: row, items: [mark] }
}
const alarmed = (row: ConversationView, event: string, role: "operator" | "supervisor" = "supervisor") =>
  alarmIn(marked(row, event), known, operator({ role }))

test("a supervisor hears that a promise grows short or is broken, an operator does not", () => {
  expect(alarmed(conversation(3, { version: 2 }), "SlaWarned")).toBe("SlaWarned")
  expect(alarmed(conversation(3, { version: 2 }), "SlaBreached")).toBe("SlaBreached")
  expect(alarmed(conversation(3, { version: 2 }), "SlaBreached", "operator")).toBeNull()
})

test("not what is held already, not another mark", () => {
  expect(alarmed(conversation(3), "SlaBreached")).toBeNull()
  expect(alarmed(conversation(3, { version: 2 }), "ConversationAssigned")).toBeNull()
})

test("what a colleague did not take over comes back with a word", () => {
  const back = { operator_id: BORIS, to_operator_id: ANNA }
  expect(returnedBy(marked(mine(2, { version: 2 }), "ConversationReturned", back), known, ANNA)).toBe(BORIS)
  expect(returnedBy(marked(mine(2, { version: 2 }), "ConversationReturned", back), known, BORIS)).toBeNull()
  expect(returnedBy(marked(mine(2), "ConversationReturned", back), start(snapshotOf([mine(2)]), null), ANNA)).toBeNull()
})

const both = start(snapshotOf([mine(1), conversation(3, { owner_id: BORIS }), conversation(4, { owner_id: BORIS, participant_ids: [ANNA] })]), null)
const beside = (n: number, into: number, over: Partial<ConversationView> = {}) =>
  closed(n, { version: 2, merged_into: id(into), owner_id: BORIS, close_reason: "merged", ...over })
const rings = (row: ConversationView, items: ThreadItem[], before = both, me = ANNA) =>
  reasonToRing({ type: "conversation", event: "", conversation: row, items }, before, me)

test("what is written beside rings for who has the one it goes on in, and not for who had it", () => {
  expect(rings(beside(3, 1, { last_seq: 1 }), [message(3, 1)])).toBe("wrote")
  expect(rings(beside(3, 1, { last_seq: 1 }), [message(3, 1)], both, BORIS)).toBeNull()
  expect(rings(beside(3, 1, { last_seq: 1 }), [message(3, 1, { author: "operator" })])).toBeNull()
})

test("taken apart it rings for who has it again, unless it was they who did it", () => {
  const merged = start(snapshotOf([mine(1), beside(3, 1, { owner_id: ANNA })]), null)
  const again = conversation(3, { version: 3, owner_id: ANNA })
  expect(rings(again, [mark(3, 1, "ConversationReopened", { operator_id: BORIS })], merged)).toBe("arrived")
  expect(rings(again, [mark(3, 1, "ConversationReopened", { operator_id: ANNA })], merged)).toBeNull()
})

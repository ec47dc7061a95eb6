/** What a thread looks like on the screen: `conversations/threadlines.ts`. */
import { expect, test } from "vitest"
import type { ThreadItem } from "@/api/shapes"
import { ANNA, at, BORIS, closed, conversation, id, mark, message, note } from "@/testing"
import type { Sending } from "./outbox"
import { linesOf } from "./threadlines"

const own = conversation(1)
const merged = closed(2, { merged_into: id(1) })
const sending = (over: Partial<Sending> = {}): Sending => ({
  id: id(900),
  operatorId: ANNA,
  mode: "reply",
  conversationId: id(1),
  threadId: id(1001),
  text: "on my way",
  files: [],
  quoted: null,
  options: [],
  askPhone: null,
  at: at(9),
  seenSeq: 1,
  seenBeside: {},
  state: "sending",
  problem: "",
  ...over,
})
/** Items of one thread, or of each's as `rows` say. */
const lined = (items: ThreadItem[], sendings: Sending[] = [], rows = items.map(() => own)) =>
  linesOf(items.map((item, index) => ({ item, row: rows[index] ?? own })), sendings, [own, merged])
const kinds = (...args: Parameters<typeof lined>) => lined(...args).map((line) => line.kind)

test("each day begins with its name", () => {
  const tomorrow = message(1, 2, { at: "2026-08-03T12:00:00Z" })
  expect(kinds([message(1, 1), tomorrow])).toEqual(["day", "item", "day", "item"])
})

test("each conversation of the thread is set apart", () => {
  expect(kinds([message(1, 1), message(2, 2)])).toEqual(["day", "item", "conversation", "item"])
})

test("what goes on as one is not set apart, but what came before in each of its threads is", () => {
  const items = [message(1, 1), message(2, 7), message(1, 2), message(8, 8), message(1, 3)]
  expect(kinds(items, [], [own, merged, own, merged, own])).toEqual(["day", "item", "item", "item", "conversation", "item", "item"])
})

const splitOff = mark(2, 1, "ConversationSplit")
const parted = [message(1, 1), mark(1, 1, "ConversationClosed"), mark(2, 1, "ConversationOpened"), splitOff]
const taken = mark(1, 3, "ConversationAssigned")

test("a split is set apart once, by its mark, whatever of the first conversation is marked after it", () => {
  const lines = lined([...parted, message(2, 2), message(2, 3), taken, mark(2, 3, "ConversationAssigned"), message(2, 4)])
  expect(lines.map((line) => line.kind)).toEqual(["day", "item", "item", "conversation", "item", "item", "item", "item", "item"])
  expect(lines.flatMap((line) => (line.kind === "conversation" ? [line.split?.id] : []))).toEqual([splitOff.id])
  // Of the first no message is read yet.
  expect(kinds([message(2, 2), message(2, 3), taken])).toEqual(["day", "item", "item", "item"])
})

test("a split that was taken back sets nothing apart; that it was made and taken back is said", () => {
  const lines = lined([...parted, message(1, 2), mark(2, 2, "ConversationClosed"), message(1, 3)])
  expect(lines.map((line) => line.kind)).toEqual(["day", "item", "item", "item", "item", "item", "item"])
})

test("a conversation that an operator opened is set apart before anything is said in it", () => {
  expect(kinds([message(1, 1), mark(2, 1, "ConversationOpened"), message(2, 2)])).toEqual(["day", "item", "conversation", "item", "item"])
})

test("what one person says in a row has one heading, a whisper has its own", () => {
  const lines = lined([message(1, 1), message(1, 2), note(1, 2, { operator_id: BORIS }), message(1, 3)])
  expect(lines.flatMap((line) => (line.kind === "item" ? [line.begins] : []))).toEqual([true, false, true, true])
})

test("what one person says in a row, here and there, says each time where", () => {
  const lines = lined([message(1, 1), message(2, 7), message(2, 8)], [], [own, merged, merged])
  expect(lines.flatMap((line) => (line.kind === "item" ? [line.begins] : []))).toEqual([true, true, false])
})

test("that it was closed by merging is said once, by the merge; any other end stays", () => {
  const merging = mark(1, 1, "ConversationMerged", { merged_id: id(2) })
  const over = mark(2, 7, "ConversationClosed", { reason: "merged" })
  const solved = mark(1, 2, "ConversationClosed", { reason: "solved" })
  expect(kinds([merging, over, solved], [], [own, merged, own])).toEqual(["day", "item", "item"])
  expect(kinds([over], [], [closed(2)])).toEqual(["day", "item"])
})

test("what is being sent stands last until it has come, and keeps its key", () => {
  const [sent] = lined([], [sending()])
  const arrived = lined([message(1, 1, { id: id(900) })], [sending()])
  expect(arrived.map((line) => line.kind)).toEqual(["day", "item"])
  expect(arrived.at(-1)?.key).toBe(sent?.key)
})

test("a transfer that nobody accepted is told once, as its return", () => {
  const [expired, returned] = [mark(1, 1, "OfferExpired"), mark(1, 1, "ConversationReturned")]
  const events = (...items: ThreadItem[]) => lined([message(1, 1), ...items]).flatMap((line) => (line.kind === "item" && line.item.type === "mark" ? [line.item.event] : []))
  expect(events(expired, returned)).toEqual(["ConversationReturned"])
  expect(events(mark(1, 1, "OfferDeclined"), returned)).toEqual(["OfferDeclined", "ConversationReturned"])
  expect(events(expired, { ...returned, at: at(30) })).toEqual(["OfferExpired", "ConversationReturned"])
})

test("offers that nobody took up, one after another, are one line", () => {
  const missed = [1, 2, 3].map((n) => mark(1, 1, "OfferExpired", { id: n, operator_id: n === 2 ? BORIS : ANNA }))
  const lines = lined([message(1, 1), ...missed, mark(1, 1, "ConversationAssigned"), mark(1, 1, "OfferDeclined")])
  expect(lines.map((line) => line.kind)).toEqual(["day", "item", "offers", "item", "item"])
  expect(lines[2]).toMatchObject({ items: missed })
  expect(kinds([message(1, 1), missed[0]!, message(1, 2), missed[1]!])).toEqual(["day", "item", "item", "item", "item"])
})

test("in a chat of several each who writes is named anew", () => {
  const items = ["Vera", "Vera", "Boris"].map((writer, n) => message(1, n + 1, { writer }))
  expect(lined(items).flatMap((line) => (line.kind === "item" ? [line.begins] : []))).toEqual([true, false, true])
})

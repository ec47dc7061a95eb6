/** What a thread looks like on the screen: `conversations/threadlines.ts`. */
import { expect, test } from "vitest"
import { ANNA, at, BORIS, id, message, note } from "@/testing"
import type { Sending } from "./outbox"
import { linesOf } from "./threadlines"

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
  state: "sending",
  problem: "",
  ...over,
})
const kinds = (...args: Parameters<typeof linesOf>) => linesOf(...args).map((line) => line.kind)

test("each day begins with its name", () => {
  const tomorrow = message(1, 2, { at: "2026-08-03T12:00:00Z" })
  expect(kinds([message(1, 1), tomorrow], [])).toEqual(["day", "item", "day", "item"])
})

test("each conversation of the thread is set apart", () => {
  expect(kinds([message(1, 1), message(2, 2)], [])).toEqual(["day", "item", "conversation", "item"])
})

test("what one person says in a row has one heading, a whisper has its own", () => {
  const lines = linesOf([message(1, 1), message(1, 2), note(1, 2, { operator_id: BORIS }), message(1, 3)], [])
  expect(lines.flatMap((line) => (line.kind === "item" ? [line.begins] : []))).toEqual([true, false, true, true])
})

test("what is being sent stands last until it has come, and keeps its key", () => {
  const [sent] = linesOf([], [sending()])
  const arrived = linesOf([message(1, 1, { id: id(900) })], [sending()])
  expect(arrived.map((line) => line.kind)).toEqual(["day", "item"])
  expect(arrived.at(-1)?.key).toBe(sent?.key)
})

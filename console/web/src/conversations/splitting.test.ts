/** Where a conversation may be split, and what goes with it: `conversations/splitting.ts`. */
import { describe, expect, test } from "vitest"
import { ANNA, BORIS, conversation, id, message, note, operator } from "@/testing"
import { goingFrom, mayPutTogether, maySplit } from "./splitting"

const boris = operator({ id: BORIS, name: "Boris" })

const row = conversation(1, { owner_id: ANNA, state: "open", first_seq: 1, last_seq: 5 })

describe("where it may be split", () => {
  test("behind its first message, by who has it, takes part or supervises", () => {
    const at = message(1, 2)
    expect(maySplit(at, row, operator())).toBe(true)
    expect(maySplit(message(1, 1), row, operator())).toBe(false)
    expect(maySplit(at, row, boris)).toBe(false)
    expect(maySplit(at, { ...row, participant_ids: [BORIS] }, boris)).toBe(true)
    expect(maySplit(at, row, { ...boris, role: "supervisor" })).toBe(true)
  })

  test("not in what is closed, or another's", () => {
    expect(maySplit(message(1, 2), { ...row, state: "closed" }, operator())).toBe(false)
    expect(maySplit(message(2, 2), row, operator())).toBe(false)
  })

  test("it is put together by whoever may split it, as long as it is open", () => {
    const later = { ...row, split_from: id(2) }
    expect(mayPutTogether(later, operator())).toBe(true)
    expect(mayPutTogether(later, boris)).toBe(false)
    expect(mayPutTogether(row, operator())).toBe(false)
    expect(mayPutTogether({ ...later, state: "closed" }, operator())).toBe(false)
  })
})

describe("what goes with it", () => {
  const items = [1, 2, 3, 4, 5].map((seq) => message(1, seq, { id: id(100 + seq), author: "customer" }))

  test("all from there on, of which the first are shown", () => {
    const going = goingFrom(2, row, [...items, note(1, 3)])
    expect([going.count, going.shown.map((item) => item.seq)]).toEqual([4, [2, 3, 4]])
  })

  test("a question that stays without an answer is told of", () => {
    expect(goingFrom(3, row, items).leaves).toBe(true)
    const answered = items.map((item) => (item.seq === 2 ? { ...item, author: "operator" as const } : item))
    expect(goingFrom(3, row, answered).leaves).toBe(false)
    const robot = items.map((item) => (item.seq === 2 ? { ...item, author: "bot" as const } : item))
    expect(goingFrom(3, row, robot).leaves).toBe(true)
  })
})

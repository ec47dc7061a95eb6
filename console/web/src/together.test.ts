/** Conversations that go on as one, and their threads by time: `together.ts`. */
import { describe, expect, test } from "vitest"
import type { ConversationView, ThreadItem } from "./api/shapes"
import { apply, learnDetail, learnThread, start, type State, type Thread } from "./state"
import { at, closed, conversation, id, mark, message, mine, note, snapshotOf } from "./testing"
import { answersIn, hasUnread, isMerged, lastAsked, mergedInto, shownOf, strandsOf, survivorOf, together } from "./together"

const merged = (n: number, into: number, over: Partial<ConversationView> = {}) =>
  closed(n, { merged_into: id(into), close_reason: "merged", ...over })
const known = (...rows: ConversationView[]) => start(snapshotOf(rows), null)
const ids = (rows: readonly ConversationView[]) => rows.map((row) => row.id)

describe("which go on as one", () => {
  test("over several merges the last one hears, and has all of them, the oldest first", () => {
    const state = known(mine(1), merged(2, 1, { opened_at: at(5) }), merged(3, 2, { opened_at: at(1) }), closed(4))
    expect(survivorOf(state, state.conversations.get(id(3))!).id).toBe(id(1))
    expect(ids(mergedInto(state, id(1)))).toEqual([id(3), id(2)])
    expect(mergedInto(state, id(4))).toEqual([])
  })

  test("one that is open again is by itself, whatever it once was part of", () => {
    expect(isMerged(conversation(2, { merged_into: id(1) }))).toBe(false)
    const state = known(mine(1), conversation(2, { merged_into: id(1) }))
    expect(mergedInto(state, id(1))).toEqual([])
  })

  test("what nobody told us of ends the way, and a circle of old rows does too", () => {
    const lost = known(merged(2, 9))
    expect(survivorOf(lost, lost.conversations.get(id(2))!).id).toBe(id(2))
    const circle = known(merged(2, 3), merged(3, 2))
    expect([id(2), id(3)]).toContain(survivorOf(circle, circle.conversations.get(id(2))!).id)
  })

  test("of a thread that was merged twice the latest conversation is the one to act on", () => {
    const thread = { thread_id: id(1002) }
    const state = known(mine(1), merged(2, 1, { ...thread, opened_at: at(1) }), merged(3, 1, { ...thread, opened_at: at(9) }))
    expect(ids(strandsOf(state, state.conversations.get(id(1))!))).toEqual([id(1), id(3)])
    expect(ids(strandsOf(state, conversation(7)))).toEqual([id(7)])
  })

  test("what nobody has seen beside it is unread in it", () => {
    const said = { author: "customer" as const, preview: "hi", file_count: 0, at: at(0) }
    const unread = { last_seq: 2, seen_seq: 1, last_message: said }
    expect(hasUnread(known(), mine(1, unread))).toBe(true)
    expect(hasUnread(known(), mine(1, { ...unread, seen_seq: 2 }))).toBe(false)
    expect(hasUnread(known(), mine(1, { ...unread, last_message: { ...said, author: "operator" } }))).toBe(false)
    expect(hasUnread(known(mine(1), merged(2, 1, unread)), mine(1))).toBe(true)
    expect(hasUnread(known(mine(1), merged(2, 1, { ...unread, seen_seq: 2 })), mine(1))).toBe(false)
  })

  test("a detail says what goes on in it, unless something newer was told", () => {
    const customer = { id: id(9), name: "", language: null, contacts: [], identities: [], created_at: at(0), blocked: false, tier: null, fields: {}, may_be: [] }
    const sync = { state: "none" as const, logged_seq: 0, problem: null, detail: null }
    const detail = (row: ConversationView, those: ConversationView[]) =>
      ({ conversation: row, customer, lead: null, sync, page: null, earlier: [], merged: those, decision: null, rating: null })
    const told = learnDetail(known(mine(1)), detail(mine(1), [merged(2, 1)]))
    expect(ids(mergedInto(told, id(1)))).toEqual([id(2)])
    const parted = learnDetail(told, detail(mine(1, { version: 2 }), []))
    expect(mergedInto(parted, id(1))).toEqual([])
    const late = learnDetail(known(mine(1, { version: 3 }), merged(2, 1)), detail(mine(1, { version: 2 }), []))
    expect(ids(mergedInto(late, id(1)))).toEqual([id(2)])
  })

  test("a snapshot brings what goes on in its rows", () => {
    const frame = { ...snapshotOf([mine(1)]), merged: [merged(2, 1)] }
    expect(ids(mergedInto(start(frame, null), id(1)))).toEqual([id(2)])
  })
})

const thread = (items: ThreadItem[], over: Partial<Thread> = {}): Thread => ({ items, read: true, beforeSeq: null, stale: false, ...over })
const [own, other] = [mine(1), merged(2, 1)]
/** What the threads come to: each item as its conversation's number and its place in the thread. */
function shown(ours: Thread | undefined, theirs: Thread | undefined) {
  const { told, older } = together([{ row: own, thread: ours }, { row: other, thread: theirs }])
  const names = told.map(({ item, row }) => `${row === own ? "a" : "b"}${item.type === "message" ? item.seq : item.type}`)
  return { said: names.join(" "), older: older?.id ?? null }
}
const a = (seq: number, minute: number) => message(1, seq, { at: at(minute) })
const b = (seq: number, minute: number) => message(2, seq, { id: id(6000 + seq), at: at(minute) })

describe("threads by time", () => {
  test("stand in one row", () => {
    expect(shown(thread([a(1, 1), a(2, 5)]), thread([b(1, 2), b(2, 9)])).said).toBe("a1 b1 a2 b2")
  })

  test("at the same time the own one comes first; what differs by less than a millisecond does not", () => {
    expect(shown(thread([a(1, 1)]), thread([b(1, 1)])).said).toBe("a1 b1")
    const later = message(1, 1, { at: "2026-08-01T12:01:00.000900Z" })
    const sooner = message(2, 1, { id: id(6001), at: "2026-08-01T12:01:00.000100Z" })
    expect(shown(thread([later]), thread([sooner])).said).toBe("b1 a1")
  })

  test("what was sent before and came after keeps its place in its thread", () => {
    expect(shown(thread([a(1, 5), a(2, 1), a(3, 6)]), thread([b(1, 3), b(2, 5)])).said).toBe("b1 a1 a2 b2 a3")
  })

  test("notes and marks stay behind the message that they stand after", () => {
    const merging = mark(1, 1, "ConversationMerged", { at: at(4) })
    const ours = thread([a(1, 1), note(1, 1, { at: at(3) }), merging, a(2, 8)])
    expect(shown(ours, thread([b(1, 2), b(2, 5)])).said).toBe("a1 b1 anote amark b2 a2")
  })

  test("an edit changes no place", () => {
    const edited = { ...a(1, 1), text: "other words", edited_at: at(30) }
    expect(shown(thread([edited, a(2, 5)]), thread([b(1, 2)])).said).toBe("a1 b1 a2")
  })

  test("what may have something between it and the next is left out until it is read", () => {
    const ours = thread([a(1, 1), a(2, 10), a(3, 20)])
    const theirs = thread([b(8, 15), b(9, 25)], { beforeSeq: 8 })
    expect(shown(ours, theirs)).toEqual({ said: "b8 a3 b9", older: other.id })
    const more = thread([b(6, 5), b(7, 12), b(8, 15), b(9, 25)], { beforeSeq: 6 })
    expect(shown(ours, more)).toEqual({ said: "b6 a2 b7 b8 a3 b9", older: other.id })
  })

  test("scrolling back asks for the thread that begins last, and ends where all begin", () => {
    const ours = (beforeSeq: number | null) => thread([a(4, 10), a(5, 30)], { beforeSeq })
    const theirs = (beforeSeq: number | null) => thread([b(8, 20)], { beforeSeq })
    expect(shown(ours(4), theirs(8)).older).toBe(other.id)
    expect(shown(ours(4), theirs(null))).toEqual({ said: "a4 b8 a5", older: own.id })
    expect(shown(ours(null), theirs(null)).older).toBeNull()
  })

  test("page by page all of both is read, nothing between what was shown before", () => {
    const ours = Array.from({ length: 9 }, (_, n) => a(n + 1, 2 * n))
    const theirs = Array.from({ length: 9 }, (_, n) => b(n + 1, n < 6 ? 2 * n + 1 : 40 + n))
    let [from, beside] = [7, 7]
    let before: string[] = []
    for (let left = 20; left > 0; left--) {
      const part = (all: ThreadItem[], first: number) => thread(all.slice(first - 1), { beforeSeq: first > 1 ? first : null })
      const { said, older } = shown(part(ours, from), part(theirs, beside))
      const now = said.split(" ")
      expect(now.slice(now.length - before.length)).toEqual(before)
      before = now
      if (older === null) break
      if (older === own.id) from = Math.max(1, from - 2)
      else beside = Math.max(1, beside - 2)
    }
    expect(before).toHaveLength(18)
  })

  test("a thread alone is shown as it is, and one that was not read yet hides nothing", () => {
    const { told, older } = together([{ row: own, thread: thread([a(5, 9), a(6, 3)], { beforeSeq: 5 }) }])
    expect([told.map(({ item }) => item.id), older?.id]).toEqual([[a(5, 9).id, a(6, 3).id], own.id])
    expect(shown(thread([a(1, 1)]), undefined)).toEqual({ said: "a1", older: null })
  })
})

describe("in which thread the next answer goes out", () => {
  const rows = [own, other]
  const nothing = () => false
  const asked = { row: other, messageId: id(6001) }

  test("where the customer wrote last, whoever said something since", () => {
    const { told } = together([{ row: own, thread: thread([a(1, 1), a(2, 9)]) }, { row: other, thread: thread([b(1, 5)]) }])
    expect(lastAsked(told)?.row).toBe(own)
    const answered = together([{ row: own, thread: thread([a(1, 1), message(1, 2, { at: at(9), author: "operator" })]) }, { row: other, thread: thread([b(1, 5)]) }])
    expect(lastAsked(answered.told)).toEqual({ row: other, messageId: b(1, 5).id })
    expect(answersIn(rows, lastAsked(answered.told), null, nothing)).toBe(other)
    expect(answersIn(rows, null, null, nothing)).toBe(own)
  })

  test("where somebody chose, until the customer writes again", () => {
    const choice = { conversationId: own.id, after: asked.messageId }
    expect(answersIn(rows, asked, choice, nothing)).toBe(own)
    expect(answersIn(rows, { ...asked, messageId: id(6002) }, choice, nothing)).toBe(other)
  })

  test("what is being written does not change its way under somebody's hands", () => {
    expect(answersIn(rows, asked, null, (one) => one === own.id)).toBe(own)
    const choice = { conversationId: own.id, after: id(1) }
    expect(answersIn(rows, asked, choice, (one) => one === own.id)).toBe(own)
    expect(answersIn(rows, asked, null, () => true)).toBe(other)
  })

  test("a choice that is no longer there is none", () => {
    expect(answersIn([own], asked, { conversationId: other.id, after: asked.messageId }, nothing)).toBe(own)
  })
})

test("what is on the screen is told of every thread, as each is read", () => {
  const state = known(mine(1, { last_seq: 4 }), merged(2, 1, { last_seq: 7 }))
  const read: State = learnThread(state, id(1002), { items: [b(6, 5)], before_seq: null }, false)
  const row = (n: number) => read.conversations.get(id(n))!
  expect(shownOf(read, row(1))).toEqual({ seen_seq: 4, seen_beside: { [id(2)]: 6 } })
  expect(shownOf(read, row(2))).toEqual({ seen_seq: 6, seen_beside: { [id(1)]: 4 } })
})

test("what the feed brings to a merged one stands in the other's row", () => {
  const state = known(mine(1), merged(2, 1, { last_seq: 1, seen_seq: 1 }))
  const said = { author: "customer" as const, preview: "hi", file_count: 0, at: at(9) }
  const row = merged(2, 1, { version: 2, last_seq: 2, seen_seq: 1, last_message: said })
  const heard = apply(state, { type: "conversation", event: "MessageReceived", conversation: row, items: [b(2, 9)] })!
  expect(hasUnread(heard, heard.conversations.get(id(1))!)).toBe(true)
})

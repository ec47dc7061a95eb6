/** How each frame of the feed changes what a tab knows: `state.apply`. */
import { describe, expect, test } from "vitest"
import type { FeedFrame } from "./api/frames"
import type { ConversationView, ListName, MessageItem } from "./api/shapes"
import { rowsOf } from "./lists"
import { apply, CUSTOMER_TYPES, holdThread, learnDetail, learnPage, learnRating, learnThread, start, type State, THREADS_HELD } from "./state"
import { ANNA, at, BORIS, closed, conversation, id, line, message, mine, note, operator, snapshot, snapshotOf, waiting } from "./testing"

const lists: ListName[] = ["mine", "waiting", "all", "closed"]
const changed = (row: ConversationView, items: MessageItem[] = [], event = "MessageReceived"): FeedFrame => ({
  type: "conversation",
  event,
  conversation: row,
  items,
})
const after = (state: State, ...frames: FeedFrame[]) =>
  frames.reduce<State>((known, frame) => apply(known, frame) as State, state)
const ids = (state: State, list: ListName) => rowsOf(state, list).map((row) => row.id)
const opened = (state: State, n: number, ...seqs: number[]) =>
  learnThread(state, id(1000 + n), { items: seqs.map((seq) => message(n, seq)), before_seq: null }, false)

describe("a stale snapshot and what happened since are a fresh snapshot", () => {
  const before = [mine(1, { unanswered_since: at(9) }), mine(2), waiting(3), waiting(4), conversation(5), closed(6), closed(7)]
  const happenings: Record<string, ConversationView> = {
    "a customer writes": { ...before[1]!, version: 2, unanswered_since: at(30), last_activity_at: at(30), last_seq: 1 },
    "it is answered": { ...before[0]!, version: 2, unanswered_since: null, last_activity_at: at(31) },
    "a new one waits": waiting(8),
    "one is offered to me": { ...before[2]!, version: 2, state: "offered", offered_to: ANNA },
    "one is offered to a colleague": { ...before[2]!, version: 2, state: "offered", offered_to: BORIS },
    "one that waits is taken": { ...before[3]!, version: 2, state: "open", owner_id: ANNA, waiting_since: null },
    "mine goes to a colleague": { ...before[0]!, version: 2, owner_id: BORIS },
    "mine goes back to a queue": { ...before[0]!, version: 2, owner_id: null, state: "waiting", rank_at: at(1) },
    "one is snoozed": { ...before[1]!, version: 2, state: "snoozed", snoozed_until: at(90) },
    "one is closed": { ...before[1]!, version: 2, state: "closed", closed_at: at(40) },
    "one is reopened": { ...before[6]!, version: 2, state: "open", owner_id: ANNA, closed_at: null },
  }

  test.each(Object.entries(happenings))("%s", (_, row) => {
    const now = [...before.filter((other) => other.id !== row.id), row]
    const followed = after(start(snapshotOf(before), null), changed(row))
    const fresh = start(snapshotOf(now), null)
    for (const list of lists) expect(ids(followed, list), list).toEqual(ids(fresh, list))
    expect(followed.conversations).toEqual(fresh.conversations)
  })

  test("a hidden one is gone from every list", () => {
    const followed = after(start(snapshotOf(before), null), { type: "hidden", conversation_id: id(4) })
    const fresh = start(snapshotOf(before.filter((row) => row.id !== id(4))), null)
    for (const list of lists) expect(ids(followed, list), list).toEqual(ids(fresh, list))
  })

  test("operators, lines, inboxes and counts are as they are now", () => {
    const busy = operator({ status: "busy" })
    const counts = { mine: 3, mine_unanswered: 1, waiting: 2, all: 9, closed: 4 }
    const followed = after(
      start(snapshotOf(before), null),
      { type: "operator", operator: busy },
      { type: "desk", lines: [line({ name: "Store" })], inboxes: [] },
      { type: "counts", counts, highest_version: {} },
    )
    const operators = [busy, operator({ id: BORIS, name: "Boris" })]
    expect(followed).toEqual(start(snapshotOf(before, 50, { me: busy, operators, counts, lines: [line({ name: "Store" })] }), null))
  })

  test("of a list that is known in part, what sorts behind the last known row is not shown", () => {
    const many = Array.from({ length: 9 }, (_, n) => closed(n + 1))
    const known = start(snapshotOf(many, 4), null)
    expect(ids(known, "closed")).toEqual([9, 8, 7, 6].map(id))
    const oldOne = closed(2, { version: 2, close_reason: "spam" })
    expect(ids(after(known, changed(oldOne)), "closed")).toEqual([9, 8, 7, 6].map(id))
    const newOne = closed(20, { closed_at: at(50) })
    expect(ids(after(known, changed(newOne)), "closed")).toEqual([20, 9, 8, 7, 6].map(id))
    const further = learnPage(known, "closed", { items: [closed(5), closed(4)], next: "more" })
    expect(ids(further, "closed")).toEqual([9, 8, 7, 6, 5, 4].map(id))
  })
})

describe("versions", () => {
  const known = opened(start(snapshotOf([mine(1, { version: 5, last_seq: 2 })]), null), 1, 1, 2)

  test.each([4, 5])("a row of version %i does not replace version 5", (version) => {
    const next = after(known, changed(mine(1, { version, title: "old" })))
    expect(next.conversations.get(id(1))?.title).toBe("")
  })

  test("the same frame twice is once", () => {
    const frame = changed(mine(1, { version: 6, last_seq: 3 }), [message(1, 3)])
    expect(after(known, frame, frame)).toEqual(after(known, frame))
  })

  test("frames in the wrong order end as in the right one", () => {
    const first = changed(mine(1, { version: 6, last_seq: 3 }), [message(1, 3)])
    const second = changed(mine(1, { version: 7, last_seq: 4 }), [message(1, 4)])
    const seen = (state: State) => [state.conversations.get(id(1)), state.threads.get(id(1001))?.items]
    expect(seen(after(known, second, first))).toEqual(seen(after(known, first, second)))
  })

  test("a jump asks for the thread again, a step does not", () => {
    const step = after(known, changed(mine(1, { version: 6, last_seq: 2 })))
    const jump = after(known, changed(mine(1, { version: 7, last_seq: 2 })))
    expect(step.threads.get(id(1001))?.stale).toBe(false)
    expect(jump.threads.get(id(1001))?.stale).toBe(true)
  })

  test("a message that is missing asks for the thread again", () => {
    const next = after(known, changed(mine(1, { version: 6, last_seq: 4 }), [message(1, 3)]))
    expect(next.threads.get(id(1001))?.stale).toBe(true)
  })
})

describe("threads", () => {
  const known = start(snapshotOf([mine(1, { last_seq: 3 })]), null)
  const seqs = (state: State) => state.threads.get(id(1001))?.items.map((item) => (item.type === "message" ? item.seq : item.type))

  test("a note stands after its message", () => {
    const page = { items: [note(1, 1), message(1, 2), message(1, 1)], before_seq: null }
    expect(seqs(learnThread(known, id(1001), page, false))).toEqual([1, "note", 2])
  })

  test("a message that was changed stays one and keeps its place", () => {
    const edited = message(1, 1, { text: "changed", edited_at: at(50) })
    const next = after(opened(known, 1, 1, 2, 3), changed(mine(1, { version: 2, last_seq: 3 }), [edited]))
    expect(seqs(next)).toEqual([1, 2, 3])
    expect(next.threads.get(id(1001))?.items[0]).toEqual(edited)
  })

  test("an older page goes before, and tells where to go on", () => {
    const newest = learnThread(known, id(1001), { items: [message(1, 3)], before_seq: 3 }, false)
    const all = learnThread(newest, id(1001), { items: [message(1, 1), message(1, 2)], before_seq: null }, true)
    expect(seqs(all)).toEqual([1, 2, 3])
    expect(all.threads.get(id(1001))?.beforeSeq).toBeNull()
  })

  test("after a gap too wide to join only the new page is held", () => {
    const page = { items: [message(1, 90), message(1, 91)], before_seq: 90 }
    const next = learnThread(opened(known, 1, 1, 2, 3), id(1001), page, false)
    expect(seqs(next)).toEqual([90, 91])
    expect(next.threads.get(id(1001))?.beforeSeq).toBe(90)
  })

  test("what comes while a thread is being asked for is not lost", () => {
    const asked = holdThread(known, id(1001))
    const wrote = after(asked, changed(mine(1, { version: 2, last_seq: 4 }), [message(1, 4)]))
    const page = { items: [message(1, 2), message(1, 3)], before_seq: 2 }
    const read = learnThread(wrote, id(1001), page, false)
    expect(seqs(read)).toEqual([2, 3, 4])
    expect(read.threads.get(id(1001))).toMatchObject({ read: true, beforeSeq: 2 })
  })

  test("only the threads opened last are held", () => {
    const many = Array.from({ length: THREADS_HELD + 5 }, (_, n) => n + 1).reduce((state, n) => opened(state, n, 1), known)
    expect(many.threads.size).toBe(THREADS_HELD)
    expect(many.threads.has(id(1001))).toBe(false)
    expect(many.threads.has(id(1005 + THREADS_HELD))).toBe(true)
  })

  test("a new snapshot keeps what was read, and asks for it again", () => {
    const next = apply(opened(known, 1, 1, 2), snapshotOf([mine(1)]))
    expect(next?.threads.get(id(1001))?.items).toHaveLength(2)
    expect(next?.threads.get(id(1001))?.stale).toBe(true)
  })
})

describe("what stands beside a conversation", () => {
  const customer = { id: id(3001), name: "Maria", language: null, contacts: [], identities: [], created_at: at(0), blocked: false, tier: null, fields: {}, may_be: [] }
  const lead = {
    id: id(60),
    title: "Chat",
    stage: "new" as const,
    person_name: "",
    contacts: [],
    owner_id: null,
    customer_id: id(3001),
    source: "",
    utm: {},
    created_at: at(0),
    updated_at: at(0),
    url: "",
  }
  const none = { state: "none" as const, logged_seq: 0, problem: null, detail: null }
  const detail = { conversation: mine(1), customer, lead: null, sync: none, page: null, earlier: [], merged: [], decision: null, rating: null }
  const known = learnDetail(start(snapshotOf([mine(1)]), null), detail)

  test("the customer, the page and the lead follow the feed", () => {
    const page = { url: "https://shop.example/", title: "Shop", referrer: "", at: at(5) }
    const synced = { ...none, state: "synced" as const, logged_seq: 4 }
    const next = after(
      known,
      { type: "customer", customer: { ...customer, name: "Maria E." } },
      { type: "page", thread_id: id(1001), page },
      { type: "lead", conversation_ids: [id(1)], lead, sync: synced },
    )
    expect(next.customers.get(id(3001))?.name).toBe("Maria E.")
    expect(next.pages.get(id(1001))).toEqual(page)
    expect(next.cards.get(id(1))).toMatchObject({ leadId: id(60), sync: synced })
  })

  test("how it was is kept with the card of the conversation that is held", () => {
    const rating = { scale: "five" as const, asked_at: at(1), score: 4, comment: "", rated_at: at(2) }
    const judged = { ...rating, supervisor_id: null, supervisor_score: null, supervisor_comment: "", answers: [] }
    expect(learnRating(known, id(1), judged).cards.get(id(1))?.rating).toEqual(judged)
    expect(learnRating(known, id(2), judged)).toBe(known)
  })

  test("a customer types until their message comes", () => {
    const typing = apply(known, { type: "typing", thread_id: id(1001), operator_id: null }, 7000) as State
    expect(typing.typing.get(id(1001))?.get(CUSTOMER_TYPES)).toBe(7000)
    const wrote = after(typing, changed(mine(1, { version: 2, last_seq: 1 }), [message(1, 1)]))
    expect(wrote.typing.get(id(1001))?.has(CUSTOMER_TYPES)).toBe(false)
  })
})

test("before the first snapshot nothing is known", () => {
  expect(apply(null, { type: "start_again" })).toBeNull()
  expect(apply(null, changed(mine(1)))).toBeNull()
})

test("starting again changes nothing until the snapshot comes", () => {
  const known = start(snapshot(), null)
  expect(apply(known, { type: "start_again" })).toBe(known)
})

/** The desk as this tab knows it: `state.ts` kept current by `feed.ts`, and asked for more over REST. */
import { defineStore } from "pinia"
import { computed, ref, shallowRef } from "vue"
import { conversations as api } from "./api"
import type { FeedFrame } from "./api/frames"
import type { InboxMade, InboxView } from "./api/inboxes"
import type { ConversationView, CustomerView, LineView, OperatorView, ThreadItem } from "./api/shapes"
import { type Connection, type Feed, openFeed } from "./feed"
import { differing } from "./lists"
import { heldAfter } from "./received"
import {
  apply,
  cameSince,
  holdThread,
  lastSeq,
  learn,
  learnDetail,
  learnItems,
  learnPage,
  learnThread,
  learnUrgent,
  type PagedList,
  type State,
  type UrgentList,
} from "./state"
import { learnServerTime, serverNow } from "./time"
import { strandsOf } from "./together"

type Hearer = (frame: FeedFrame, before: State | null, after: State) => void

/** A difference the server's sums show must last this long before all is asked for again. */
const patience_ms = 60_000

export const useDesk = defineStore("desk", () => {
  const state = shallowRef<State | null>(null)
  const connection = ref<Connection>("connecting")
  const newBuild = ref(false)
  const hearers = new Set<Hearer>()
  const loading = new Map<string, Promise<void>>()
  let feed: Feed | null = null
  let askedAgain_ms = 0

  const known = computed(() => state.value as State)

  /** A step from the state as it is now: what was asked for may come after much else has. */
  function change(step: (now: State) => State) {
    if (state.value) state.value = step(state.value)
  }

  function hear(frames: FeedFrame[]) {
    for (const frame of frames) {
      const before = state.value
      if (frame.type === "snapshot") {
        learnServerTime(frame.server_time)
        newBuild.value ||= before !== null && before.build !== frame.build
      }
      const after = apply(before, frame, serverNow())
      if (after === null) continue
      if (after !== before) state.value = after
      for (const hearer of hearers) hearer(frame, before, after)
      if (frame.type === "counts") compareSums(after)
      for (const { threadId, seq } of heldAfter(frame, after)) sayReceived(threadId, seq)
    }
  }

  function compareSums(now: State) {
    if (differing(now).length === 0) {
      askedAgain_ms = serverNow()
      return
    }
    if (serverNow() - askedAgain_ms < patience_ms) return
    askedAgain_ms = serverNow()
    feed?.say({ type: "again" })
  }

  function connect(whenRefused: () => void) {
    feed ??= openFeed({
      frames: hear,
      connection: (now) => (connection.value = now),
      refused: whenRefused,
    })
  }

  function disconnect() {
    feed?.close()
    feed = null
    state.value = null
    newBuild.value = false
  }

  function onFrame(hearer: Hearer) {
    hearers.add(hearer)
    return () => hearers.delete(hearer)
  }

  /** Do not ask for the same thing twice at once. */
  function once(key: string, ask: () => Promise<void>) {
    const running = loading.get(key)
    if (running) return running
    const asked = ask().finally(() => loading.delete(key))
    loading.set(key, asked)
    return asked
  }

  const openDetail = (id: string) =>
    once(`detail ${id}`, async () => {
      const detail = await api.detail(id)
      change((now) => learnDetail(now, detail))
    })

  /** Learn an answer about a thread. What the feed told while it was under way is newer, and stays. */
  async function answered<T>(threadId: string, ask: () => Promise<T>, learnt: (now: State, answer: T) => State) {
    const before = known.value.threads.get(threadId)?.items ?? []
    const answer = await ask()
    change((now) => learnItems(learnt(now, answer), threadId, cameSince(now, threadId, before)))
    return answer
  }

  const openThread = (row: ConversationView) =>
    once(`thread ${row.thread_id}`, async () => {
      change((now) => holdThread(now, row.thread_id))
      const page = await answered(
        row.thread_id,
        () => api.thread(row.id),
        (now, page) => learnThread(now, row.thread_id, page, false),
      )
      feed?.say({ type: "received", thread_id: row.thread_id, seq: lastSeq(page.items) })
    })

  /** Its thread, and those of what goes on in it. */
  const openTogether = (row: ConversationView) => Promise.all(strandsOf(known.value, row).map(openThread))

  const olderItems = (row: ConversationView) =>
    once(`older ${row.thread_id}`, async () => {
      const before = known.value.threads.get(row.thread_id)?.beforeSeq
      if (before === null || before === undefined) return
      await answered(
        row.thread_id,
        () => api.thread(row.id, before),
        (now, page) => learnThread(now, row.thread_id, page, true),
      )
    })

  const nextPage = (list: PagedList) =>
    once(`page ${list}`, async () => {
      const cursor = known.value.horizons[list].next
      if (!cursor) return
      const page = await api.list({ list, cursor, limit: 50 })
      change((now) => learnPage(now, list, page))
    })

  /** The first page of a list by urgency, or the next one. */
  const nextUrgent = (list: UrgentList) =>
    once(`urgent ${list}`, async () => {
      const horizon = known.value.urgent[list]
      if (horizon !== null && !horizon.next) return
      const page = await api.list({ list, order: "urgent", cursor: horizon?.next ?? null, limit: 50 })
      change((now) => (now.urgent[list] === horizon ? learnUrgent(now, list, page) : now))
    })

  function holdRow(row: ConversationView) {
    change((now) => learn(now, [row]))
  }

  /** Act on an item of a thread, and hold what is answered. */
  const holdItem = (threadId: string, act: () => Promise<ThreadItem>) =>
    answered(threadId, act, (now, item) => learnItems(now, threadId, [item]))

  function holdOperator(operator: OperatorView) {
    change((now) => apply(now, { type: "operator", operator }) ?? now)
  }

  function holdCustomer(customer: CustomerView) {
    change((now) => apply(now, { type: "customer", customer }) ?? now)
  }

  function holdLine(line: LineView) {
    change((now) => ({ ...now, lines: new Map(now.lines).set(line.id, line) }))
  }

  /** A made inbox comes with secrets, which nothing holds. */
  function holdInbox(given: InboxView | InboxMade) {
    const { made_secrets: _, ...inbox } = { made_secrets: {}, ...given }
    change((now) => ({ ...now, inboxes: new Map(now.inboxes).set(inbox.id, inbox) }))
  }

  function sayTyping(conversationId: string) {
    feed?.say({ type: "typing", conversation_id: conversationId })
  }

  function sayReceived(threadId: string, seq: number) {
    feed?.say({ type: "received", thread_id: threadId, seq })
  }

  return {
    state,
    known,
    connection,
    newBuild,
    connect,
    disconnect,
    change,
    onFrame,
    openDetail,
    openThread,
    openTogether,
    olderItems,
    nextPage,
    nextUrgent,
    holdRow,
    holdItem,
    holdOperator,
    holdCustomer,
    holdLine,
    holdInbox,
    sayTyping,
    sayReceived,
  }
})

/**
 * What this tab knows of the desk, and how each frame of the feed changes it. Pure.
 *
 * The order and membership of lists is in `lists.ts`; both follow `docs/feed.md`.
 */
import type { Counts, FeedFrame, Snapshot } from "./api/frames"
import type { InboxView } from "./api/inboxes"
import type {
  ConversationDetail,
  ConversationView,
  CustomerView,
  LeadView,
  LineView,
  OperatorView,
  Page,
  PageVisit,
  SyncView,
  ThreadItem,
  ThreadPage,
} from "./api/shapes"

export type PagedList = "waiting" | "all" | "closed"
/** The paged lists that come by urgency, too. */
export type UrgentList = "waiting" | "all"

/** How far a paged list is known: up to and with `last`; `next` null means to its end. */
export interface Horizon {
  last: ConversationView | null
  next: string | null
}

export interface Thread {
  items: readonly ThreadItem[]
  /** Its newest page was read. */
  read: boolean
  /** Ask with it for what is older; null at the start. */
  beforeSeq: number | null
  /** Something was missed: its newest page must be asked for again. */
  stale: boolean
}

/** What the card shows beside a conversation. */
export interface Card {
  leadId: string | null
  sync: SyncView
  decision: ConversationDetail["decision"]
  earlier: readonly string[]
  rating: ConversationDetail["rating"]
}

export interface State {
  build: string
  me: OperatorView
  lines: ReadonlyMap<string, LineView>
  inboxes: ReadonlyMap<string, InboxView>
  operators: ReadonlyMap<string, OperatorView>
  conversations: ReadonlyMap<string, ConversationView>
  horizons: Readonly<Record<PagedList, Horizon>>
  /** The same of the lists by urgency; null until a first page was read. */
  urgent: Readonly<Record<UrgentList, Horizon | null>>
  counts: Counts
  versionSums: Readonly<Record<string, number>>
  threads: ReadonlyMap<string, Thread>
  cards: ReadonlyMap<string, Card>
  customers: ReadonlyMap<string, CustomerView>
  leads: ReadonlyMap<string, LeadView>
  pages: ReadonlyMap<string, PageVisit>
  /** Thread → who types (operator id, or "customer") → when that was said, in ms. */
  typing: ReadonlyMap<string, ReadonlyMap<string, number>>
}

export const THREADS_HELD = 30
export const CUSTOMER_TYPES = "customer"

export function assertNever(value: never): never {
  throw new Error(`unforeseen: ${JSON.stringify(value)}`)
}

const byId = <T extends { id: string }>(values: readonly T[]): ReadonlyMap<string, T> =>
  new Map(values.map((value) => [value.id, value]))

function put<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value)
}

function drop<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map
  const rest = new Map(map)
  rest.delete(key)
  return rest
}

const horizonOf = (page: Page<ConversationView>): Horizon => ({ last: page.items.at(-1) ?? null, next: page.next })

/** The state a snapshot opens with. Threads held before are kept, and marked to be asked for again. */
export function start(frame: Snapshot, before: State | null): State {
  const threads = new Map([...(before?.threads ?? [])].map(([id, thread]) => [id, { ...thread, stale: true }]))
  return {
    build: frame.build,
    me: frame.me,
    lines: byId(frame.lines),
    inboxes: byId(frame.inboxes),
    operators: byId(frame.operators),
    conversations: byId([...frame.merged, ...frame.closed.items, ...frame.all.items, ...frame.waiting.items, ...frame.mine]),
    horizons: {
      waiting: horizonOf(frame.waiting),
      all: horizonOf(frame.all),
      closed: horizonOf(frame.closed),
    },
    urgent: { waiting: null, all: null },
    counts: frame.counts,
    versionSums: {},
    threads,
    cards: before?.cards ?? new Map(),
    customers: before?.customers ?? new Map(),
    leads: before?.leads ?? new Map(),
    pages: before?.pages ?? new Map(),
    typing: new Map(),
  }
}

/** Learn rows, each unless an equal or newer one is held. Lists show them within their horizons. */
export function learn(state: State, rows: readonly ConversationView[]): State {
  const news = rows.filter((row) => row.version > (state.conversations.get(row.id)?.version ?? -1))
  if (news.length === 0) return state
  const conversations = new Map(state.conversations)
  for (const row of news) conversations.set(row.id, row)
  return { ...state, conversations, threads: news.reduce(parted, state.threads) }
}

/** What was said in a conversation that was split from another is its own, until that is taken back. */
function parted(threads: State["threads"], row: ConversationView): State["threads"] {
  const thread = row.split_from ? threads.get(row.thread_id) : undefined
  if (!thread || !row.split_from) return threads
  const stands = row.last_seq >= row.first_seq
  const [from, to] = stands ? [row.split_from, row.id] : [row.id, row.split_from]
  const goes = (item: ThreadItem) =>
    item.type !== "mark" && item.conversation_id === from && (!stands || seqOf(item) >= row.first_seq)
  if (!thread.items.some(goes)) return threads
  const items = thread.items.map((item) => (goes(item) ? { ...item, conversation_id: to } : item))
  return put(threads, row.thread_id, { ...thread, items })
}

/** A further page of a list was read. */
export function learnPage(state: State, list: PagedList, page: Page<ConversationView>): State {
  const last = page.items.at(-1) ?? state.horizons[list].last
  const horizons = { ...state.horizons, [list]: { last, next: page.next } }
  return learn({ ...state, horizons }, page.items)
}

/** A further page of a list by urgency was read, or its first one. */
export function learnUrgent(state: State, list: UrgentList, page: Page<ConversationView>): State {
  const last = page.items.at(-1) ?? state.urgent[list]?.last ?? null
  return learn({ ...state, urgent: { ...state.urgent, [list]: { last, next: page.next } } }, page.items)
}

export const seqOf = (item: ThreadItem) => (item.type === "message" ? item.seq : item.after_seq)

function precedes(a: ThreadItem, b: ThreadItem) {
  const rank = (item: ThreadItem) => (item.type === "message" ? 0 : 1)
  return seqOf(a) - seqOf(b) || rank(a) - rank(b) || (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)
}

const keyOf = (item: ThreadItem) => `${item.type}:${item.id}`

/** Items by their place in the thread; of two with one id the later given stays. */
export function merge(held: readonly ThreadItem[], news: readonly ThreadItem[]): readonly ThreadItem[] {
  if (news.length === 0) return held
  const items = new Map(held.map((item) => [keyOf(item), item]))
  for (const item of news) items.set(keyOf(item), item)
  return [...items.values()].sort(precedes)
}

export const lastSeq = (items: readonly ThreadItem[]) =>
  items.reduce((last, item) => (item.type === "message" ? Math.max(last, item.seq) : last), 0)

/** Up to where a conversation's thread is on the screen; before it was read, up to what its row tells. */
export function shownSeq(state: State, row: ConversationView): number {
  const thread = state.threads.get(row.thread_id)
  return thread?.read ? lastSeq(thread.items) : row.last_seq
}

/** A thread is being asked for: what the feed brings meanwhile is not lost. */
export function holdThread(state: State, threadId: string): State {
  if (state.threads.has(threadId)) return state
  return { ...state, threads: latest(state.threads, threadId, { items: [], read: false, beforeSeq: null, stale: false }) }
}

/** A page of a thread was read: its newest one (`older` false) or one before what is held. */
export function learnThread(state: State, threadId: string, page: ThreadPage, older: boolean): State {
  const held = state.threads.get(threadId)
  const firstNew = page.items.find((item) => item.type === "message")
  const joins = !held?.read || older || !firstNew || firstNew.seq <= lastSeq(held.items) + 1
  const thread: Thread = joins
    ? {
        items: merge(held?.items ?? [], page.items),
        read: true,
        beforeSeq: older || !held?.read ? page.before_seq : held.beforeSeq,
        stale: older ? (held?.stale ?? false) : false,
      }
    : { items: page.items, read: true, beforeSeq: page.before_seq, stale: false }
  return { ...state, threads: latest(state.threads, threadId, thread) }
}

/** A shift is long: only the threads opened last are held. */
function latest(threads: State["threads"], threadId: string, thread: Thread): State["threads"] {
  const others = [...threads].filter(([id]) => id !== threadId)
  return new Map([...others.slice(1 - THREADS_HELD), [threadId, thread]])
}

/** The open conversation's detail was read. */
export function learnDetail(state: State, detail: ConversationDetail): State {
  const { conversation, customer, lead, page } = detail
  const card: Card = {
    leadId: lead?.id ?? null,
    sync: detail.sync,
    decision: detail.decision,
    earlier: detail.earlier.map((row) => row.id),
    rating: detail.rating,
  }
  const learned = learnMerged(learn(state, [...detail.earlier, conversation]), detail)
  return {
    ...learned,
    cards: put(state.cards, conversation.id, card),
    customers: put(state.customers, customer.id, customer),
    leads: lead ? put(state.leads, lead.id, lead) : state.leads,
    pages: page ? put(state.pages, conversation.thread_id, page) : state.pages,
  }
}

/** What goes on in it. Of what does no more, and nothing newer was told, nothing is known. */
function learnMerged(state: State, { conversation, merged }: ConversationDetail): State {
  const held = state.conversations.get(conversation.id)
  const learned = learn(state, merged)
  if (held && held.version > conversation.version) return learned
  const named = new Set(merged.map((row) => row.id))
  const parted = [...learned.conversations.values()].filter((row) => row.merged_into === conversation.id && row.state === "closed" && !named.has(row.id))
  if (parted.length === 0) return learned
  const conversations = new Map(learned.conversations)
  for (const row of parted) conversations.delete(row.id)
  return { ...learned, conversations }
}

/** How a conversation was, said or said anew. */
export function learnRating(state: State, conversationId: string, rating: ConversationDetail["rating"]): State {
  const card = state.cards.get(conversationId)
  return card ? { ...state, cards: put(state.cards, conversationId, { ...card, rating }) } : state
}

/** What the feed brought of a thread since `before`: newer than any answer that was asked for then. */
export function cameSince(state: State, threadId: string, before: readonly ThreadItem[]): readonly ThreadItem[] {
  const held = new Set(before)
  return (state.threads.get(threadId)?.items ?? []).filter((item) => !held.has(item))
}

/** Items were answered to an act (a reply, a retry) and need not wait for the feed. */
export function learnItems(state: State, threadId: string, items: readonly ThreadItem[]): State {
  const held = state.threads.get(threadId)
  if (!held) return state
  return { ...state, threads: put(state.threads, threadId, { ...held, items: merge(held.items, items) }) }
}

function changeConversation(state: State, row: ConversationView, items: readonly ThreadItem[]): State {
  const held = state.conversations.get(row.id)
  if (held && held.version >= row.version) return learnItems(state, row.thread_id, items)
  const learned = learnItems(learn(state, [row]), row.thread_id, items)
  const thread = learned.threads.get(row.thread_id)
  const jumped = held !== undefined && row.version > held.version + 1
  const missing = thread !== undefined && lastSeq(thread.items) < row.last_seq
  const wrote = items.some((item) => item.type === "message" && item.author === "customer")
  const typing = wrote ? stopTyping(learned, row.thread_id, CUSTOMER_TYPES) : learned.typing
  if (!thread || !(jumped || missing)) return { ...learned, typing }
  return { ...learned, typing, threads: put(learned.threads, row.thread_id, { ...thread, stale: true }) }
}

function stopTyping(state: State, threadId: string, who: string) {
  const typers = state.typing.get(threadId)
  return typers?.has(who) ? put(state.typing, threadId, drop(typers, who)) : state.typing
}

function hide(state: State, conversationId: string): State {
  const held = state.conversations.get(conversationId)
  if (!held) return state
  return {
    ...state,
    conversations: drop(state.conversations, conversationId),
    cards: drop(state.cards, conversationId),
    threads: drop(state.threads, held.thread_id),
  }
}

function changeLead(state: State, lead: LeadView, sync: SyncView, conversationIds: readonly string[]): State {
  const cards = new Map(state.cards)
  for (const id of conversationIds) {
    const card = cards.get(id)
    if (card) cards.set(id, { ...card, leadId: lead.id, sync })
  }
  return { ...state, cards, leads: put(state.leads, lead.id, lead) }
}

/**
 * The state after one frame. `nowMs` is when it came.
 *
 * Before the first snapshot nothing is known, and other frames change nothing.
 */
export function apply(state: State | null, frame: FeedFrame, nowMs = 0): State | null {
  if (frame.type === "snapshot") return start(frame, state)
  if (state === null) return null
  switch (frame.type) {
    case "conversation":
      return changeConversation(state, frame.conversation, frame.items)
    case "hidden":
      return hide(state, frame.conversation_id)
    case "customer":
      return { ...state, customers: put(state.customers, frame.customer.id, frame.customer) }
    case "operator": {
      const operators = put(state.operators, frame.operator.id, frame.operator)
      return { ...state, operators, me: frame.operator.id === state.me.id ? frame.operator : state.me }
    }
    case "desk":
      return { ...state, lines: byId(frame.lines), inboxes: byId(frame.inboxes) }
    case "counts":
      return { ...state, counts: frame.counts, versionSums: frame.highest_version }
    case "page":
      return { ...state, pages: put(state.pages, frame.thread_id, frame.page) }
    case "typing": {
      const typers = put(
        state.typing.get(frame.thread_id) ?? new Map<string, number>(),
        frame.operator_id ?? CUSTOMER_TYPES,
        nowMs,
      )
      return { ...state, typing: put(state.typing, frame.thread_id, typers) }
    }
    case "lead":
      return changeLead(state, frame.lead, frame.sync, frame.conversation_ids)
    case "start_again":
      return state
    default:
      return assertNever(frame)
  }
}

/** What tests of the pure parts begin with: a small desk whose interesting facts are given. */
import type { Snapshot } from "./api/frames"
import type { Can, InboxView } from "./api/inboxes"
import type { ConversationView, LineView, MarkItem, MessageItem, NoteItem, OperatorView, Page } from "./api/shapes"

export const ANNA = "00000000-0000-4000-8000-00000000000a"
export const BORIS = "00000000-0000-4000-8000-00000000000b"

/** That many minutes after noon. */
export const at = (minute: number) => new Date(Date.UTC(2026, 7, 1, 12, minute)).toISOString()
export const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`

export function operator(over: Partial<OperatorView> = {}): OperatorView {
  return {
    id: ANNA,
    name: "Anna",
    email: "anna@shop.example",
    role: "operator",
    active: true,
    language: "en",
    avatar_url: null,
    status: "available",
    status_since: null,
    reachable: true,
    max_conversations: 5,
    open_count: 0,
    offered_count: 0,
    line_ids: [],
    languages: [],
    skills: [],
    shift: "always",
    calendar_id: null,
    deputy_id: null,
    ...over,
  }
}

export function line(over: Partial<LineView> = {}): LineView {
  return {
    id: id(1),
    key: "shop",
    name: "Shop",
    active: true,
    language: "en",
    strategy: "round_robin",
    auto_accept: false,
    offer_timeout_s: 60,
    missed_offers_until_away: 3,
    reopen_window_s: 86_400,
    lead_when: "contact",
    allowed_sites: [],
    colour: "#0b746a",
    title: "",
    greeting: {},
    ask_contact: "never",
    consent_url: null,
    operator_ids: [ANNA, BORIS],
    ...over,
  }
}

export const can: Can = {
  max_text_chars: 4096,
  max_file_bytes: 1e6,
  max_files: 10,
  max_buttons: 8,
  can_ask_phone: true,
  edits: true,
  emphasis: true,
  in_browser: true,
  reactions: [],
  aside: false,
  in_public: null,
  reply_window_s: null,
}

export function inbox(n: number, over: Partial<InboxView> = {}): InboxView {
  return {
    id: id(n),
    line_id: id(1),
    kind: "webchat",
    name: `Inbox ${n}`,
    active: true,
    health: "working",
    last_error: null,
    last_arrival_at: null,
    settings: {},
    hook_url: null,
    can,
    standing: null,
    delegations: [],
    ...over,
  }
}

export function conversation(n: number, over: Partial<ConversationView> = {}): ConversationView {
  return {
    id: id(n),
    version: 1,
    thread_id: id(1000 + n),
    line_id: id(1),
    inbox_id: id(2),
    channel: "webchat",
    customer_id: id(3000 + n),
    title: "",
    state: "open",
    owner_id: null,
    offered_to: null,
    asked_ids: [],
    offer_deadline: null,
    opened_at: at(0),
    waiting_since: null,
    rank_at: at(n),
    unanswered_since: null,
    reply_due_at: null,
    resolve_due_at: null,
    warned_at: null,
    breached_at: null,
    urgent_at: null,
    pinned: false,
    snoozed_until: null,
    closed_at: null,
    close_reason: null,
    merged_into: null,
    split_from: null,
    subject: "",
    public: false,
    last_activity_at: at(n),
    last_message: null,
    first_seq: 1,
    last_seq: 0,
    seen_seq: 0,
    customer_seen_seq: 0,
    lead_id: null,
    participant_ids: [],
    ...over,
  }
}

export const waiting = (n: number, over: Partial<ConversationView> = {}) =>
  conversation(n, { state: "waiting", waiting_since: at(n), ...over })
export const mine = (n: number, over: Partial<ConversationView> = {}) => conversation(n, { owner_id: ANNA, ...over })
export const closed = (n: number, over: Partial<ConversationView> = {}) =>
  conversation(n, { state: "closed", closed_at: at(n), ...over })

export function message(n: number, seq: number, over: Partial<MessageItem> = {}): MessageItem {
  return {
    type: "message",
    id: id(5000 + seq),
    conversation_id: id(n),
    seq,
    author: "customer",
    operator_id: null,
    writer: null,
    text: `message ${seq}`,
    files: [],
    at: at(seq),
    edited_at: null,
    deleted_at: null,
    in_reply_to: null,
    buttons: [],
    change: null,
    reactions: [],
    deliveries: [],
    ...over,
  }
}

export function mark(n: number, afterSeq: number, event: string, over: Partial<MarkItem> = {}): MarkItem {
  return {
    type: "mark",
    id: 9000 + 100 * n + afterSeq,
    conversation_id: id(n),
    after_seq: afterSeq,
    event,
    operator_id: ANNA,
    to_operator_id: null,
    to_line_id: null,
    reason: null,
    merged_id: null,
    at: at(afterSeq),
    ...over,
  }
}

export function note(n: number, afterSeq: number, over: Partial<NoteItem> = {}): NoteItem {
  return {
    type: "note",
    id: id(7000 + afterSeq),
    conversation_id: id(n),
    after_seq: afterSeq,
    operator_id: BORIS,
    text: "look here",
    at: at(afterSeq),
    ...over,
  }
}

const page = (items: ConversationView[], next: string | null = null): Page<ConversationView> => ({ items, next })

export function snapshot(over: Partial<Snapshot> = {}): Snapshot {
  return {
    type: "snapshot",
    build: "1",
    server_time: at(0),
    me: operator(),
    lines: [line()],
    inboxes: [],
    operators: [operator(), operator({ id: BORIS, name: "Boris" })],
    mine: [],
    waiting: page([]),
    all: page([]),
    closed: page([]),
    merged: [],
    counts: { mine: 0, mine_unanswered: 0, waiting: 0, all: 0, closed: 0 },
    ...over,
  }
}

/** What the server would send of these conversations, `size` to a page. */
export function snapshotOf(rows: ConversationView[], size = 50, over: Partial<Snapshot> = {}): Snapshot {
  const time = (value: string | null) => Date.parse(value ?? "")
  const ids = (a: ConversationView, b: ConversationView) => (a.id < b.id ? -1 : 1)
  const first = (sorted: ConversationView[]) => page(sorted.slice(0, size), sorted.length > size ? "next" : null)
  const open = rows.filter((row) => row.state !== "closed")
  const queue = open.filter((row) => row.state === "waiting" || row.state === "offered")
  return snapshot({
    mine: open.filter((row) => row.owner_id === ANNA || row.offered_to === ANNA),
    waiting: first(queue.sort((a, b) => time(a.rank_at) - time(b.rank_at) || ids(a, b))),
    all: first([...open].sort((a, b) => time(b.last_activity_at) - time(a.last_activity_at) || ids(b, a))),
    closed: first(
      rows
        .filter((row) => row.state === "closed")
        .sort((a, b) => time(b.closed_at) - time(a.closed_at) || ids(b, a)),
    ),
    ...over,
  })
}

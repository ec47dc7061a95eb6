/** What crosses the console's API, as `console/api/shapes/` has it; `tests/console/test_contract.py` compares. Times are ISO 8601 UTC. */
import type { FieldValue } from "./cards"
import type { RatingView } from "./ratings"

export type ConversationState = "bot" | "waiting" | "offered" | "open" | "snoozed" | "closed"
export type DeliveryState = "queued" | "sending" | "sent" | "delivered" | "read" | "unconfirmed" | "failed"
export type FileState = "pending" | "stored" | "refused" | "gone"
export type Status = "available" | "busy" | "away" | "off"
export type Role = "operator" | "supervisor" | "administrator"
export type Author = "customer" | "operator" | "bot" | "desk"
export type Language = "ru" | "en"
export type Stage = "new" | "in_progress" | "won" | "lost"
export type ListName = "mine" | "waiting" | "all" | "closed"

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface Problem {
  code: string
  detail: string
  fields: Record<string, string>
}

export interface OperatorView {
  id: string
  name: string
  email: string
  role: Role
  active: boolean
  language: Language
  avatar_url: string | null
  status: Status
  status_since: string | null
  reachable: boolean
  max_conversations: number
  open_count: number
  offered_count: number
  line_ids: string[]
  languages: string[]
  skills: string[]
  shift: "always" | "calendar" | "clock"
  calendar_id: string | null
  deputy_id: string | null
}

export interface LineView {
  id: string
  key: string
  name: string
  active: boolean
  language: Language
  strategy: "round_robin" | "sequential" | "least_busy" | "longest_idle" | "broadcast"
  auto_accept: boolean
  offer_timeout_s: number
  missed_offers_until_away: number
  reopen_window_s: number
  lead_when: "contact" | "at_once"
  allowed_sites: string[]
  colour: string
  title: string
  greeting: Record<string, string>
  ask_contact: "before" | "after_first" | "never"
  consent_url: string | null
  operator_ids: string[]
}

export interface LastMessage {
  author: Author
  preview: string
  file_count: number
  at: string
}

export interface ConversationView {
  id: string
  version: number
  thread_id: string
  line_id: string
  inbox_id: string
  channel: string
  customer_id: string
  title: string
  state: ConversationState
  owner_id: string | null
  offered_to: string | null
  asked_ids: string[]
  offer_deadline: string | null
  opened_at: string
  waiting_since: string | null
  rank_at: string
  unanswered_since: string | null
  reply_due_at: string | null
  resolve_due_at: string | null
  warned_at: string | null
  breached_at: string | null
  /** When it becomes late, by a promise or by the wait; null if nobody waits. */
  urgent_at: string | null
  pinned: boolean
  snoozed_until: string | null
  closed_at: string | null
  close_reason: string | null
  /** Closed, it goes on in this one. */
  merged_into: string | null
  /** Its messages were this one's; taken back, it has none. */
  split_from: string | null
  subject: string
  public: boolean
  last_activity_at: string
  last_message: LastMessage | null
  first_seq: number
  last_seq: number
  seen_seq: number
  customer_seen_seq: number
  lead_id: string | null
  participant_ids: string[]
}

/** A message in which the words stand that were looked for. */
export interface FoundMessage {
  id: string
  seq: number
  author: Author
  text: string
  at: string
}

/** A row of a list; `found` is the newest message with the words of a search, if its card has them not. */
export interface ListedView extends ConversationView {
  found: FoundMessage | null
}

export interface FileView {
  id: string
  name: string
  mime: string
  size_bytes: number
  state: FileState
  url: string | null
  width: number | null
  height: number | null
}

export interface DeliveryView {
  id: string
  state: DeliveryState
  reason: string | null
}

/** A choice under a message: pressing it says its label, opens `url`, or gives the number. */
export interface ButtonView {
  label: string
  url: string | null
  asks_phone: boolean
}

/** What is to become of a message at the customer's. */
export interface ChangeView {
  kind: "edit" | "withdrawal" | "reaction"
  state: "queued" | "failed"
  text: string
  reason: string | null
}

/** One emoji under a message: how many put it there, and who of ours. */
export interface ReactionView {
  emoji: string
  count: number
  operator_id: string | null
}

export interface MessageItem {
  type: "message"
  id: string
  conversation_id: string
  seq: number
  author: Author
  operator_id: string | null
  /** Who of several people said it. */
  writer: string | null
  text: string
  files: FileView[]
  at: string
  edited_at: string | null
  deleted_at: string | null
  in_reply_to: string | null
  buttons: ButtonView[]
  change: ChangeView | null
  reactions: ReactionView[]
  deliveries: DeliveryView[]
}

export interface NoteItem {
  type: "note"
  id: string
  conversation_id: string
  after_seq: number
  operator_id: string
  text: string
  at: string
}

export interface MarkItem {
  type: "mark"
  id: number
  conversation_id: string
  after_seq: number
  event: string
  operator_id: string | null
  to_operator_id: string | null
  to_line_id: string | null
  reason: string | null
  /** The conversation that was merged, or parted again. */
  merged_id: string | null
  at: string
}

export type ThreadItem = MessageItem | NoteItem | MarkItem

export interface ThreadPage {
  items: ThreadItem[]
  before_seq: number | null
}

export interface ContactView {
  kind: "phone" | "email"
  value: string
  proven: boolean
}

export interface IdentityView {
  id: string
  channel: string
  address: string
  name: string
  active: boolean
  picture_url: string | null
}

export interface CustomerView {
  id: string
  name: string
  language: string | null
  contacts: ContactView[]
  identities: IdentityView[]
  created_at: string
  blocked: boolean
  tier: string | null
  fields: Record<string, FieldValue>
  may_be: string[]
}

/** A chat with a customer, with its latest conversation. */
export interface ThreadView {
  id: string
  channel: string
  inbox_id: string
  line_id: string
  conversation_id: string
  open: boolean
  can_start: boolean
}

export interface LeadView {
  id: string
  title: string
  stage: Stage
  person_name: string
  contacts: ContactView[]
  owner_id: string | null
  customer_id: string | null
  source: string
  utm: Record<string, string>
  created_at: string
  updated_at: string
  url: string
}

export interface SyncView {
  state: "synced" | "waiting" | "failed" | "none"
  logged_seq: number
  problem: "fix the settings" | "refused" | "tried too often" | "our bug" | null
  detail: string | null
}

export interface PageVisit {
  url: string
  title: string
  referrer: string
  at: string
}

export interface DecisionView {
  at: string
  outcome: "offered" | "assigned" | "waits"
  operator_id: string | null
  rule: string
  rung: string | null
  known_id: string | null
  until: string | null
  policy_version: string
  removed: { reason: string; count: number }[]
  named: Record<string, string>
  look_again_at: string | null
}

/** Given to nobody, it stays with who has it, or waits on. */
export interface Split {
  from_seq: number
  subject: string
  own_lead: boolean
  operator_id?: string
  line_id?: string
}

export interface ConversationDetail {
  conversation: ConversationView
  customer: CustomerView
  lead: LeadView | null
  sync: SyncView
  page: PageVisit | null
  earlier: ConversationView[]
  merged: ConversationView[]
  decision: DecisionView | null
  rating: RatingView | null
}

export interface Reply {
  id: string
  text: string
  file_ids: string[]
  in_reply_to: string | null
  options: string[]
  ask_phone: string | null
  seen_seq: number | null
  /** The same of the threads that go on as one with it, by conversation. */
  seen_beside: Record<string, number>
}

/** What a message is to say instead. */
export interface Rewording {
  text: string
}

export interface SessionView {
  me: OperatorView
  csrf_token: string
  must_change_password: boolean
}

export interface NewOperator {
  email: string
  name: string
  role: Role
  max_conversations: number
  line_ids: string[]
  languages: string[]
  skills: string[]
  shift: OperatorView["shift"]
  calendar_id: string | null
  deputy_id: string | null
}

export interface OperatorMade {
  operator: OperatorView
  one_time_password: string
}

export type OperatorChange = Partial<
  Omit<OperatorView, "id" | "email" | "avatar_url" | "status" | "status_since" | "reachable" | "open_count" | "offered_count">
>

export type CustomerChange = Partial<Pick<CustomerView, "name" | "contacts" | "tier">> & {
  fields?: Record<string, string | number | boolean | null>
}
export type LeadChange = Partial<Pick<LeadView, "title" | "stage" | "owner_id">>

export interface TimelineItem {
  id: string
  kind: "message" | "edit" | "withdrawal" | "note" | "event"
  author: string
  text: string
  file_names: string[]
  at: string
  conversation_id: string | null
  edited_at: string | null
  withdrawn_at: string | null
  turn: string | null
  data: Record<string, string>
}

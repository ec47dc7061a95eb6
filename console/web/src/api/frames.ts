/** The frames of the feed, and what a client says on it: see `docs/feed.md`. */
import type { InboxView } from "./inboxes"
import type {
  ConversationView,
  CustomerView,
  LeadView,
  LineView,
  OperatorView,
  Page,
  PageVisit,
  SyncView,
  ThreadItem,
} from "./shapes"

export interface Counts {
  mine: number
  mine_unanswered: number
  waiting: number
  all: number
  closed: number
}

export interface Snapshot {
  type: "snapshot"
  build: string
  server_time: string
  me: OperatorView
  lines: LineView[]
  inboxes: InboxView[]
  operators: OperatorView[]
  mine: ConversationView[]
  waiting: Page<ConversationView>
  all: Page<ConversationView>
  closed: Page<ConversationView>
  merged: ConversationView[]
  counts: Counts
}

export interface ConversationChanged {
  type: "conversation"
  event: string
  conversation: ConversationView
  items: ThreadItem[]
}

export interface ConversationHidden {
  type: "hidden"
  conversation_id: string
}

export interface CustomerChanged {
  type: "customer"
  customer: CustomerView
}

export interface OperatorChanged {
  type: "operator"
  operator: OperatorView
}

export interface DeskChanged {
  type: "desk"
  lines: LineView[]
  inboxes: InboxView[]
}

export interface CountsChanged {
  type: "counts"
  counts: Counts
  highest_version: Record<string, number>
}

export interface PageVisited {
  type: "page"
  thread_id: string
  page: PageVisit
}

export interface Typing {
  type: "typing"
  thread_id: string
  operator_id: string | null
}

export interface LeadChanged {
  type: "lead"
  conversation_ids: string[]
  lead: LeadView
  sync: SyncView
}

export interface StartAgain {
  type: "start_again"
}

export type FeedFrame =
  | Snapshot
  | ConversationChanged
  | ConversationHidden
  | CustomerChanged
  | OperatorChanged
  | DeskChanged
  | CountsChanged
  | PageVisited
  | Typing
  | LeadChanged
  | StartAgain

export type FeedWord =
  | { type: "typing"; conversation_id: string }
  | { type: "received"; thread_id: string; seq: number }
  | { type: "again" }

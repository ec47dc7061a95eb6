/** How a line works, as `console/api/shapes/lines.py` has it. A part that is sent is sent whole. */
import type { LineView } from "./shapes"

export type Strategy = "round_robin" | "sequential" | "least_busy" | "longest_idle" | "broadcast"
export type Rung = "pinned" | "responsible" | "last_operator" | "deputy"
export type Hours = "any" | "open" | "closed"
export type ReplyWhen = "opened" | "closed_hours" | "waiting" | "operator_silent" | "customer_silent" | "closed" | "auto_closed"

export interface StickyView {
  rungs: Rung[]
  owner_wait_s: number
  lookup_wait_s: number
}

export interface CapacityView {
  weights: Record<string, number>
  silent_after_s: number | null
  reserved_weight: number
  max_per_operator: number | null
  max_open: number | null
  transfer_may_exceed: boolean
  take_may_exceed: boolean
}

export interface PreferencesView {
  by_language: boolean
  fallback_after_s: number
}

export interface PriorityView {
  line_s: number
  by_tier_s: Record<string, number>
  by_channel_s: Record<string, number>
}

export interface OverflowView {
  to_line: string
  after_s: number
  at_once_when_closed: boolean
}

export interface QueueingView {
  strategy: Strategy
  refusal_rest_s: number
  min_gap_s: number
  sticky: StickyView
  capacity: CapacityView
  preferences: PreferencesView
  priority: PriorityView
  overflow: OverflowView | null
  when_closed: "wait" | "distribute"
  transfer_needs_accept: boolean
  owner_absent_s: number | null
}

export interface ReplyStageView {
  key: string
  when: ReplyWhen
  texts: Record<string, string>
  after_s: number
  hours: Hours
  channels: string[]
  once_ever: boolean
  active: boolean
  options: Record<string, string[]>
  ask_phone: Record<string, string>
}

export interface RepliesView {
  stages: ReplyStageView[]
  most_per_day: number
}

export interface LifetimesView {
  customer_silent_s: number | null
  operator_silent_s: number | null
}

export interface TargetsView {
  first_reply_s: number | null
  next_reply_s: number | null
  resolution_s: number | null
}

export interface SlaView {
  targets: TargetsView
  by_tier: Record<string, TargetsView>
  warn_percent: number
}

export interface SurveyQuestionView {
  key: string
  kind: "five" | "yes_no" | "text"
  texts: Record<string, string>
}

export interface RatingRequestView {
  ask: boolean
  scale: "like" | "five"
  after_s: number
  texts: Record<string, string>
  thanks: Record<string, string>
  window_s: number
  questions: SurveyQuestionView[]
}

export interface CrmConditionView {
  field: string
  op: "=" | "!=" | "<" | "<=" | ">" | ">=" | "has"
  value: string | number
}

export interface RuleView {
  name: string
  channels: string[]
  tiers: string[]
  languages: string[]
  words: string[]
  sources: string[]
  crm: CrmConditionView[]
  hours: Hours
  to_line: string | null
  head_start_s: number
  language: string | null
  skills: string[]
  active: boolean
}

/** One of the two is null. */
export interface QueueEntryView {
  operator_id: string | null
  department_id: string | null
}

export interface OpeningView {
  open: boolean
  until: string | null
}

export interface LineDetail extends LineView {
  queue: QueueEntryView[]
  queueing: QueueingView
  replies: RepliesView
  sla: SlaView
  lifetimes: LifetimesView
  rating: RatingRequestView
  rules: RuleView[]
  calendar_id: string | null
  stale_after_s: number
  opening: OpeningView
  overflow_ring: boolean
}

export type LineChange = Partial<Omit<LineDetail, "id" | "key" | "strategy" | "opening" | "overflow_ring">>

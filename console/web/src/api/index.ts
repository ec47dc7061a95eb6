/** Every request of `/api/v1` the console makes, by the name of what it does. */
import { call, upload } from "./call"
import type { DutyView, LeaveView, NewLeave } from "./duty"
import type { CardFields, CardFieldView } from "./cards"
import type { CodeTarget } from "./codes"
import type { CalendarDraft, CalendarLook, CalendarPreview, CalendarView, DepartmentDraft, DepartmentView, HolidayCountry, NewFeed } from "./hours"
import type { LineChange, LineDetail } from "./lines"
import type { RatingView, Score } from "./ratings"
import type { ChannelForm, InboxChange, InboxMade, InboxView, NewInbox, TestMessage, Tried, TryInbox } from "./inboxes"
import type {
  ContactView,
  ConversationDetail,
  ConversationView,
  CustomerChange,
  CustomerView,
  DecisionView,
  FileView,
  LeadChange,
  LeadView,
  ListedView,
  ListName,
  MessageItem,
  NewOperator,
  NoteItem,
  OperatorChange,
  OperatorMade,
  OperatorView,
  Page,
  Reply,
  SessionView,
  Split,
  Stage,
  Status,
  ThreadPage,
  ThreadView,
  TimelineItem,
} from "./shapes"
import type { NewDevice, NoticesTried, NoticesView } from "./notices"
import type { CrewMember, RuleTried, RuleTry } from "./trying"

export { Refused, signedInWith, whenSignedOut } from "./call"

export const session = {
  read: () => call<SessionView>("GET", "/session"),
  signIn: (email: string, password: string) => call<SessionView>("POST", "/session", { email, password }),
  signOut: () => call<void>("DELETE", "/session"),
  changePassword: (current: string, next: string) =>
    call<SessionView | undefined>("PUT", "/session/password", { current, new: next }),
  setStatus: (status: Status) => call<OperatorView | undefined>("PUT", "/session/status", { status }),
}

export const duty = {
  read: () => call<DutyView>("GET", "/session/duty"),
  clock: (working: boolean) => call<DutyView>("PUT", "/session/clock", { working }),
  takeBreak: (on_break: boolean) => call<DutyView>("PUT", "/session/break", { on_break }),
}

export const notices = {
  read: () => call<NoticesView>("GET", "/notices"),
  allow: (device: NewDevice) => call<NoticesView>("PUT", "/notices/device", device),
  forget: (endpoint: string) => call<void>("POST", "/notices/device/forget", { endpoint }),
  tryOut: () => call<NoticesTried>("POST", "/notices/try"),
}

export const leaves = {
  of: (operator_id: string) => call<LeaveView[]>("GET", `/operators/${operator_id}/leaves`),
  plan: (operator_id: string, leave: NewLeave) => call<LeaveView>("POST", `/operators/${operator_id}/leaves`, leave),
  end: (id: string) => call<void>("POST", `/leaves/${id}/end`),
}

export interface ListQuery {
  list: ListName
  /** "urgent": what becomes late first. */
  order?: "usual" | "urgent"
  line_id?: string | null
  /** Alone, of "all" or "closed". */
  inbox_id?: string
  q?: string
  cursor?: string | null
  limit?: number
}

/** What is on the operator's screen of it, and of what goes on as one with it. */
export type SeenUpTo = Pick<Reply, "seen_seq" | "seen_beside">

const at = (id: string) => `/conversations/${id}`

export const conversations = {
  list: (query: ListQuery) => call<Page<ListedView>>("GET", "/conversations", undefined, { ...query }),
  detail: (id: string) => call<ConversationDetail>("GET", at(id)),
  decisions: (id: string) => call<DecisionView[]>("GET", `${at(id)}/decisions`),
  thread: (id: string, before_seq: number | null = null, limit = 50) =>
    call<ThreadPage>("GET", `${at(id)}/thread`, undefined, { before_seq, limit }),
  reply: (id: string, reply: Reply) => call<MessageItem>("POST", `${at(id)}/messages`, reply),
  note: (id: string, note: { id: string; text: string }) => call<NoteItem>("POST", `${at(id)}/notes`, note),
  seen: (id: string, seq: number) => call<void>("PUT", `${at(id)}/seen`, { seq }),
  accept: (id: string) => call<ConversationView>("POST", `${at(id)}/accept`),
  decline: (id: string, reason: string) => call<ConversationView>("POST", `${at(id)}/decline`, { reason }),
  take: (id: string) => call<ConversationView>("POST", `${at(id)}/take`),
  join: (id: string) => call<ConversationView>("POST", `${at(id)}/join`),
  leave: (id: string) => call<ConversationView>("POST", `${at(id)}/leave`),
  transfer: (id: string, to: { operator_id?: string; line_id?: string; comment: string }) =>
    call<ConversationView>("POST", `${at(id)}/transfer`, to),
  close: (id: string, reason: string, seen: SeenUpTo) =>
    call<ConversationView>("POST", `${at(id)}/close`, { reason, ...seen }),
  split: (id: string, split: Split) => call<ConversationView>("POST", `${at(id)}/split`, split),
  unsplit: (id: string) => call<ConversationView>("POST", `${at(id)}/unsplit`),
  intercept: (id: string) => call<ConversationView>("POST", `${at(id)}/intercept`),
  aside: (id: string) => call<ConversationView>("POST", `/conversations/${id}/aside`),
  pin: (id: string, pinned: boolean) => call<ConversationView>("PUT", `${at(id)}/pin`, { pinned }),
  spam: (id: string, block: boolean) => call<ConversationView>("POST", `${at(id)}/spam`, { block }),
  reopen: (id: string) => call<ConversationView>("POST", `${at(id)}/reopen`),
  score: (id: string, score: Score) => call<RatingView>("PUT", `${at(id)}/score`, score),
  /** Without a time: until the customer writes. */
  snooze: (id: string, until: Date | null, seen: SeenUpTo) =>
    call<ConversationView>("POST", `${at(id)}/snooze`, { until: until?.toISOString() ?? null, ...seen }),
  wake: (id: string) => call<ConversationView>("POST", `${at(id)}/wake`),
  mergeable: (id: string) => call<ConversationView[]>("GET", `${at(id)}/mergeable`),
  merge: (id: string, into_id: string) => call<ConversationView>("POST", `${at(id)}/merge`, { into_id }),
  unmerge: (id: string) => call<ConversationView>("POST", `${at(id)}/unmerge`),
}

export const deliveries = {
  retry: (id: string) => call<MessageItem>("POST", `/deliveries/${id}/retry`),
  reword: (id: string, text: string) => call<MessageItem>("PUT", `/messages/${id}`, { text }),
  withdraw: (id: string) => call<MessageItem>("DELETE", `/messages/${id}`),
  forgetChange: (id: string) => call<MessageItem>("DELETE", `/messages/${id}/change`),
  react: (id: string, emoji: string) => call<MessageItem>("PUT", `/messages/${id}/reaction`, { emoji }),
  settle: (id: string, arrived: boolean) => call<MessageItem>("POST", `/deliveries/${id}/settle`, { arrived }),
}

export const files = {
  send: (file: File, onProgress: (share: number) => void, stop: AbortSignal) =>
    upload<FileView>("/files", file, onProgress, stop),
}

export const customers = {
  read: (id: string) => call<CustomerView>("GET", `/customers/${id}`),
  change: (id: string, change: CustomerChange) => call<CustomerView>("PATCH", `/customers/${id}`, change),
  confirm: (id: string, contact: Pick<ContactView, "kind" | "value">) =>
    call<CustomerView>("POST", `/customers/${id}/confirm`, contact),
  link: (id: string, other_id: string) => call<CustomerView>("POST", `/customers/${id}/link`, { other_id }),
  unblock: (id: string) => call<CustomerView>("POST", `/customers/${id}/unblock`),
  threads: (id: string) => call<ThreadView[]>("GET", `/customers/${id}/threads`),
  start: (thread_id: string) => call<ConversationView>("POST", `/threads/${thread_id}/start`),
  unlink: (id: string, identity_id: string) => call<CustomerView>("POST", `/customers/${id}/unlink`, { identity_id }),
}

export const cards = {
  fields: () => call<CardFields>("GET", "/card-fields"),
  change: (fields: CardFieldView[]) => call<CardFields>("PUT", "/card-fields", { fields }),
}

export const codes = {
  targets: (id: string) => call<CodeTarget[]>("GET", `${at(id)}/codes`),
  ask: (id: string, other_id: string) => call<CodeTarget>("POST", `${at(id)}/codes`, { other_id }),
}

export const leads = {
  list: (query: { q?: string; stage?: Stage | ""; cursor?: string | null; limit?: number }) =>
    call<Page<LeadView>>("GET", "/leads", undefined, { ...query }),
  read: (id: string) => call<LeadView>("GET", `/leads/${id}`),
  change: (id: string, change: LeadChange) => call<LeadView>("PATCH", `/leads/${id}`, change),
  timeline: (id: string, cursor: string | null = null) =>
    call<Page<TimelineItem>>("GET", `/leads/${id}/timeline`, undefined, { cursor }),
}

export const operators = {
  make: (operator: NewOperator) => call<OperatorMade>("POST", "/operators", operator),
  change: (id: string, change: OperatorChange) => call<OperatorView>("PATCH", `/operators/${id}`, change),
  newPassword: (id: string) => call<OperatorMade>("POST", `/operators/${id}/password`),
}

export const lines = {
  read: (id: string) => call<LineDetail>("GET", `/lines/${id}`),
  make: (line: { key: string; name: string }) => call<LineDetail>("POST", "/lines", line),
  change: (id: string, change: LineChange) => call<LineDetail>("PATCH", `/lines/${id}`, change),
  crew: (id: string) => call<CrewMember[]>("GET", `/lines/${id}/crew`),
  tryRules: (id: string, message: RuleTry) => call<RuleTried>("POST", `/lines/${id}/rules/try`, message),
}

export const calendars = {
  list: () => call<CalendarView[]>("GET", "/calendars"),
  make: (calendar: CalendarDraft) => call<CalendarView>("POST", "/calendars", calendar),
  change: (id: string, calendar: CalendarDraft) => call<CalendarView>("PUT", `/calendars/${id}`, calendar),
  remove: (id: string) => call<void>("DELETE", `/calendars/${id}`),
  setFeed: (id: string, feed: NewFeed) => call<CalendarView>("PUT", `/calendars/${id}/feed`, feed),
  dropFeed: (id: string) => call<CalendarView>("DELETE", `/calendars/${id}/feed`),
  readFeed: (id: string) => call<CalendarView>("POST", `/calendars/${id}/feed/read`),
  preview: (calendar: CalendarLook) => call<CalendarPreview>("POST", "/calendars/preview", calendar),
  countries: () => call<HolidayCountry[]>("GET", "/calendars/holidays"),
}

export const departments = {
  list: () => call<DepartmentView[]>("GET", "/departments"),
  make: (department: DepartmentDraft) => call<DepartmentView>("POST", "/departments", department),
  change: (id: string, department: DepartmentDraft) => call<DepartmentView>("PUT", `/departments/${id}`, department),
  remove: (id: string) => call<void>("DELETE", `/departments/${id}`),
}

export const inboxes = {
  make: (inbox: NewInbox) => call<InboxMade>("POST", "/inboxes", inbox),
  change: (id: string, change: InboxChange) => call<InboxView>("PATCH", `/inboxes/${id}`, change),
  test: (id: string, message: TestMessage) => call<MessageItem>("POST", `/inboxes/${id}/test`, message),
  attempt: (inbox: TryInbox) => call<Tried>("POST", "/inboxes/try", inbox),
  channels: () => call<ChannelForm[]>("GET", "/channels"),
  register: (id: string) => call<InboxView>("POST", `/inboxes/${id}/register`),
  check: (id: string) => call<InboxView | undefined>("POST", `/inboxes/${id}/check`),
}

/** What crosses the API of inboxes and their channels. */

/** What the channel of an inbox can carry. */
export interface Can {
  max_text_chars: number
  max_file_bytes: number
  max_files: number
  max_buttons: number
  can_ask_phone: boolean
  edits: boolean
  /** `**bold**` and the like are shown as such. */
  emphasis: boolean
  /** Its customers are on a page of ours or the host site's. */
  in_browser: boolean
  /** Emoji that may be put under a customer's message. */
  reactions: string[]
  reply_window_s: number | null
  /** Who wrote in public can be written to alone. */
  aside: boolean
  /** What it carries in public, if that is not the same. */
  in_public: Can | null
}

/** How an inbox stands with its provider, as it was when we looked. */
export interface StandingView {
  by: "webhook" | "polling"
  at: string
  ok: boolean
  url: string
  pending: number | null
  last_error: string | null
  last_error_at: string | null
}

/** An account whose owner lets an inbox answer for it. */
export interface DelegationView {
  name: string
  username: string
  enabled: boolean
  may_reply: boolean
}

export interface InboxView {
  id: string
  line_id: string
  kind: string
  name: string
  active: boolean
  health: "working" | "failing" | "paused"
  last_error: string | null
  last_arrival_at: string | null
  settings: Record<string, unknown>
  hook_url: string | null
  can: Can
  standing: StandingView | null
  delegations: DelegationView[]
}

/** Who an account is that is not stored, or why it does not work. */
export interface Tried {
  problem: string | null
  name: string
  username: string
  link: string
  /** A parameter of `link` whose value is shown as where the customer comes from; empty if none. */
  source_key: string
  picture: string | null
  warnings: string[]
}

export interface TryInbox {
  kind: string
  inbox_id?: string | null
  settings?: Record<string, unknown>
}

/** A new inbox; `made_secrets` are shown now or never. */
export interface InboxMade extends InboxView {
  made_secrets: Record<string, string>
}

export interface NewInbox {
  line_id: string
  kind: string
  name: string
  settings: Record<string, unknown>
}

/** A kind of channel, and what its inboxes have to be told: two JSON schemas. */
export interface ChannelForm {
  kind: string
  account: Schema
  secrets: Schema
  /** Its provider says whose an account is. */
  introduces: boolean
}

export interface Schema {
  title?: string
  title_ru?: string
  required?: string[]
  properties?: Record<string, SchemaProperty>
}

export interface SchemaProperty {
  title?: string
  title_ru?: string
  description?: string
  description_ru?: string
  type?: string
  format?: string
  advanced?: boolean
  enum?: string[]
  default?: unknown
  items?: { type?: string }
  anyOf?: SchemaProperty[]
}

export type InboxChange = Partial<Pick<InboxView, "name" | "active" | "settings">>

/** What is said to the customer of a conversation, to see whether it arrives. */
export interface TestMessage {
  id: string
  conversation_id: string
  text: string
}

/** What a message that is being written is beside its words: an answer to which, a change of which, with which buttons. */
import { shallowRef } from "vue"
import type { MessageItem } from "@/api/shapes"

export interface Composing {
  /** The message that is answered. */
  quoted: string | null
  /** The message that is changed, and what it is to say; the draft of the next one stays beside it. */
  editing: { id: string; text: string } | null
  /** Choices under the text, null if there are to be none. */
  options: readonly string[] | null
  /** What stands on the button that asks for a phone number. */
  askPhone: string | null
}

export const nothing: Composing = { quoted: null, editing: null, options: null, askPhone: null }

/** Something besides words is to go out. */
export const isBegun = ({ quoted, editing, options, askPhone }: Composing) =>
  quoted !== null || editing !== null || options !== null || askPhone !== null

const composings = shallowRef<Readonly<Record<string, Composing>>>({})

export const composingOf = (conversationId: string): Composing => composings.value[conversationId] ?? nothing

export function compose(conversationId: string, change: Partial<Composing>) {
  composings.value = { ...composings.value, [conversationId]: { ...composingOf(conversationId), ...change } }
}

export function composed(conversationId: string) {
  const { [conversationId]: _, ...rest } = composings.value
  composings.value = rest
}

export const quote = (conversationId: string, messageId: string) =>
  compose(conversationId, { quoted: messageId, editing: null })

/** Begin to change a message, from what it is to say by now. */
export const edit = (conversationId: string, { id, text, change }: MessageItem) =>
  compose(conversationId, { editing: { id, text: change?.kind === "edit" ? change.text : text } })

/** The choices that say something, each once. */
export const said = (options: readonly string[] | null) =>
  [...new Set((options ?? []).map((option) => option.trim()).filter(Boolean))]

/** What was begun and not sent: per conversation and mode, kept in this browser. */
import { shallowRef } from "vue"
import { store, stored } from "@/storage"

export type Mode = "reply" | "whisper"

export interface Draft {
  text: string
  at: number
}

export type Drafts = Readonly<Record<string, Draft>>

const keptFor_ms = 30 * 86_400_000
const key = (conversationId: string, mode: Mode) => `${conversationId}:${mode}`

export function withDraft(drafts: Drafts, conversationId: string, mode: Mode, text: string, at: number): Drafts {
  const { [key(conversationId, mode)]: _, ...rest } = drafts
  const fresh = Object.fromEntries(Object.entries(rest).filter(([, draft]) => at - draft.at < keptFor_ms))
  return text.trim() === "" ? fresh : { ...fresh, [key(conversationId, mode)]: { text, at } }
}

export const draftOf = (drafts: Drafts, conversationId: string, mode: Mode) =>
  drafts[key(conversationId, mode)]?.text ?? ""

export const drafts = shallowRef<Drafts>(stored("drafts", {}))

export function keepDraft(conversationId: string, mode: Mode, text: string) {
  drafts.value = withDraft(drafts.value, conversationId, mode, text, Date.now())
  store("drafts", drafts.value)
}

/** What was being written in one conversation is written in another. */
export function moveDrafts(from: string, to: string) {
  for (const mode of ["reply", "whisper"] as const) {
    const text = draftOf(drafts.value, from, mode)
    if (!text) continue
    keepDraft(to, mode, text)
    keepDraft(from, mode, "")
  }
}

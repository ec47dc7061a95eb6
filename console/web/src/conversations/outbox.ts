/** What was sent from this tab and is not yet answered for by the server. */
import { defineStore } from "pinia"
import { shallowRef } from "vue"
import { conversations as api, Refused } from "@/api"
import type { ConversationView, FileView } from "@/api/shapes"
import { useDesk } from "@/desk"
import { serverNow } from "@/time"
import { inWords } from "@/words"
import type { Mode } from "./drafts"

export interface Sending {
  id: string
  mode: Mode
  conversationId: string
  threadId: string
  text: string
  files: FileView[]
  at: string
  seenSeq: number | null
  state: "sending" | "failed" | "moved_on"
  problem: string
}

export const useOutbox = defineStore("outbox", () => {
  const desk = useDesk()
  const sendings = shallowRef<readonly Sending[]>([])

  function set(sending: Sending) {
    const known = sendings.value.some((other) => other.id === sending.id)
    sendings.value = known
      ? sendings.value.map((other) => (other.id === sending.id ? sending : other))
      : [...sendings.value, sending]
  }

  function remove(id: string) {
    sendings.value = sendings.value.filter((sending) => sending.id !== id)
  }

  function post({ mode, conversationId, id, text, files, seenSeq }: Sending) {
    if (mode === "whisper") return api.note(conversationId, { id, text })
    const file_ids = files.map((file) => file.id)
    return api.reply(conversationId, { id, text, file_ids, in_reply_to: null, seen_seq: seenSeq })
  }

  /** The id is made once, so that trying again never sends twice. */
  async function attempt(sending: Sending) {
    set({ ...sending, state: "sending", problem: "" })
    try {
      const item = await post(sending)
      desk.holdItems(sending.threadId, [item])
      remove(sending.id)
    } catch (error) {
      const movedOn = error instanceof Refused && error.code === "moved_on"
      set({ ...sending, state: movedOn ? "moved_on" : "failed", problem: inWords(error) })
    }
  }

  function send(row: ConversationView, mode: Mode, text: string, files: FileView[], seenSeq: number) {
    void attempt({
      id: crypto.randomUUID?.() ?? uuid(),
      mode,
      conversationId: row.id,
      threadId: row.thread_id,
      text,
      files,
      at: new Date(serverNow()).toISOString(),
      seenSeq: mode === "reply" ? seenSeq : null,
      state: "sending",
      problem: "",
    })
  }

  const retry = (sending: Sending) => attempt(sending)
  const sendAnyway = (sending: Sending) => attempt({ ...sending, seenSeq: null })

  return { sendings, send, retry, sendAnyway, remove }
})

/** `crypto.randomUUID` exists only on HTTPS and localhost. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

/** What was sent from this browser and is not yet answered for by the server. */
import { defineStore } from "pinia"
import { shallowRef, watch } from "vue"
import { conversations as api, Refused, type SeenUpTo } from "@/api"
import type { ConversationView, FileView } from "@/api/shapes"
import { useDesk } from "@/desk"
import { store, stored, storedNames } from "@/storage"
import { serverNow } from "@/time"
import { inWords } from "@/words"
import type { Mode } from "./drafts"

export interface Sending {
  id: string
  /** Whose words they are: another operator at this browser must not send them. */
  operatorId: string
  mode: Mode
  conversationId: string
  threadId: string
  text: string
  files: FileView[]
  quoted: string | null
  options: string[]
  askPhone: string | null
  at: string
  seenSeq: number | null
  seenBeside: Record<string, number>
  state: "sending" | "failed" | "moved_on"
  problem: string
}

/** What goes out beside the words. */
export type Beside = Partial<Pick<Sending, "files" | "quoted" | "options" | "askPhone">>

const bare = { files: [], quoted: null, options: [], askPhone: null, seenBeside: {} }
const again_ms = 5000
const prefix = "out:"

/** Whether the same request may go well later, without anybody changing anything. */
export const mayPass = (error: unknown) =>
  error instanceof Refused && [0, 401, 429, 502, 503, 504].includes(error.status)

/** The next that may go: in each thread one goes after the other, in the order of writing. */
export function nextToGo(sendings: readonly Sending[], busy: ReadonlySet<string>): Sending | undefined {
  return sendings.find((sending) => sending.state === "sending" && !busy.has(sending.threadId))
}

function kept(operatorId: string): Sending[] {
  return storedNames(prefix)
    .flatMap((name) => stored<Sending | null>(name, null) ?? [])
    .map((sending) => ({ ...bare, ...sending }))
    .filter((sending) => sending.operatorId === operatorId)
    .sort((a, b) => a.at.localeCompare(b.at))
}

export const useOutbox = defineStore("outbox", () => {
  const desk = useDesk()
  const sendings = shallowRef<readonly Sending[]>([])
  const busy = new Set<string>()
  let timer = 0

  function set(sending: Sending) {
    store(prefix + sending.id, sending)
    const known = sendings.value.some((other) => other.id === sending.id)
    sendings.value = known
      ? sendings.value.map((other) => (other.id === sending.id ? sending : other))
      : [...sendings.value, sending]
  }

  function remove(id: string) {
    store(prefix + id, null)
    sendings.value = sendings.value.filter((sending) => sending.id !== id)
  }

  function post({ mode, conversationId, id, text, files, quoted, options, askPhone, seenSeq, seenBeside }: Sending) {
    if (mode === "whisper") return api.note(conversationId, { id, text })
    const file_ids = files.map((file) => file.id)
    const beside = { file_ids, in_reply_to: quoted, options, ask_phone: askPhone }
    return api.reply(conversationId, { id, text, ...beside, seen_seq: seenSeq, seen_beside: seenBeside })
  }

  /** The id is made once, so that trying again never sends twice. Gives whether it is settled. */
  async function attempt(sending: Sending) {
    try {
      await desk.holdItem(sending.threadId, () => post(sending))
      remove(sending.id)
    } catch (error) {
      if (mayPass(error)) return false
      const movedOn = error instanceof Refused && error.code === "moved_on"
      set({ ...sending, state: movedOn ? "moved_on" : "failed", problem: inWords(error) })
    }
    return true
  }

  async function go(sending: Sending) {
    busy.add(sending.threadId)
    const settled = await attempt(sending)
    if (settled) {
      busy.delete(sending.threadId)
      flush()
    } else {
      clearTimeout(timer)
      timer = window.setTimeout(again, again_ms)
    }
  }

  function flush() {
    for (let next = nextToGo(sendings.value, busy); next; next = nextToGo(sendings.value, busy)) void go(next)
  }

  function again() {
    busy.clear()
    flush()
  }

  /** Send what an earlier visit left, and what waits whenever the connection returns. */
  function follow() {
    watch(
      () => desk.state?.me.id,
      (operatorId) => {
        sendings.value = operatorId ? kept(operatorId) : []
        if (operatorId) again()
      },
      { immediate: true },
    )
    watch(
      () => desk.connection,
      (now) => now === "live" && again(),
    )
  }

  function send(row: ConversationView, mode: Mode, text: string, beside: Beside, seen: SeenUpTo) {
    set({
      id: crypto.randomUUID?.() ?? uuid(),
      operatorId: desk.known.me.id,
      mode,
      conversationId: row.id,
      threadId: row.thread_id,
      text,
      ...bare,
      ...beside,
      at: new Date(serverNow()).toISOString(),
      seenSeq: mode === "reply" ? seen.seen_seq : null,
      seenBeside: seen.seen_beside,
      state: "sending",
      problem: "",
    })
    flush()
  }

  function retry(sending: Sending) {
    set({ ...sending, state: "sending", problem: "" })
    flush()
  }
  const sendAnyway = (sending: Sending) => retry({ ...sending, seenSeq: null })

  return { sendings, follow, send, retry, sendAnyway, remove }
})

/** `crypto.randomUUID` exists only on HTTPS and localhost. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

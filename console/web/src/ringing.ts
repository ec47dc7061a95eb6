/** What is worth a sound. Pure. */
import type { ConversationChanged, FeedFrame } from "./api/frames"
import type { ConversationView, MarkItem, OperatorView } from "./api/shapes"
import { supervises } from "./lists"
import type { State } from "./state"
import { isMerged, survivorOf } from "./together"

export type Reason = "arrived" | "wrote"

/** It is mine again: it went on in another, and somebody else took that apart. */
function isPartedForMe({ items, conversation: row }: ConversationChanged, held: ConversationView | undefined, myId: string) {
  if (!held || !isMerged(held) || row.owner_id !== myId || row.state === "closed") return false
  return !items.some((item) => item.type === "mark" && item.operator_id === myId)
}

/** Why a frame is worth a sound for this operator, if it is. What is said beside is told to who has the one it goes on in. */
export function reasonToRing(frame: FeedFrame, before: State | null, myId: string): Reason | null {
  if (frame.type !== "conversation" || before === null) return null
  const row = frame.conversation
  const held = before.conversations.get(row.id)
  if (held && held.version >= row.version) return null
  if (isPartedForMe(frame, held, myId)) return "arrived"
  const isMine = (it: ConversationView | undefined) => it?.owner_id === myId || it?.offered_to === myId || it?.asked_ids.includes(myId)
  if (isMine(row) && !isMine(held) && row.state !== "closed") return "arrived"
  const wrote = frame.items.some((item) => item.type === "message" && item.author === "customer" && item.seq > (held?.last_seq ?? 0))
  return wrote && survivorOf(before, row).owner_id === myId ? "wrote" : null
}

export type Alarm = "SlaWarned" | "SlaBreached"

const isAlarm = (event: string): event is Alarm => event === "SlaWarned" || event === "SlaBreached"

/** What a frame tells those who supervise of a promise to a customer: the worst of it. */
export function alarmIn(frame: FeedFrame, before: State | null, me: OperatorView): Alarm | null {
  if (frame.type !== "conversation" || before === null || !supervises(me)) return null
  const held = before.conversations.get(frame.conversation.id)
  if (held && held.version >= frame.conversation.version) return null
  const marks = frame.items.filter((item): item is MarkItem => item.type === "mark")
  const alarms = marks.map((mark) => mark.event).filter(isAlarm)
  return alarms.includes("SlaBreached") ? "SlaBreached" : (alarms[0] ?? null)
}

/** Who did not take over what this operator sent them, so that it is theirs again. */
export function returnedBy(frame: FeedFrame, before: State | null, myId: string): string | null {
  if (frame.type !== "conversation" || before === null) return null
  const held = before.conversations.get(frame.conversation.id)
  if (held && held.version >= frame.conversation.version) return null
  const mark = frame.items.find((item) => item.type === "mark" && item.event === "ConversationReturned" && item.to_operator_id === myId)
  return mark?.type === "mark" ? mark.operator_id : null
}

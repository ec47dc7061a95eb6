/** What is worth a sound. Pure. */
import type { FeedFrame } from "./api/frames"
import type { ConversationView } from "./api/shapes"
import type { State } from "./state"

export type Reason = "arrived" | "wrote"

/** Why a frame is worth a sound for this operator, if it is. */
export function reasonToRing(frame: FeedFrame, before: State | null, myId: string): Reason | null {
  if (frame.type !== "conversation" || before === null) return null
  const row = frame.conversation
  const held = before.conversations.get(row.id)
  if (held && held.version >= row.version) return null
  const isMine = (it: ConversationView | undefined) => it?.owner_id === myId || it?.offered_to === myId || it?.asked_ids.includes(myId)
  if (isMine(row) && !isMine(held) && row.state !== "closed") return "arrived"
  const wrote = frame.items.some((item) => item.type === "message" && item.author === "customer" && item.seq > (held?.last_seq ?? 0))
  return wrote && row.owner_id === myId ? "wrote" : null
}

/** A conversation whose customer came to another matter: where it may be split, and what goes with it. Pure. */
import type { ConversationView, MessageItem, OperatorView, ThreadItem } from "@/api/shapes"

const hasIt = (row: ConversationView, me: OperatorView) =>
  row.state !== "closed" && (row.owner_id === me.id || row.participant_ids.includes(me.id) || me.role !== "operator")

/** Something has to stay before it. */
export const maySplit = (item: MessageItem, row: ConversationView, me: OperatorView) =>
  hasIt(row, me) && item.conversation_id === row.id && item.seq > row.first_seq

/** Whether what was split from another may be one with it again. */
export const mayPutTogether = (row: ConversationView, me: OperatorView) => row.split_from !== null && hasIt(row, me)

export interface Going {
  /** The first of those that go, as far as they are shown. */
  shown: MessageItem[]
  count: number
  /** The customer's last question of what stays was never answered. */
  leaves: boolean
}

const most = 3

export function goingFrom(fromSeq: number, row: ConversationView, items: readonly ThreadItem[]): Going {
  const said = items.filter((item) => item.type === "message")
  const stay = said.filter((item) => item.conversation_id === row.id && item.seq < fromSeq)
  const last = stay.findLast((item) => item.author === "customer" || item.author === "operator")
  return {
    shown: said.filter((item) => item.seq >= fromSeq && item.seq <= row.last_seq).slice(0, most),
    count: row.last_seq - fromSeq + 1,
    leaves: last?.author === "customer",
  }
}

/** What an operator may do with a conversation as it is. The server decides again. Pure. */
import type { ConversationView, OperatorView } from "@/api/shapes"

export interface Rights {
  accept: boolean
  take: boolean
  takeOver: boolean
  join: boolean
  leave: boolean
  handle: boolean
  pin: boolean
  unpin: boolean
  reply: boolean
  reopen: boolean
  merge: boolean
}

/** Whether it may be merged into another: one that nobody has, or that is theirs. */
export const mayTake = (row: ConversationView, me: OperatorView) =>
  me.role !== "operator" || (row.state !== "open" && row.state !== "snoozed") || row.owner_id === me.id || row.participant_ids.includes(me.id)

export function rightsOf(row: ConversationView, me: OperatorView): Rights {
  const mine = row.owner_id === me.id
  const offered = row.state === "offered" && (row.offered_to === me.id || row.asked_ids.includes(me.id))
  const joined = row.participant_ids.includes(me.id)
  const supervises = me.role !== "operator"
  const handled = row.state === "open" || row.state === "snoozed"
  const free = row.state === "waiting" || row.state === "bot" || (row.state === "offered" && !offered)
  return {
    accept: offered,
    take: free,
    takeOver: handled && !mine && supervises,
    join: handled && !mine && !joined && supervises,
    leave: handled && !mine && joined,
    handle: handled && (mine || supervises),
    pin: handled && !row.pinned && (mine || supervises),
    unpin: row.pinned && (mine || supervises),
    reply: handled && (mine || joined),
    reopen: row.state === "closed",
    merge: row.state !== "closed" && (mine || joined || supervises),
  }
}

/** What a conversation's channel carries: in public often less, and so among several people. Pure. */
import type { Can } from "@/api/inboxes"
import type { ConversationView, ThreadItem } from "@/api/shapes"

type Inboxes = ReadonlyMap<string, { can: Can }>

export function canIn(row: ConversationView, inboxes: Inboxes): Can | undefined {
  const can = inboxes.get(row.inbox_id)?.can
  return (row.public && can?.in_public) || can
}

/** Whether several people write there: then each message says who. */
export const isShared = (items: readonly ThreadItem[]): boolean =>
  items.some((item) => item.type === "message" && item.author === "customer" && Boolean(item.writer))

/** Among several people nobody can be asked for their own number. */
export function canAmong(items: readonly ThreadItem[], can: Can | undefined): Can | undefined {
  return can?.can_ask_phone && isShared(items) ? { ...can, can_ask_phone: false } : can
}

/** Whether signs of emphasis in our words are shown as such. */
export function emphasises(row: ConversationView, inboxes: Inboxes): boolean {
  return canIn(row, inboxes)?.emphasis === true
}

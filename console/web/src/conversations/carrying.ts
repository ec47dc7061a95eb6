/** What a conversation's channel carries: in public often less. Pure. */
import type { Can } from "@/api/inboxes"
import type { ConversationView } from "@/api/shapes"

type Inboxes = ReadonlyMap<string, { can: Can }>

export function canIn(row: ConversationView, inboxes: Inboxes): Can | undefined {
  const can = inboxes.get(row.inbox_id)?.can
  return (row.public && can?.in_public) || can
}

/** Whether signs of emphasis in our words are shown as such. */
export function emphasises(row: ConversationView, inboxes: Inboxes): boolean {
  return canIn(row, inboxes)?.emphasis === true
}

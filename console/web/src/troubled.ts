/** Inboxes by which customers may write in vain. Pure. */
import type { InboxView } from "./api/inboxes"
import type { State } from "./state"

export const troubled = ({ inboxes }: Pick<State, "inboxes">): InboxView[] =>
  [...inboxes.values()].filter((inbox) => inbox.active && inbox.health !== "working")

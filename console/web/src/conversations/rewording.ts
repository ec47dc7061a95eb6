/** Which messages an operator may change or withdraw, and which buttons were pressed. Pure. */
import type { Can } from "@/api/inboxes"
import type { MessageItem, ThreadItem } from "@/api/shapes"

const arrived = new Set(["sent", "delivered", "read"])

/** The server decides again. */
export function mayReword(item: MessageItem, can: Can | undefined, meId: string): boolean {
  const mine = item.author === "operator" && item.operator_id === meId
  const there = item.deliveries.length > 0 && item.deliveries.every((delivery) => arrived.has(delivery.state))
  return can?.edits === true && mine && there && item.deleted_at === null && item.change?.kind !== "withdrawal"
}

/** What the arrow up begins to change. */
export function lastOwn(items: readonly ThreadItem[], can: Can | undefined, meId: string): MessageItem | undefined {
  const messages = items.filter((item): item is MessageItem => item.type === "message")
  const last = messages.filter((item) => item.author === "operator" && item.operator_id === meId).at(-1)
  return last && mayReword(last, can, meId) ? last : undefined
}

/** The labels under `item` that the customer pressed. */
export function pressedUnder(item: MessageItem, items: readonly ThreadItem[]): ReadonlySet<string> {
  const theirs = items.filter((other): other is MessageItem => other.type === "message" && other.author === "customer")
  // A chat of ours does not quote what was pressed under: there the next word counts.
  const next = theirs.find(({ seq }) => seq > item.seq)
  const answers = theirs.filter((other) => other.in_reply_to === item.id || (other === next && other.in_reply_to === null))
  const labels = new Set(item.buttons.map((button) => button.label))
  return new Set(answers.map((answer) => answer.text).filter((text) => labels.has(text)))
}

/** Reactions under messages, and which an operator may put there. Pure, but for whose picker is open. */
import { ref } from "vue"
import type { Can } from "@/api/inboxes"
import type { MessageItem, ReactionView, ThreadItem } from "@/api/shapes"

/** What a provider draws and no other can. */
export const OWN_PICTURE = "✨"

/** The message whose picker is open. */
export const picking = ref<string | null>(null)

/** In colour: some emoji are signs of the text unless they are told otherwise. */
export function coloured(emoji: string): string {
  const parts = emoji.replaceAll("\uFE0F", "").split("\u200D")
  return parts.map((part) => (/\p{Emoji_Presentation}|\p{Emoji_Modifier}/u.test(part) ? part : `${part}\uFE0F`)).join("\u200D")
}

/** The server decides again. */
export const mayReact = (item: MessageItem, can: Can | undefined) =>
  item.author === "customer" && item.deleted_at === null && (can?.reactions.length ?? 0) > 0

const own = (item: MessageItem) => item.reactions.find((one) => one.operator_id !== null)

/** What stands there of ours once everything that is wished for is done. */
export function ours(item: MessageItem): string {
  const { change } = item
  if (change?.kind === "reaction" && change.state === "queued") return change.text
  return own(item)?.emoji ?? ""
}

export interface Chip extends ReactionView {
  /** Ours, and not yet at the customer's. */
  pending: boolean
}

/** What is shown under a message: also what is on its way, and not what is being taken back. */
export function chips(item: MessageItem, meId: string): Chip[] {
  const wished = item.change?.kind === "reaction" && item.change.state === "queued" ? item.change.text : null
  const there = item.reactions.map((one) => ({ ...one, pending: false }))
  if (wished === null) return there
  const left = there.map((one) => (one.operator_id === null ? one : { ...one, operator_id: null, count: one.count - 1 }))
  const found = left.find((one) => one.emoji === wished)
  if (found) Object.assign(found, { count: found.count + 1, operator_id: meId, pending: true })
  else if (wished !== "") left.push({ emoji: wished, count: 1, operator_id: meId, pending: true })
  return left.filter((one) => one.count > 0)
}

/** The message that the key reacts to. */
export const lastTheirs = (items: readonly ThreadItem[]): MessageItem | undefined =>
  items.filter((item): item is MessageItem => item.type === "message" && item.author === "customer").at(-1)

/** Which place of a grid of `columns` an arrow leads to from `place`. */
export function arrowed(place: number, key: string, count: number, columns: number): number {
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[key] ?? 0
  const next = place + by
  return next >= 0 && next < count ? next : place
}

/** How a place is called where a customer writes. Pure but for the words. */
import type { InboxView } from "@/api/inboxes"
import type { ConversationView } from "@/api/shapes"
import { tOr } from "@/language"
import { shortTime } from "@/time"

export const channelName = (channel: string) => tOr(`common.channel_${channel}`, channel)

/** The inbox's name, else the channel's. */
export const placeOf = (row: ConversationView, inboxes: ReadonlyMap<string, InboxView>) =>
  inboxes.get(row.inbox_id)?.name || channelName(row.channel)

/** In which of several inboxes of one channel the customer writes; empty where there is no other. */
export function placeAmong(row: ConversationView, inboxes: ReadonlyMap<string, InboxView>): string {
  const alike = [...inboxes.values()].filter((inbox) => inbox.kind === row.channel && inbox.active)
  return alike.length > 1 ? (inboxes.get(row.inbox_id)?.name ?? "") : ""
}

/** Of several, each by another name: of two in one inbox it tells since when they are. */
export function placesOf(rows: readonly ConversationView[], inboxes: ReadonlyMap<string, InboxView>): ReadonlyMap<string, string> {
  const names = rows.map((row) => placeOf(row, inboxes))
  const told = (row: ConversationView, name: string) =>
    names.filter((other) => other === name).length > 1 ? `${name} · ${shortTime(row.opened_at)}` : name
  return new Map(rows.map((row, index) => [row.id, told(row, names[index]!)]))
}

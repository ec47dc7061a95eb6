/** A line's settings as its form holds them, and which part of the form each stands in. Pure. */
import type { LineChange, LineDetail } from "@/api/lines"
import { changed } from "../edits"

export function fieldsOf(view: LineDetail) {
  const { id: _id, key: _key, strategy: _strategy, operator_ids: _ids, opening: _opening, overflow_ring: _ring, ...rest } = view
  const plain = JSON.parse(JSON.stringify(rest)) as typeof rest
  return { ...plain, greeting: { en: "", ru: "", ...plain.greeting }, consent_url: plain.consent_url ?? "" }
}

export type LineFields = ReturnType<typeof fieldsOf>

/** What to send of what was edited. */
export function changeOf(before: LineFields, now: LineFields): LineChange {
  const change: LineChange = { ...changed(before, now) }
  if ("consent_url" in change) change.consent_url = change.consent_url || null
  if (change.greeting) change.greeting = said(change.greeting)
  return change
}

const said = (texts: Record<string, string>) =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim()))

export const PARTS = ["self", "queue", "capacity", "returning", "hours", "replies", "promises", "closing", "rules", "widget"] as const
export type Part = (typeof PARTS)[number]

/** By how the name of a field begins; the longest that fits. */
const places: [string, Part][] = [
  ["queueing", "queue"],
  ["queue", "queue"],
  ["auto_accept", "queue"],
  ["offer_timeout_s", "queue"],
  ["missed_offers_until_away", "queue"],
  ["queueing.capacity", "capacity"],
  ["queueing.sticky", "returning"],
  ["queueing.preferences", "returning"],
  ["queueing.when_closed", "hours"],
  ["calendar_id", "hours"],
  ["stale_after_s", "hours"],
  ["replies", "replies"],
  ["sla", "promises"],
  ["lifetimes", "closing"],
  ["rating", "closing"],
  ["reopen_window_s", "closing"],
  ["rules", "rules"],
  ["title", "widget"],
  ["colour", "widget"],
  ["greeting", "widget"],
  ["ask_contact", "widget"],
  ["consent_url", "widget"],
  ["allowed_sites", "widget"],
]

export function partOf(field: string): Part {
  const fits = places.filter(([begin]) => field === begin || field.startsWith(`${begin}.`))
  return fits.sort(([a], [b]) => b.length - a.length)[0]?.[1] ?? "self"
}

/** The parts in which something is wrong, in the form's order. */
export const wrongParts = (problems: Record<string, string>): Part[] => {
  const found = new Set(Object.keys(problems).map(partOf))
  return PARTS.filter((part) => found.has(part))
}

/** The parts in which something is other than it was, in the form's order. */
export function changedParts(before: LineFields, now: LineFields): Part[] {
  const { queueing: was, ...others } = before
  const { queueing: is, ...those } = now
  const fields = [...Object.keys(changed(others, those)), ...Object.keys(changed(was, is)).map((name) => `queueing.${name}`)]
  const found = new Set(fields.map(partOf))
  return PARTS.filter((part) => found.has(part))
}

/** The list with one moved by `by` places. */
export function moved<T>(list: readonly T[], index: number, by: number): T[] {
  const order = [...list]
  const [one] = order.splice(index, 1)
  order.splice(index + by, 0, one!)
  return order
}

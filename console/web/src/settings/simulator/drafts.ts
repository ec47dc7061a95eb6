/** Settings of a line that are not saved: between its form and the simulator, in this tab alone. */
import type { LineFields } from "../line/form"

const held = new Map<string, Partial<LineFields>>()

export function hand(lineId: string, draft: Partial<LineFields>) {
  held.set(lineId, JSON.parse(JSON.stringify(draft)) as Partial<LineFields>)
}

/** What was handed over for a line, once. */
export function handed(lineId: string): Partial<LineFields> {
  const draft = held.get(lineId) ?? {}
  held.delete(lineId)
  return draft
}

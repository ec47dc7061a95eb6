/** Who watches the load sees first where something has to be done. Pure. */
import type { OperatorView } from "@/api/shapes"

export interface LineLoad {
  line_id: string
  waiting: number
  waiting_since: string | null
  open: number
  at_risk: number
  late: number
}

const since = (one: LineLoad) => (one.waiting_since ? Date.parse(one.waiting_since) : Infinity)

/** Late ones first, then those at risk, then who waits longest. */
export const worstFirst = (loads: readonly LineLoad[]) =>
  [...loads].sort((a, b) => b.late - a.late || b.at_risk - a.at_risk || since(a) - since(b))

const taken = (one: OperatorView) => one.open_count + one.offered_count

/** How many more they would be given now. */
export function freeSlots(one: OperatorView): number {
  const isHere = one.active && one.reachable && one.status === "available"
  return isHere ? Math.max(0, one.max_conversations - taken(one)) : 0
}

const places = ["available", "busy", "away", "off"] as const

/** Those of the lines, who is here first, then who has the most. */
export function byPresence(operators: Iterable<OperatorView>, lineIds: ReadonlySet<string>): OperatorView[] {
  const rank = (one: OperatorView) => places.indexOf(one.status) * 2 + (one.reachable ? 0 : 1)
  return [...operators]
    .filter((one) => one.active && one.line_ids.some((id) => lineIds.has(id)))
    .sort((a, b) => rank(a) - rank(b) || taken(b) - taken(a) || a.name.localeCompare(b.name))
}

export function totals(loads: readonly LineLoad[], operators: readonly OperatorView[]) {
  const sum = (of: (one: LineLoad) => number) => loads.reduce((whole, one) => whole + of(one), 0)
  const first = loads.filter((one) => one.waiting_since).sort((a, b) => since(a) - since(b))[0]
  return {
    waiting: sum((one) => one.waiting),
    waiting_since: first?.waiting_since ?? null,
    open: sum((one) => one.open),
    at_risk: sum((one) => one.at_risk),
    late: sum((one) => one.late),
    here: operators.filter((one) => one.reachable && one.status === "available").length,
    free: operators.reduce((whole, one) => whole + freeSlots(one), 0),
  }
}

/** What a new desk still needs before customers are answered. Pure. */
import type { LineView } from "@/api/shapes"
import type { State } from "@/state"

export type StepName = "queue" | "operator" | "customer" | "site" | "channel"

export interface Step {
  name: StepName
  done: boolean
}

type Known = Pick<State, "me" | "lines" | "inboxes" | "operators" | "counts">

/** Lines in whose queue I do not stand. */
export const linesToJoin = ({ me, lines }: Pick<State, "me" | "lines">): LineView[] =>
  [...lines.values()].filter((line) => line.active && !line.operator_ids.includes(me.id))

/** `copied`: the widget's tag was copied here. */
export function stepsOf({ me, lines, inboxes, operators, counts }: Known, copied: boolean): Step[] {
  const all = [...lines.values()]
  return [
    { name: "queue", done: all.some((line) => line.operator_ids.includes(me.id)) },
    { name: "operator", done: [...operators.values()].some((one) => one.active && one.id !== me.id) },
    { name: "customer", done: counts.all + counts.closed > 0 },
    { name: "site", done: copied || all.some((line) => line.allowed_sites.length > 0) },
    { name: "channel", done: [...inboxes.values()].filter((inbox) => inbox.active).length > 1 },
  ]
}

/** A desk is new until the first conversation was closed; only its administrators set it up. */
export const isNew = ({ me, counts }: Pick<Known, "me" | "counts">, steps: readonly Step[]) =>
  me.role === "administrator" && counts.closed === 0 && steps.some((step) => !step.done)

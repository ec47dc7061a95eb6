/** What automatic replies come to, as `queues/replies.py` says them. Pure. */
import type { RepliesView, ReplyStageView, ReplyWhen } from "@/api/lines"

export const VARIABLES = ["name", "operator", "line", "opens", "place", "wait"] as const
export type Variable = (typeof VARIABLES)[number]
export type Values = Partial<Record<Variable, string>>

const variable = /\{(\w+)\}/g
const isKnown = (name: string): name is Variable => (VARIABLES as readonly string[]).includes(name)

/** The variables replaced; a line whose variable has no value falls away. */
export function filled(text: string, values: Values): string {
  const lines = text.split("\n").flatMap((line) => {
    const named = [...line.matchAll(variable)].map((hit) => hit[1]!).filter(isKnown)
    if (named.some((name) => !values[name])) return []
    return [line.replaceAll(variable, (whole, name: string) => (isKnown(name) ? (values[name] ?? whole) : whole))]
  })
  return lines.join("\n").trim()
}

export const unknownVariables = (text: string) =>
  [...new Set([...text.matchAll(variable)].map((hit) => hit[1]!))].filter((name) => !isKnown(name)).sort()

/** In the first of these languages that there is, else in any. */
export function inLanguage(texts: Record<string, string>, ...languages: string[]): string {
  for (const language of languages) if (texts[language]?.trim()) return texts[language]
  return Object.values(texts).find((text) => text.trim()) ?? ""
}

export type Pressed = "nothing" | "choices" | "phone"

/** What may be pressed under a stage's text. */
export function pressedOf(stage: ReplyStageView): Pressed {
  if (Object.keys(stage.ask_phone).length > 0) return "phone"
  return Object.keys(stage.options).length > 0 ? "choices" : "nothing"
}

/** By language, without what says nothing. */
export const listed = (lists: Record<string, string[]>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(lists)
      .map(([language, list]) => [language, list.map((one) => one.trim()).filter(Boolean)] as const)
      .filter(([, list]) => list.length > 0),
  )

export function withText(texts: Record<string, string>, language: string, text: string): Record<string, string> {
  const { [language]: _, ...others } = texts
  return text ? { ...others, [language]: text } : others
}

const known: Record<ReplyWhen, Variable[]> = {
  opened: [],
  closed_hours: ["opens"],
  waiting: ["place"],
  operator_silent: ["operator"],
  customer_silent: ["operator"],
  closed: ["operator"],
  auto_closed: [],
}

/** Whether nothing is left of a text for a customer of whom nothing is known. */
export const mayBeNothing = (text: string, when: ReplyWhen) =>
  text.trim() !== "" && filled(text, Object.fromEntries([...known[when], "line"].map((name) => [name, "…"]))) === ""

/** The stages that a customer hears at once or soon who writes now and is answered by nobody. */
export const heardNow = (replies: RepliesView, open: boolean): ReplyStageView[] =>
  replies.stages
    .filter((stage) => {
      if (!stage.active) return false
      if (stage.when === "closed_hours") return !open
      const fits = stage.hours === "any" || (stage.hours === "open") === open
      return fits && (stage.when === "opened" || (stage.when === "waiting" && open))
    })
    .sort((a, b) => a.after_s - b.after_s)

/** What automatic replies come to, as `queues/replies.py` says them. Pure. */
import type { RepliesView, ReplyStageView } from "@/api/lines"

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

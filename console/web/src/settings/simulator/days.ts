/** Which days are lived through, as the form holds them. Pure. */
import type { DrawnDays, RecordedDays } from "@/api/simulations"

export interface DaysForm {
  kind: "recorded" | "drawn"
  recorded: RecordedDays
  drawn: DrawnDays
}

export interface Span {
  first: string
  last: string
}

const day = (at: Date) => at.toISOString().slice(0, 10)
const moved = (date: string, by: number) => day(new Date(Date.parse(`${date}T12:00:00Z`) + by * 86_400_000))

/** The last week that is recorded; of days that may come, the next one. */
export function daysOf(span: Span | null, now: Date): DaysForm {
  const last = span?.last ?? day(now)
  const week = moved(last, -6)
  const first = span && span.first > week ? span.first : week
  return {
    kind: span ? "recorded" : "drawn",
    recorded: { first, last, beside: [] },
    drawn: { first: moved(day(now), 1), days: 1, an_hour: 20, handling_s: 300, flow: "usual", patience_s: 1200, returning: 0, seed: 1 },
  }
}

/** What is sent: the days of the kind that was chosen. */
export const sentDays = (form: DaysForm) => (form.kind === "recorded" ? { recorded: form.recorded } : { drawn: form.drawn })

/** Hours of a day as people write them, and as calendars hold them. Pure. */
import type { CalendarDraft, CalendarView, IntervalView } from "@/api/hours"

const DAY_MINUTES = 24 * 60
const NINE_TO_SIX: IntervalView = { opens: 9 * 60, closes: 18 * 60 }

/** "18:00" on the clock; past midnight it begins again. */
export function timeOf(minutes: number): string {
  const ofDay = minutes % DAY_MINUTES
  return `${String(Math.floor(ofDay / 60)).padStart(2, "0")}:${String(ofDay % 60).padStart(2, "0")}`
}

export function minutesOf(time: string): number {
  const [hours, minutes] = time.split(":").map(Number)
  return hours! * 60 + minutes!
}

/** What closes no later than it opens closes on the next day: 22:00 to 06:00, 00:00 to 00:00. */
export function interval(opens: string, closes: string): IntervalView {
  const [from, to] = [minutesOf(opens), minutesOf(closes)]
  return { opens: from, closes: to > from ? to : to + DAY_MINUTES }
}

export const endsNextDay = (one: IntervalView) => one.closes > DAY_MINUTES

/** One more after the last: an hour later, until six or for two hours. */
export function another(intervals: readonly IntervalView[]): IntervalView {
  const last = intervals.at(-1)
  if (!last) return { ...NINE_TO_SIX }
  const opens = Math.min(last.closes + 60, DAY_MINUTES - 1)
  return { opens, closes: Math.min(Math.max(opens + 120, NINE_TO_SIX.closes), DAY_MINUTES + 60) }
}

export const draftOf = ({ name, timezone, week, exceptions, holidays }: CalendarView): CalendarDraft =>
  JSON.parse(JSON.stringify({ name, timezone, week, exceptions, holidays })) as CalendarDraft

/** Weekdays from nine to six, on this clock. */
export function newDraft(name: string, timezone: string): CalendarDraft {
  const week = [0, 1, 2, 3, 4, 5, 6].map((day) => (day < 5 ? [{ ...NINE_TO_SIX }] : []))
  return { name, timezone, week, exceptions: [], holidays: null }
}

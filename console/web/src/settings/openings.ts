/** Hours in words: "Open now, until 18:00". */
import type { OpeningView } from "@/api/lines"
import { language, t } from "@/language"
import { soonTime, soonWhen } from "@/time"

const YEAR_MS = 365 * 86_400_000

/** By the reader's clock, or by that of `timeZone`. */
export function openingInWords({ open, until }: OpeningView, timeZone?: string): string {
  const never = until === null || Date.parse(until) - Date.now() > YEAR_MS
  const there = never ? null : timeZone ? timeIn(timeZone, until) : { time: soonTime(until), when: soonWhen(until) }
  if (open) return there ? t("lines.open_until", there) : t("lines.open_always")
  return there ? t("lines.closed_until", there) : t("lines.closed_always")
}

function timeIn(timeZone: string, at: string): { time: string; when: string } {
  const [now, then] = [new Date(), new Date(at)]
  const day = new Intl.DateTimeFormat(language.value, { day: "numeric", month: "long", timeZone })
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone } as const
  const isToday = day.format(now) === day.format(then)
  const time = new Intl.DateTimeFormat(language.value, isToday ? clock : { ...clock, day: "numeric", month: "long" }).format(then)
  return { time, when: t(isToday ? "common.when_clock" : "common.when_date", { time }) }
}

const UNITS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const

/** A time in full words, exactly: "1 hour 30 minutes". */
export function long(seconds: number): string {
  const parts: string[] = []
  let left = Math.round(seconds)
  for (const [size, unit] of UNITS) {
    const number = Math.floor(left / size)
    left -= number * size
    if (number > 0) parts.push(new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay: "long" }).format(number))
  }
  return parts.join(" ") || new Intl.NumberFormat(language.value, { style: "unit", unit: "second", unitDisplay: "long" }).format(0)
}

/** Hours in words: "Open now, until 18:00". */
import type { OpeningView } from "@/api/lines"
import { language, t } from "@/language"
import { soonTime } from "@/time"

const YEAR_MS = 365 * 86_400_000

/** By the reader's clock, or by that of `timeZone`. */
export function openingInWords({ open, until }: OpeningView, timeZone?: string): string {
  const never = until === null || Date.parse(until) - Date.now() > YEAR_MS
  const time = never ? "" : timeZone ? timeIn(timeZone, until) : soonTime(until)
  if (open) return never ? t("lines.open_always") : t("lines.open_until", { time })
  return never ? t("lines.closed_always") : t("lines.closed_until", { time })
}

function timeIn(timeZone: string, at: string): string {
  const [now, then] = [new Date(), new Date(at)]
  const day = new Intl.DateTimeFormat(language.value, { day: "numeric", month: "long", timeZone })
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone } as const
  const isToday = day.format(now) === day.format(then)
  return new Intl.DateTimeFormat(language.value, isToday ? clock : { ...clock, day: "numeric", month: "long" }).format(then)
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

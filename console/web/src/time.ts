/** The server's time, one tick a second for every timer on the screen, and how times are written. */
import { shallowRef } from "vue"
import { language, t } from "./language"

let offsetMs = 0
export const serverNow = () => Date.now() + offsetMs

/** The server's time in ms, changing once a second. */
export const tick = shallowRef(serverNow())

export function learnServerTime(at: string) {
  offsetMs = Date.parse(at) - Date.now()
  tick.value = serverNow()
}

/** Begin to tick. One ticker for all: a timer per row would wake the page hundreds of times. */
export function startTicking() {
  setInterval(() => (tick.value = serverNow()), 1000)
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** The console's language as it is written where this browser is: `en-GB` has a day of 24 hours. */
const local = () => navigator.languages.find((tag) => tag.split("-")[0] === language.value) ?? language.value

function format(options: Intl.DateTimeFormatOptions) {
  const key = language.value + JSON.stringify(options)
  const held = formats.get(key)
  if (held) return held
  const made = new Intl.DateTimeFormat(local(), options)
  formats.set(key, made)
  return made
}

const day = (ms: number) => new Date(ms).setHours(0, 0, 0, 0)

export const clock = (at: string) => format({ hour: "2-digit", minute: "2-digit" }).format(new Date(at))
export const dateAndTime = (at: string) =>
  format({ day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" }).format(new Date(at))
export const fullDate = (at: string) => format({ dateStyle: "full", timeStyle: "medium" }).format(new Date(at))
export const sameDay = (a: string, b: string) => day(Date.parse(a)) === day(Date.parse(b))

/** "Today", "Yesterday", "3 August", with the year if it is another one. */
export function dayName(at: string): string {
  const days = Math.round((day(Date.parse(at)) - day(tick.value)) / 86_400_000)
  if (days === 0 || days === -1) {
    const word = new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(days, "day")
    return word.charAt(0).toLocaleUpperCase(language.value) + word.slice(1)
  }
  const thisYear = new Date(at).getFullYear() === new Date(tick.value).getFullYear()
  return format({ day: "numeric", month: "long", ...(thisYear ? {} : { year: "numeric" }) }).format(new Date(at))
}

/** For a row: the clock today, else the date. */
export function shortTime(at: string): string {
  return sameDay(at, new Date(tick.value).toISOString())
    ? clock(at)
    : format({ day: "numeric", month: "short" }).format(new Date(at))
}

/** For what is to come: the clock today, else with its date. */
export const soonTime = (at: string) => (sameDay(at, new Date(tick.value).toISOString()) ? clock(at) : dateAndTime(at))
/** The same as a part of a sentence: "at 9:00", "on 3 August at 9:00". */
export const soonWhen = (at: string) =>
  sameDay(at, new Date(tick.value).toISOString())
    ? t("common.when_clock", { time: clock(at) })
    : t("common.when_date", { time: dateAndTime(at) })

const units = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const

/** One unit, the largest that fits: "40s", "3m", "2h". */
export function lasting(seconds: number): string {
  const [size, unit] = units.find(([size]) => seconds >= size) ?? units[3]
  const number = new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay: "narrow" })
  return number.format(Math.max(0, Math.floor(seconds / size)))
}

export const secondsSince = (at: string) => Math.max(0, (tick.value - Date.parse(at)) / 1000)
export const secondsUntil = (at: string) => Math.max(0, (Date.parse(at) - tick.value) / 1000)

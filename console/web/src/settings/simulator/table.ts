/** What came of a simulation, as rows of words and as CSV. Pure, but for the language. */
import type { Compared, Outcome } from "@/api/simulations"
import { language, t } from "@/language"

export interface RowOf {
  label: string
  about: string
  before: string
  after: string
  /** Whether the change is for the better; null: neither, or nobody can say. */
  better: boolean | null
}

const names = ["came", "p50", "p90", "most", "in_time", "lost", "waiting", "overflowed", "missed", "declined", "mean_load", "gini", "as_then"] as const
type Name = (typeof names)[number]

/** Of which less is better; of `in_time` more is. */
const fewer: ReadonlySet<Name> = new Set(["p50", "p90", "most", "lost", "waiting", "missed", "gini"])

const value: Record<Name, (one: Outcome) => number | null> = {
  came: (one) => one.came,
  p50: (one) => one.waits?.p50_s ?? null,
  p90: (one) => one.waits?.p90_s ?? null,
  most: (one) => one.waits?.most_s ?? null,
  in_time: (one) => one.in_time,
  lost: (one) => one.lost,
  waiting: (one) => one.waiting,
  overflowed: (one) => one.overflowed,
  missed: (one) => one.missed,
  declined: (one) => one.declined,
  mean_load: (one) => one.loads?.mean ?? null,
  gini: (one) => one.loads?.gini ?? null,
  as_then: (one) => one.as_then,
}
const times: ReadonlySet<Name> = new Set(["p50", "p90", "most"])
/** Not worth a row where there is nothing of it. */
const rare: ReadonlySet<Name> = new Set(["waiting", "overflowed", "missed", "declined"])
const shares: ReadonlySet<Name> = new Set(["in_time", "mean_load", "as_then"])

export const number = (one: number, digits = 0) =>
  new Intl.NumberFormat(language.value, { maximumFractionDigits: digits }).format(one)
export const share = (one: number) =>
  new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 0 }).format(one)

/** "8 s", "4:07", "2:15:30". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return t("simulator.seconds", { n: whole })
  const two = (one: number) => String(one).padStart(2, "0")
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

function written(name: Name, of: number | null): string {
  if (of === null) return "–"
  if (times.has(name)) return duration(of)
  return shares.has(name) ? share(of) : number(of, name === "gini" ? 2 : 0)
}

function better(name: Name, before: number | null, after: number | null): boolean | null {
  if (before === null || after === null || (!fewer.has(name) && name !== "in_time")) return null
  const gain = name === "in_time" ? after - before : before - after
  // What chance may do is neither better nor worse.
  const least = name === "gini" || shares.has(name) ? 0.02 : Math.max(Math.abs(before), Math.abs(after)) * 0.02
  return Math.abs(gain) <= least ? null : gain > 0
}

/** A row for each figure that either side has. */
export function rowsOf({ before, after }: Compared): RowOf[] {
  return names.flatMap((name) => {
    const [was, is] = [value[name](before), value[name](after)]
    if ((was === null && is === null) || (rare.has(name) && !was && !is)) return []
    return [
      {
        label: t(`simulator.row_${name}`),
        about: t(`simulator.row_${name}_about`),
        before: written(name, was),
        after: written(name, is),
        better: better(name, was, is),
      },
    ]
  })
}

export interface Person {
  name: string
  before: { given: number; load: number | null } | null
  after: { given: number; load: number | null } | null
}

/** Everybody of either side, in their order; who is not there on one side has nothing there. */
export function peopleOf({ before, after }: Compared): Person[] {
  const spare = [...before.people]
  const found: Person[] = after.people.map((is) => {
    const at = spare.findIndex((one) => one.name === is.name)
    return { name: is.name, before: at < 0 ? null : spare.splice(at, 1)[0]!, after: is }
  })
  return [...found, ...spare.map((was) => ({ name: was.name, before: was, after: null }))]
}

/** A cell that a spreadsheet neither splits nor takes for a formula. */
export function cell(text: string | number | null): string {
  if (text === null) return ""
  if (typeof text === "number") return String(text)
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",;\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

/** Numbers as they are, seconds and shares, for programs that calculate. */
export function csvOf(compared: Compared): string {
  const { before, after } = compared
  const head = ["", t("simulator.before"), t("simulator.after")]
  const rows: (string | number | null)[][] = [
    head,
    ...names.map((name) => [t(`simulator.row_${name}`), value[name](before), value[name](after)]),
    [],
    [t("simulator.by_hour_csv"), ...head.slice(1)],
    ...before.by_hour.map((was, hour) => [`${hour}:00`, was?.p90_s ?? null, after.by_hour[hour]?.p90_s ?? null]),
    [],
    [t("simulator.load_csv"), ...head.slice(1)],
    ...peopleOf(compared).map((one) => [one.name, one.before?.load ?? null, one.after?.load ?? null]),
    [],
    [t("simulator.given_csv"), ...head.slice(1)],
    ...peopleOf(compared).map((one) => [one.name, one.before?.given ?? null, one.after?.given ?? null]),
  ]
  // Spreadsheets take a file for UTF-8 by its first mark.
  return `\uFEFF${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`
}

/** When a snoozed conversation comes back. Pure. */
import type { Key } from "@/language"

export interface Preset {
  says: Key
  until: Date
}

function morning(now: Date, daysAhead: number) {
  const at = new Date(now)
  at.setDate(at.getDate() + daysAhead)
  at.setHours(9, 0, 0, 0)
  return at
}

const furthest_ms = 366 * 86_400_000
const two = (n: number) => String(n).padStart(2, "0")

/** As a field for date and time has it, by the reader's clock. */
export function asField(at: Date): string {
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** What a field for date and time says, or why that cannot be. */
export function ownTime(field: string, now: Date): Date | Key {
  const at = new Date(field)
  if (!field || Number.isNaN(at.getTime())) return "conversations.snooze_no_time"
  if (at <= now) return "conversations.snooze_past"
  return at.getTime() - now.getTime() > furthest_ms ? "conversations.snooze_far" : at
}

export function presets(now: Date): Preset[] {
  const inHours = (hours: number) => new Date(now.getTime() + hours * 3_600_000)
  const toMonday = (8 - now.getDay()) % 7 || 7
  return [
    { says: "conversations.snooze_hour", until: inHours(1) },
    { says: "conversations.snooze_three_hours", until: inHours(3) },
    { says: "conversations.snooze_tomorrow", until: morning(now, 1) },
    { says: "conversations.snooze_monday", until: morning(now, toMonday) },
  ]
}

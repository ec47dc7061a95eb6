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

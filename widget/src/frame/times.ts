/** Moments as the visitor reads them, in their own time zone. */
import type { Language } from "../settings";

export interface Times {
  /** 14:05 */
  clock(at: Date): string;
  /** Today, Yesterday, Wednesday 4 November, … */
  day(at: Date, now: Date): string;
  /** today, 09:00; tomorrow, 09:00; Monday, 09:00; 4 January, 09:00 */
  soon(at: Date, now: Date): string;
}

export function timesIn(language: Language): Times {
  const locale = language === "en" ? "en-GB" : language;
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "long" });
  const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long" });
  const dateWithYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return {
    clock: (at) => clock.format(at),
    day(at, now) {
      const days = daysBetween(now, at);
      if (days === 0 || days === -1) return capital(relative.format(days, "day"));
      return at.getFullYear() === now.getFullYear() ? date.format(at) : dateWithYear.format(at);
    },
    soon(at, now) {
      const days = daysBetween(now, at);
      const day = days < 2 ? relative.format(days, "day") : days < 7 ? weekday.format(at) : date.format(at);
      return `${day}, ${clock.format(at)}`;
    },
  };
}

/** Calendar days from one moment to another, in the visitor's time zone. */
export function daysBetween(from: Date, to: Date): number {
  const day = (at: Date) => Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / 86_400_000;
  return day(to) - day(from);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

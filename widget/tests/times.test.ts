/** Moments as the visitor reads them: `frame/times`. */
import { expect, test } from "vitest";
import { daysBetween, timesIn } from "../src/frame/times";

const NOW = new Date(2026, 10, 21, 12, 30);
const russian = timesIn("ru");
const english = timesIn("en");

test("days near us have names, others a date, and last year's their year", () => {
  const days = [new Date(2026, 10, 21, 0, 1), new Date(2026, 10, 20, 23, 59), new Date(2026, 10, 4), new Date(2025, 11, 31)];
  expect(days.map((at) => russian.day(at, NOW))).toEqual(["Сегодня", "Вчера", "4 ноября", "31 декабря 2025 г."]);
  expect(days.map((at) => english.day(at, NOW))).toEqual(["Today", "Yesterday", "4 November", "31 December 2025"]);
});

test("the next opening is said as people say it", () => {
  const moments = [new Date(2026, 10, 21, 18), new Date(2026, 10, 22, 9), new Date(2026, 10, 23, 9), new Date(2027, 0, 9, 9)];
  expect(moments.map((at) => russian.soon(at, NOW))).toEqual(["сегодня, 18:00", "завтра, 09:00", "понедельник, 09:00", "9 января, 09:00"]);
  expect(moments.map((at) => english.soon(at, NOW))).toEqual(["today, 18:00", "tomorrow, 09:00", "Monday, 09:00", "9 January, 09:00"]);
});

test("days are counted on the calendar, not in hours", () => {
  expect(daysBetween(new Date(2026, 10, 20, 23, 59), new Date(2026, 10, 21, 0, 1))).toBe(1);
  expect(daysBetween(new Date(2026, 10, 21, 0, 1), new Date(2026, 10, 21, 23, 59))).toBe(0);
});

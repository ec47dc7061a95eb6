/** Automatic replies are previewed as the desk says them: `words.ts`. */
import { expect, test } from "vitest"
import type { ReplyStageView } from "@/api/lines"
import { filled, heardNow, inLanguage, listed, mayBeNothing, pressedOf, unknownVariables } from "./words"

const stage = (over: Partial<ReplyStageView>): ReplyStageView => ({
  key: "hello",
  when: "opened",
  texts: { en: "Hello" },
  after_s: 0,
  hours: "any",
  channels: [],
  once_ever: false,
  active: true,
  options: {},
  ask_phone: {},
  ...over,
})

test("variables are filled, and a line whose variable has no value falls away", () => {
  const text = "Hello, {name}!\nYou are number {place}.\nWe open {opens}."
  expect(filled(text, { name: "Maria", opens: "at 9:00" })).toBe("Hello, Maria!\nWe open at 9:00.")
})

test("what is no variable stays as it was written, and is named", () => {
  expect(filled("Hello, {nmae}!", { name: "Maria" })).toBe("Hello, {nmae}!")
  expect(unknownVariables("{b} {name} {a} {b}")).toEqual(["a", "b"])
})

test("words are in the first language that has any", () => {
  expect(inLanguage({ en: "Hello", ru: " " }, "ru", "en")).toBe("Hello")
  expect(inLanguage({ de: "Hallo" }, "ru", "en")).toBe("Hallo")
  expect(inLanguage({}, "ru")).toBe("")
})

test("who writes now hears what fits the hours, soonest first", () => {
  const stages = [
    stage({ key: "wait", when: "waiting", after_s: 60 }),
    stage({ key: "day", hours: "open" }),
    stage({ key: "night", when: "closed_hours" }),
    stage({ key: "off", active: false }),
    stage({ key: "later", when: "customer_silent" }),
  ]
  const keys = (open: boolean) => heardNow({ stages, most_per_day: 6 }, open).map((one) => one.key)
  expect(keys(true)).toEqual(["day", "wait"])
  expect(keys(false)).toEqual(["night"])
})

test("a text whose every line may fall away is warned of", () => {
  expect(mayBeNothing("Thank you, {name}!", "closed")).toBe(true)
  expect(mayBeNothing("Thank you, {name}!\nGoodbye.", "closed")).toBe(false)
  expect(mayBeNothing("You are number {place}", "waiting")).toBe(false)
  expect(mayBeNothing("You are number {place}", "opened")).toBe(true)
  expect(mayBeNothing(" ", "opened")).toBe(false)
})

test("under a text are choices, or a button for a number, or nothing", () => {
  expect(pressedOf(stage({}))).toBe("nothing")
  expect(pressedOf(stage({ options: { en: ["Order"] } }))).toBe("choices")
  expect(pressedOf(stage({ ask_phone: { en: "My number" } }))).toBe("phone")
})

test("choices are one a line, and a language without any is left out", () => {
  expect(listed({ ru: [" Заказ ", ""], en: ["", " "] })).toEqual({ ru: ["Заказ"] })
})

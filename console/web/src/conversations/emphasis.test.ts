/** Emphasis by keyboard: `conversations/emphasis.ts`. */
import { expect, test } from "vitest"
import { type Selection, toggled } from "./emphasis"

function after(selection: Selection, sign = "**") {
  const { from, to, by, start, end } = toggled(selection, sign)
  const text = selection.text.slice(0, from) + by + selection.text.slice(to)
  return [text, text.slice(start, end)]
}

test("the selected words are emphasised and stay selected", () => {
  expect(after({ text: "Come now!", start: 5, end: 8 })).toEqual(["Come **now**!", "now"])
  expect(after({ text: "Come now!", start: 5, end: 8 }, "__")).toEqual(["Come __now__!", "now"])
})

test("a second press takes it back", () => {
  expect(after({ text: "Come **now**!", start: 7, end: 10 })).toEqual(["Come now!", "now"])
})

test("a space at the end of the selection stays outside", () => {
  expect(after({ text: "Come now please", start: 5, end: 9 })).toEqual(["Come **now** please", "now"])
})

test("without a selection the caret stands between the signs, and a second press removes them", () => {
  expect(toggled({ text: "", start: 0, end: 0 }, "**")).toEqual({ from: 0, to: 0, by: "****", start: 2, end: 2 })
  expect(after({ text: "****", start: 2, end: 2 })).toEqual(["", ""])
})

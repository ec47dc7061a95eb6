/** What is beside the words: `conversations/composing.ts`. */
import { expect, test } from "vitest"
import { id, message } from "@/testing"
import { compose, composed, composingOf, edit, nothing, quote, said } from "./composing"

const talk = id(1)

test("what is beside the words is kept for each conversation, until it is sent", () => {
  quote(talk, id(7))
  compose(talk, { options: ["Yes", "No"] })
  expect(composingOf(talk)).toEqual({ ...nothing, quoted: id(7), options: ["Yes", "No"] })
  expect(composingOf(id(2))).toEqual(nothing)
  composed(talk)
  expect(composingOf(talk)).toEqual(nothing)
})

test("a change begins with what the message is to say by now", () => {
  edit(talk, message(1, 1, { text: "old" }))
  expect(composingOf(talk).editing?.text).toBe("old")
  edit(talk, message(1, 1, { text: "old", change: { kind: "edit", state: "failed", text: "new", reason: "no" } }))
  expect(composingOf(talk).editing?.text).toBe("new")
  composed(talk)
})

test("choices that say nothing, or the same, are left out", () => {
  expect(said([" Yes", "", "No ", "Yes"])).toEqual(["Yes", "No"])
  expect(said(null)).toEqual([])
})

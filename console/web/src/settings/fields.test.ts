/** The form of an inbox: `settings/fields.ts`. */
import { expect, test } from "vitest"
import type { ChannelForm } from "@/api/inboxes"
import { canAsk, fieldsOf, isMade, named, read, readAll, written } from "./fields"

const form: ChannelForm = {
  kind: "rest",
  introduces: false,
  account: {
    required: ["rounds"],
    properties: {
      callback_url: { anyOf: [{ type: "string", format: "uri" }, { type: "null" }], default: null, title: "Callback", title_ru: "Адрес" },
      rounds: { type: "integer", title: "Rounds", description: "Of the script", description_ru: "Сценария" },
      answers: { type: "array", items: { type: "string" }, default: [], title: "Answers" },
      script: { type: "array", default: [], title: "Script" },
      live: { type: "boolean", default: true, title: "Live", advanced: true },
    },
  },
  secrets: {
    required: ["token"],
    properties: {
      secret: { type: "string", title: "Secret" },
      token: { type: "string", title: "Token" },
      extra: { type: "string", title: "Key of something else", default: "" },
    },
  },
}
const fields = fieldsOf(form, "ru")
const field = (name: string) => fields.find((one) => one.name === name)!

test("each setting becomes a field of its kind, named in the operator's language", () => {
  const { callback_url, rounds, answers, script, live, secret } = Object.fromEntries(fields.map((one) => [one.name, one.kind]))
  expect([callback_url, rounds, answers, script, live, secret]).toEqual(["text", "number", "lines", "json", "toggle", "text"])
  expect(field("callback_url").label).toBe("Адрес")
  expect([field("rounds").about, field("script").about]).toEqual(["Сценария", ""])
})

test("what nobody can leave out comes first", () => {
  expect(fields.slice(0, 2).map((one) => one.name)).toEqual(["rounds", "token"])
})

test("what is no number is the server's to understand", () => {
  expect(read(field("rounds"), "club77")).toBe("club77")
})

test("what is written reads as it was", () => {
  for (const [name, value] of [["rounds", 3], ["answers", ["yes", "no"]], ["script", [{ text: "hi" }]], ["live", false]] as const)
    expect(read(field(name), written(field(name), value)), name).toEqual(value)
})

test("what is left empty is not sent", () => {
  expect(read(field("callback_url"), " ")).toBeUndefined()
})

test("broken JSON is not sent", () => {
  expect(() => read(field("script"), "[{")).toThrow(SyntaxError)
})

test("only a secret may be left to the server", () => {
  expect(fields.filter(isMade).map((one) => one.name)).toEqual(["secret"])
})

test("a made secret is shown under its field's name", () => {
  expect(named({ secret: "s", other: "o" }, fields)).toEqual([
    { label: "Secret", value: "s" },
    { label: "other", value: "o" },
  ])
})

test("a made secret that most people leave alone is shown to nobody", () => {
  const unneeded = fields.map((one) => ({ ...one, advanced: true }))
  expect(named({ secret: "s" }, unneeded)).toEqual([])
})

test("what most people leave alone stands apart", () => {
  expect(fields.filter((one) => one.advanced).map((one) => one.name)).toEqual(["live"])
})

test("a form is read whole, and what is broken in it is named", () => {
  expect(readAll(fields, { rounds: "3", secret: " ", live: false, script: "[{" })).toEqual({
    given: { rounds: 3, live: false },
    broken: ["script"],
  })
})

test("a channel can ask when that is one of its ways", () => {
  const by = (ways: string[]) => fieldsOf({ ...form, account: { properties: { by: { type: "string", enum: ways } } } }, "en")
  expect(canAsk(by(["polling", "webhook"]))).toBe(true)
  expect(canAsk(by(["webhook", "upload"]))).toBe(false)
  expect(canAsk(fields)).toBe(false)
})

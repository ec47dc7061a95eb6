// @vitest-environment happy-dom
import { beforeAll, describe, expect, it } from "vitest"
import type { CardFieldView } from "@/api/cards"
import { speak } from "@/language"
import { fieldName, valueInWords, valueOf } from "./fields"

const field = (kind: CardFieldView["kind"], names = {}): CardFieldView => ({ key: "turnover", kind, names, choices: [] })

describe("a field of a customer's card", () => {
  beforeAll(() => speak("ru"))

  it("is called as people call it, else by its key", () => {
    expect(fieldName(field("text", { ru: "Оборот", en: "Turnover" }))).toBe("Оборот")
    expect(fieldName(field("text", { en: "Turnover" }))).toBe("Turnover")
    expect(fieldName(field("text"))).toBe("turnover")
  })

  it("reads numbers as people write them", () => {
    expect(valueOf(field("number"), " 1 200,50 ")).toBe(1200.5)
    expect(valueOf(field("number"), "much")).toBeUndefined()
  })

  it("is taken away by an empty text", () => {
    expect(valueOf(field("text"), "  ")).toBeNull()
    expect(valueOf(field("flag"), "")).toBeNull()
    expect(valueOf(field("flag"), "true")).toBe(true)
    expect(valueOf(field("flag"), "false")).toBe(false)
  })

  it("is said in words", () => {
    expect(valueInWords(true)).toBe("Да")
    expect(valueInWords(["a", "b"])).toBe("a, b")
    expect(valueInWords(1200.5).replaceAll(/\s/g, " ")).toBe("1 200,5")
    expect(valueInWords(undefined)).toBe("")
  })
})

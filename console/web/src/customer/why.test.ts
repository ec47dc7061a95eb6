/** "Why this operator, why is it waiting and until when?" as a sentence: `customer/why.ts`. */
import { beforeAll, expect, test, vi } from "vitest"
import { speak } from "@/language"
import { ANNA, at } from "@/testing"
import { removedInWords, ruleInWords } from "./why"

const around = { nameOf: () => "Anna", timeOf: () => "12:05", whenOf: () => "at 12:05" }
const settled = { rung: null, known_id: null, until: null }

beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: {} })
  await speak("en")
})

test.each([
  [{ rule: "next_in_turn" }, "it was their turn"],
  [{ rule: "knows_customer", rung: "last_operator", known_id: ANNA }, "the customer knows them (answered them last)"],
  [{ rule: "outside_hours" }, "the line is closed"],
  [{ rule: "outside_hours", until: at(5) }, "the line is closed; it opens at 12:05"],
  [{ rule: "everyone_refused", until: at(5) }, "everybody refused or missed it; asked again at 12:05"],
  [{ rule: "waiting_for_language", until: at(5) }, "it waits for somebody who speaks the language, until 12:05"],
  [
    { rule: "waiting_for_owner", rung: "responsible", known_id: ANNA, until: at(5) },
    "it waits for Anna (responsible in the CRM), until 12:05",
  ],
  [{ rule: "waiting_for_owner" }, "it waits for the operator whom the customer knows"],
])("%o: %s", (decision, words) => {
  expect(ruleInWords({ ...settled, ...decision }, around)).toBe(words)
})

test("a code that this page does not know yet is read as words", () => {
  expect(ruleInWords({ ...settled, rule: "full_moon" }, around)).toBe("full moon")
  expect(removedInWords("on_the_moon")).toBe("on the moon")
})

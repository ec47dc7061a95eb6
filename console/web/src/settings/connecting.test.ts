// @vitest-environment happy-dom
/** Who an account is, before it is stored: `settings/connecting.ts`. */
import { beforeAll, expect, test } from "vitest"
import type { Tried } from "@/api/inboxes"
import { speak } from "@/language"
import { calledAt, isAnother, known, warningsOf } from "./connecting"

const tried = (over: Partial<Tried> = {}): Tried => ({
  problem: null,
  name: "Shop",
  username: "shop_bot",
  link: "",
  source_key: "",
  picture: null,
  warnings: [],
  ...over,
})

beforeAll(() => speak("en"))

test("a token of another account is noticed", () => {
  expect(isAnother(tried(), tried({ username: "other_bot" }))).toBe(true)
  expect(isAnother(tried(), tried({ name: "Renamed" }))).toBe(false)
  expect(isAnother(null, tried())).toBe(false)
  expect(isAnother(tried({ username: "" }), tried())).toBe(false)
})

test("an account is called by its name and its address", () => {
  expect(calledAt(tried())).toBe("Shop · @shop_bot")
  expect(calledAt(tried({ username: "" }))).toBe("Shop")
})

test("a warning has words; a code that nobody knows says nothing", () => {
  const words = warningsOf(tried({ warnings: ["no_public_address", "from_the_future"] }))
  expect(words).toHaveLength(1)
  expect(words[0]).toContain("https")
})

test("an inbox that there is is used here, not elsewhere", () => {
  expect(known(tried({ warnings: ["used_elsewhere", "group_privacy"] })).warnings).toEqual(["group_privacy"])
})

/** Where customers can be written to: `reach.ts`. */
import { beforeAll, expect, test, vi } from "vitest"
import type { IdentityView } from "@/api/shapes"
import { speak } from "@/language"
import { addressOf, isGone } from "./reach"

const known = (given: Partial<IdentityView>): IdentityView => ({
  id: "1", channel: "telegram", address: "7", name: "", active: true, picture_url: null, ...given,
})

beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: {} })
  await speak("en")
})

test("a customer is gone where every address of theirs is", () => {
  const shut = known({ active: false })
  expect(isGone({ identities: [shut] }, "telegram")).toBe(true)
  expect(isGone({ identities: [shut, known({ id: "2" })] }, "telegram")).toBe(false)
  expect(isGone({ identities: [shut, known({ channel: "vk" })] }, "vk")).toBe(false)
})

test("of whom nothing is known nothing is said", () => {
  expect(isGone(undefined, "telegram")).toBe(false)
  expect(isGone({ identities: [] }, "telegram")).toBe(false)
})

test("a person's name in Telegram has its sign, a group's title has none", () => {
  expect(addressOf(known({ name: "vera_s" }))).toBe("@vera_s")
  expect(addressOf(known({ name: "Delivery", address: "-5" }))).toBe("Delivery")
  expect(addressOf(known({ channel: "vk", name: "masha" }))).toBe("masha")
  expect(addressOf(known({}))).toBe("7")
  expect(addressOf(known({ channel: "webchat", address: "x" }))).toBe("Website chat")
})

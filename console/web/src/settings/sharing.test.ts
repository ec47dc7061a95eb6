/** An address with a word in it: `settings/sharing.ts`. */
import { expect, test } from "vitest"
import { linkFrom, wrongIn } from "./sharing"

const link = "https://t.me/shop_bot"

test("the word stands in the address by the name that the channel gives it", () => {
  expect(linkFrom(link, "start", "winter-sale_2")).toBe("https://t.me/shop_bot?start=winter-sale_2")
  expect(linkFrom("https://vk.me/shop", "ref", "card")).toBe("https://vk.me/shop?ref=card")
})

test("without a word, or a channel that carries one, the address is as it was", () => {
  expect(linkFrom(link, "start", "")).toBe(link)
  expect(linkFrom(link, "", "sale")).toBe(link)
})

test.each([
  ["a".repeat(64), null],
  ["a".repeat(65), "too_long"],
  ["winter sale", "letters"],
  ["зима", "letters"],
  ["a&b=c", "letters"],
  ["sale ", "letters"],
  ["", null],
])("%s: %s", (source, wrong) => {
  expect(wrongIn(source)).toBe(wrong)
  if (wrong) expect(linkFrom(link, "start", source)).toBe(link)
})

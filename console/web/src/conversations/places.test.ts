/** How the places where customers write are called: `conversations/places.ts`. */
import { expect, test } from "vitest"
import { conversation, inbox } from "@/testing"
import { placeAmong } from "./places"

const known = (...all: ReturnType<typeof inbox>[]) => new Map(all.map((one) => [one.id, one]))
const [shop, wholesale] = [inbox(1, { name: "Shop bot" }), inbox(2, { name: "Wholesale bot" })]
const row = conversation(1, { inbox_id: shop.id, channel: shop.kind })

test("of two bots the one is named to which the customer writes", () => {
  expect(placeAmong(row, known(shop, wholesale))).toBe("Shop bot")
})

test("where there is no other nothing is named", () => {
  expect(placeAmong(row, known(shop))).toBe("")
  expect(placeAmong(row, known(shop, { ...wholesale, active: false }))).toBe("")
  expect(placeAmong(row, known(shop, { ...wholesale, kind: "vk" }))).toBe("")
  expect(placeAmong({ ...row, inbox_id: "unknown" }, known(shop, wholesale))).toBe("")
})

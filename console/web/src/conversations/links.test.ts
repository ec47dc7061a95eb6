/** Addresses in what people write: `conversations/links.ts`. */
import { expect, test } from "vitest"
import shared from "../../../../tests/emphasis.json"
import { partsOf, plainOf, richPartsOf, signOf } from "./links"

const links = (text: string) => partsOf(text).flatMap((part) => (part.kind === "link" ? [part.href] : []))

test.each([
  ["see https://shop.example/p/1.", "https://shop.example/p/1"],
  ["(https://shop.example/a_(b))", "https://shop.example/a_(b)"],
  ["«https://магазин.рф/чехол»", "https://магазин.рф/чехол"],
  ["www.shop.example!", "https://www.shop.example"],
  ["пишите на sales@shop.example, ждём", "mailto:sales@shop.example"],
])("%s", (text, href) => {
  expect(links(text)).toEqual([href])
})

test.each(["javascript:alert(1)", "data:text/html,x", "1.5 и 2.0", "the end.And so on"])("%s holds no link", (text) => {
  expect(links(text)).toEqual([])
})

test("nothing of the text is lost", () => {
  const text = "a https://b.example/c?d=e&f=g, and h@i.example.\nSecond line (www.j.example)."
  expect(partsOf(text).map((part) => part.text).join("")).toBe(text)
})

test.each(shared as [string, [string, string][]][])("%s is emphasised as a channel does", (text, expected) => {
  const joined: [string, string][] = []
  for (const { kind, text: words } of richPartsOf(text)) {
    const last = joined.at(-1)
    if (kind === "text" && last?.[0] === "text") last[1] += words
    else joined.push([kind, words])
  }
  expect(joined).toEqual(expected)
})

test("a place and somebody's card begin with a sign that is drawn", () => {
  expect(signOf("📍 55.75,37.61")).toEqual({ kind: "place", rest: "55.75,37.61" })
  expect(signOf("👤 Oleg +79161234567")).toEqual({ kind: "person", rest: "Oleg +79161234567" })
  expect(signOf("😀 hello")).toEqual({ kind: null, rest: "😀 hello" })
})

test("where nothing is drawn the signs are gone, and the words stay", () => {
  expect(plainOf("**Three** left: [all lamps](https://shop.example/lamps), `AB-1`")).toBe("Three left: all lamps, AB-1")
  expect(plainOf("2 ** 3, not a sign")).toBe("2 ** 3, not a sign")
})

/** Rules that every file here keeps. */
import { readdirSync, readFileSync } from "node:fs"
import { extname, join } from "node:path"
import { expect, test } from "vitest"

const root = import.meta.dirname
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
  [".ts", ".vue", ".css"].includes(extname(name)),
)
const text = (name: string) => readFileSync(join(root, name), "utf8")
const code = files.filter((name) => !name.includes(".test."))

test("a file has at most 400 lines", () => {
  expect(files.filter((name) => text(name).split("\n").length > 401)).toEqual([])
})

test("what people wrote never becomes markup", () => {
  const markup = new RegExp(["v-html", "innerHTML", "insertAdjacent" + "HTML"].join("|"))
  expect(code.filter((name) => markup.test(text(name)))).toEqual([])
})

test("only src/ui, and what draws its own list, knows the component library", () => {
  const others = code.filter((name) => !name.startsWith("ui") && text(name).includes('from "reka-ui"'))
  expect(others.sort()).toEqual(["App.vue", "StatusMenu.vue", "conversations/TransferDialog.vue", "keys/Palette.vue"])
})

test("no words of a language stand in the code", () => {
  expect(code.filter((name) => /[а-яё]/i.test(text(name).replaceAll("Русский", ""))).sort()).toEqual([])
})

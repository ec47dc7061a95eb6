/** What the server says, in the operator's language: `words.ts`. */
import { beforeAll, expect, test, vi } from "vitest"
import { Refused } from "./api"
import { speak } from "./language"
import { fieldsInWords, inWords, serverSays, sizeInWords } from "./words"

const refused = (code: string, detail: string, fields: Record<string, string> = {}) =>
  new Refused(400, { code, detail, fields })

beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: {} })
  await speak("ru")
})

test("a sentence of the server has words of its own", () => {
  expect(serverSays("the answer was lost")).toBe("Ответ потерялся, поэтому неизвестно.")
})

test("its number stands in them, in the right form", () => {
  expect(serverSays("is longer than 21 characters")).toBe("Не длиннее 21 символа.")
  expect(serverSays("is longer than 200 characters")).toBe("Не длиннее 200 символов.")
})

test("what a provider said stays as it is", () => {
  expect(serverSays("PEER_FLOOD 420")).toBe("PEER_FLOOD 420")
})

test("a problem is told by its sentence, else by its code", () => {
  expect(inWords(refused("too_late", "it is closed"))).toBe("Диалог закрыт.")
  expect(inWords(refused("too_late", "something new"))).toContain("Поздно")
  expect(fieldsInWords(refused("invalid", "", { email: "is no e-mail" }))).toEqual({ email: "Это не адрес почты." })
})

test("a size is told in the unit that fits", () => {
  vi.stubGlobal("document", { documentElement: { lang: "en" } })
  expect([13, 999, 1500, 30_000, 2_500_000].map(sizeInWords)).toEqual(["13 byte", "999 byte", "1.5 kB", "30 kB", "2.5 MB"])
  vi.unstubAllGlobals()
})

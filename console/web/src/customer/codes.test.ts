/** Whom a code can be asked of, and what is said once it was: `customer/codes.ts`. */
import { beforeAll, expect, test, vi } from "vitest"
import { speak } from "@/language"
import { ANNA, BORIS } from "@/testing"
import { codeGoesTo, codeIsSent } from "./codes"

beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: {} })
  await speak("en")
})

test("a code goes to those whom the server names, and to nobody else", () => {
  const targets = [{ customer_id: ANNA, channel: "telegram" }]
  expect(codeGoesTo(targets, ANNA)).toBe("telegram")
  expect(codeGoesTo(targets, BORIS)).toBe(null)
  expect(codeGoesTo([], ANNA)).toBe(null)
})

test("where a code went is said without an address", () => {
  expect(codeIsSent({ customer_id: ANNA, channel: "email" })).toBe("A code was sent: E-mail. The customer writes it here.")
  expect(codeIsSent({ customer_id: ANNA, channel: "pigeon" })).toContain("pigeon")
})

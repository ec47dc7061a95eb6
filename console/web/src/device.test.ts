import { describe, expect, it } from "vitest"
import { abilityOf, base64url } from "./device"

describe("what a browser can", () => {
  it.each([
    [{ secure: true, push: true, apple: false }, "able"],
    [{ secure: true, push: true, apple: true }, "able"],
    [{ secure: true, push: false, apple: true }, "install"],
    [{ secure: true, push: false, apple: false }, "unable"],
    [{ secure: false, push: true, apple: false }, "insecure"],
  ] as const)("%o is %s", (browser, ability) => expect(abilityOf(browser)).toBe(ability))
})

it("spells keys as the server does", () => {
  expect(base64url(new Uint8Array([251, 255, 191, 0]).buffer)).toBe("-_-_AA")
})

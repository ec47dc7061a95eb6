// @vitest-environment happy-dom
/** Who an account is, before it is stored: `settings/connecting.ts`. */
import { beforeAll, expect, test } from "vitest"
import type { StandingView, Tried } from "@/api/inboxes"
import { speak } from "@/language"
import { at, inbox } from "@/testing"
import { calledAt, isAnother, known, standsBeside, warningsOf } from "./connecting"

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
  expect(words[0]!.text).toContain("https")
  expect(words[0]!.isHint).toBe(false)
})

test("what few need is a hint, and comes last", () => {
  const words = warningsOf(tried({ warnings: ["group_privacy", "used_elsewhere"] }))
  expect(words.map((one) => one.isHint)).toEqual([false, true])
})

test("an inbox that there is is used here, not elsewhere", () => {
  expect(known(tried({ warnings: ["used_elsewhere", "group_privacy"] })).warnings).toEqual(["group_privacy"])
})

const standing = (over: Partial<StandingView> = {}): StandingView => ({
  by: "polling", at: at(0), ok: true, url: "", pending: 0, last_error: null, last_error_at: null, ...over,
})
const meets = { unmet: false }

test("an inbox that works says how messages come", () => {
  const well = standing()
  expect(standsBeside(inbox(1, { standing: well }), meets)).toBe(well)
  expect(standsBeside(inbox(1, { standing: well, active: false }), meets)).toBeNull()
  expect(standsBeside(inbox(1), meets)).toBeNull()
})

test("what stood well before the trouble does not gainsay it", () => {
  expect(standsBeside(inbox(1, { standing: standing(), health: "failing" }), meets)).toBeNull()
  expect(standsBeside(inbox(1, { standing: standing() }), { unmet: true })).toBeNull()
})

test("of a token that is refused nothing more is told", () => {
  expect(standsBeside(inbox(1, { standing: standing({ ok: false }), health: "paused" }), meets)).toBeNull()
})

test("a trouble is told once; who is to be called again can be", () => {
  const told = { health: "failing", last_error: "no connection" } as const
  const [asks, called] = [standing({ ok: false, last_error: "no connection" }), standing({ by: "webhook", ok: false, last_error: "no connection" })]
  expect(standsBeside(inbox(1, { standing: asks, ...told }), meets)).toBeNull()
  expect(standsBeside(inbox(1, { standing: called, ...told }), meets)).toEqual({ ...called, last_error: null })
  const other = standing({ ok: false, last_error: "another program" })
  expect(standsBeside(inbox(1, { standing: other, ...told }), meets)).toBe(other)
})

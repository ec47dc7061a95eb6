/** What of a form was edited: `settings/edits.ts`. */
import { expect, test } from "vitest"
import { changed, rebased } from "./edits"

test("only what differs was changed", () => {
  expect(changed({ name: "Shop", hours: [9, 18] }, { name: "Shop", hours: [9, 20] })).toEqual({ hours: [9, 20] })
})

test("what is told anew takes nothing from who is typing", () => {
  const before = { name: "Shop", token: "", poll: "polling" }
  const typed = { name: "Shop", token: "123:new", poll: "polling" }
  expect(rebased(before, { ...before }, typed)).toEqual(typed)
  expect(rebased(before, { name: "Store", token: "", poll: "webhook" }, typed)).toEqual({
    name: "Store",
    token: "123:new",
    poll: "webhook",
  })
})

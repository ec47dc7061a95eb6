/** The form of a line knows what was edited, and where something is wrong: `form.ts`. */
import { expect, test } from "vitest"
import { changedParts, type LineFields, moved, partOf, wrongParts } from "./form"

test.each([
  ["queueing.strategy", "queue"],
  ["queueing.capacity.max_open", "capacity"],
  ["queueing.sticky", "returning"],
  ["queueing.when_closed", "hours"],
  ["queue.0", "queue"],
  ["replies.stages.2.texts.en", "replies"],
  ["name", "self"],
  ["consent_url", "widget"],
])("%s stands in the part %s", (field, part) => {
  expect(partOf(field)).toBe(part)
})

test("the parts with problems come in the form's order, each once", () => {
  expect(wrongParts({ "rules.0.name": "x", "rules.1.name": "x", name: "x" })).toEqual(["self", "rules"])
})

test("one of a list is moved", () => {
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"])
})

test("a change marks the part in which it stands", () => {
  const before = { name: "Shop", queueing: { strategy: "round_robin", capacity: { max_open: null } } } as unknown as LineFields
  const now = { ...before, name: "Store", queueing: { ...before.queueing, capacity: { max_open: 3 } } } as unknown as LineFields
  expect(changedParts(before, now)).toEqual(["self", "capacity"])
  expect(changedParts(before, before)).toEqual([])
})

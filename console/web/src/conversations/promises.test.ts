/** How soon a promise to a customer is due: `promises.ts`. */
import { expect, test } from "vitest"
import { at, mine } from "@/testing"
import { dueOf } from "./promises"

const noon = Date.parse(at(0))
const minutes = (n: number) => noon + n * 60_000
const asked = (n: number, over = {}) => mine(n, { unanswered_since: at(0), reply_due_at: at(10), ...over })

test("a reply is due as long as the server says", () => {
  expect(dueOf(asked(1), minutes(2))).toMatchObject({ what: "reply", urgency: "calm", left_s: 480 })
})

test("it grows short in the last fifth of its time, and is late after it", () => {
  expect(dueOf(asked(1), minutes(8))?.urgency).toBe("warn")
  expect(dueOf(asked(1), minutes(10))?.urgency).toBe("late")
  expect(dueOf(asked(1), minutes(12))?.left_s).toBe(-120)
})

test("of a night between, the last minutes are short, not the last hours", () => {
  const tomorrow = asked(1, { reply_due_at: at(16 * 60) })
  expect(dueOf(tomorrow, minutes(15 * 60))?.urgency).toBe("calm")
  expect(dueOf(tomorrow, minutes(16 * 60 - 4))?.urgency).toBe("warn")
})

test("it is short as soon as the server has warned of it, not of an earlier one", () => {
  expect(dueOf(asked(1, { warned_at: at(3) }), minutes(4))?.urgency).toBe("warn")
  expect(dueOf(asked(1, { unanswered_since: at(4), reply_due_at: at(60), warned_at: at(3) }), minutes(5))?.urgency).toBe("calm")
})

test("of two promises the first that is due counts", () => {
  expect(dueOf(asked(1, { resolve_due_at: at(5) }), noon)?.what).toBe("resolution")
  expect(dueOf(asked(1, { resolve_due_at: at(50) }), noon)?.what).toBe("reply")
})

test("nothing is due in what is closed, or was not promised", () => {
  expect(dueOf(asked(1, { state: "closed" }), noon)).toBeNull()
  expect(dueOf(mine(1), noon)).toBeNull()
})

/** Who may change which message, and what was pressed: `conversations/rewording.ts`. */
import { expect, test } from "vitest"
import type { MessageItem } from "@/api/shapes"
import { ANNA, BORIS, can, message, note } from "@/testing"
import { lastOwn, mayReword, pressedUnder } from "./rewording"

const sent: MessageItem["deliveries"] = [{ id: "d", state: "sent", reason: null }]
const own = (n: number, over: Partial<MessageItem> = {}) =>
  message(n, n, { author: "operator", operator_id: ANNA, deliveries: sent, ...over })

test("one's own message that has arrived may be changed, where the channel changes any", () => {
  expect(mayReword(own(1), can, ANNA)).toBe(true)
  expect(mayReword(own(1), { ...can, edits: false }, ANNA)).toBe(false)
  expect(mayReword(own(1), undefined, ANNA)).toBe(false)
})

test.each([
  ["somebody else's", { operator_id: BORIS }],
  ["an automatic one", { author: "desk" as const, operator_id: null }],
  ["one under way", { deliveries: [{ id: "d", state: "queued" as const, reason: null }] }],
  ["one of which nobody knows", { deliveries: [...sent, { id: "e", state: "unconfirmed" as const, reason: null }] }],
  ["a withdrawn one", { deleted_at: "2026-08-01T12:00:00Z" }],
  ["one being withdrawn", { change: { kind: "withdrawal" as const, state: "queued" as const, text: "", reason: null } }],
])("%s may not", (_, over) => {
  expect(mayReword(own(1, over), can, ANNA)).toBe(false)
})

test("the arrow up takes one's last message, and no earlier one", () => {
  const items = [own(1), own(2), message(3, 3, { author: "customer" })]
  expect(lastOwn(items, can, ANNA)?.seq).toBe(2)
  expect(lastOwn([own(1), own(2, { deleted_at: "2026-08-01T12:00:00Z" }), note(9, 1)], can, ANNA)).toBeUndefined()
})

test("pressed is what the customer answered under that message with one of its labels", () => {
  const asked = own(1, { buttons: [{ label: "Yes", url: null, asks_phone: false }, { label: "No", url: null, asks_phone: false }] })
  const answer = (n: number, text: string, to: string) => message(n, n, { author: "customer", text, in_reply_to: to })
  expect([...pressedUnder(asked, [asked, answer(2, "Yes", asked.id), answer(3, "No", "another"), answer(4, "Why?", asked.id)])]).toEqual(["Yes"])
})

test("where nothing is quoted, the customer's next word is what was pressed", () => {
  const asked = own(1, { buttons: [{ label: "Yes", url: null, asks_phone: false }, { label: "No", url: null, asks_phone: false }] })
  const answer = (n: number, text: string) => message(n, n, { author: "customer", text, in_reply_to: null })
  expect([...pressedUnder(asked, [asked, answer(2, "Yes"), answer(3, "No")])]).toEqual(["Yes"])
  expect([...pressedUnder(asked, [asked, answer(2, "Wait"), answer(3, "No")])]).toEqual([])
})

import { expect, test } from "vitest"
import { can, conversation, inbox } from "@/testing"
import { canIn, emphasises } from "./carrying"

const less = { ...can, edits: false, emphasis: false }
const shop = inbox(1, { can: { ...can, in_public: less } })
const chat = inbox(2)
const inboxes = new Map([shop, chat].map((one) => [one.id, one]))

test("in public a channel carries what it says it does there", () => {
  const row = conversation(1, { inbox_id: shop.id })
  expect(canIn(row, inboxes)).toBe(shop.can)
  expect(canIn({ ...row, public: true }, inboxes)).toBe(less)
  expect(emphasises(row, inboxes)).toBe(true)
  expect(emphasises({ ...row, public: true }, inboxes)).toBe(false)
})

test("where it says nothing of that it carries the same", () => {
  expect(canIn(conversation(1, { inbox_id: chat.id, public: true }), inboxes)).toBe(chat.can)
  expect(emphasises(conversation(1, { inbox_id: "unknown" }), inboxes)).toBe(false)
})

import { expect, test } from "vitest"
import { can, conversation, inbox, message } from "@/testing"
import { canAmong, canIn, emphasises } from "./carrying"

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

test("among several people nobody is asked for a number", () => {
  const phone = { ...can, can_ask_phone: true }
  expect(canAmong([message(1, 1)], phone)).toBe(phone)
  expect(canAmong([message(1, 1), message(2, 2, { writer: "Olga" })], phone)).toEqual({ ...phone, can_ask_phone: false })
  expect(canAmong([message(1, 1, { writer: "Boris", author: "operator" })], phone)).toBe(phone)
  expect(canAmong([], undefined)).toBeUndefined()
})

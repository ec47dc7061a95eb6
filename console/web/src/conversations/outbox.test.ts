/** What is sent and not yet answered for: `conversations/outbox.ts`. */
import { expect, test } from "vitest"
import { Refused } from "@/api"
import { ANNA, at, id } from "@/testing"
import { mayPass, nextToGo, type Sending } from "./outbox"

const sending = (n: number, thread: number, over: Partial<Sending> = {}): Sending => ({
  id: id(n),
  operatorId: ANNA,
  mode: "reply",
  conversationId: id(1),
  threadId: id(thread),
  text: "on my way",
  files: [],
  quoted: null,
  options: [],
  askPhone: null,
  at: at(n),
  seenSeq: 1,
  seenBeside: {},
  state: "sending",
  problem: "",
  ...over,
})
const refused = (status: number) => new Refused(status, { code: "x", detail: "", fields: {} })

test("in a thread one goes after the other", () => {
  const both = [sending(1, 1001), sending(2, 1001), sending(3, 1002)]
  expect(nextToGo(both, new Set())?.id).toBe(id(1))
  expect(nextToGo(both, new Set([id(1001)]))?.id).toBe(id(3))
})

test("one that was refused does not hold up the next", () => {
  expect(nextToGo([sending(1, 1001, { state: "failed" }), sending(2, 1001)], new Set())?.id).toBe(id(2))
})

test("without an answer it goes again by itself, with a refusal it does not", () => {
  expect([0, 401, 503].map((status) => mayPass(refused(status)))).toEqual([true, true, true])
  expect([400, 403, 404, 409, 500].map((status) => mayPass(refused(status)))).not.toContain(true)
})

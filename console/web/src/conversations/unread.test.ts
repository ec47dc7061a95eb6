/** Who wrote meanwhile is read before a conversation is closed: `conversations/unread.ts`. */
import { expect, test } from "vitest"
import { Refused } from "@/api"
import { unlessUnread } from "./unread"

const refused = (code: string) => Promise.reject(new Refused(409, { code, detail: "", fields: {} }))

/** What happened, in order. */
function noting() {
  const happened: string[] = []
  const show = async () => happened.push("shown")
  const ask = () => void happened.push("asked")
  return { happened, then: { show, ask } }
}

test("what nobody wrote into meanwhile is done without asking", async () => {
  const { happened, then } = noting()
  expect(await unlessUnread(async () => "done", then)).toBe("done")
  expect(happened).toEqual([])
})

test("what the customer wrote is shown, then the operator is asked", async () => {
  const { happened, then } = noting()
  expect(await unlessUnread(() => refused("moved_on"), then)).toBeNull()
  expect(happened).toEqual(["shown", "asked"])
})

test("the operator is asked also where it cannot be shown", async () => {
  const { happened, then } = noting()
  expect(await unlessUnread(() => refused("moved_on"), { ...then, show: () => refused("lost") })).toBeNull()
  expect(happened).toEqual(["asked"])
})

test("another refusal is told as it is", async () => {
  const { happened, then } = noting()
  await expect(unlessUnread(() => refused("too_late"), then)).rejects.toThrow()
  expect(happened).toEqual([])
})

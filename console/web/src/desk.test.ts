/** What an answer over REST may change of what the feed has told: `desk.ts`. */
import { createPinia, setActivePinia } from "pinia"
import { beforeEach, expect, test } from "vitest"
import type { DeliveryState, MessageItem } from "./api/shapes"
import { useDesk } from "./desk"
import { apply, learnThread, start } from "./state"
import { id, message, mine, snapshotOf } from "./testing"

const said = (state: DeliveryState): MessageItem =>
  message(1, 1, { author: "operator", deliveries: [{ id: id(7), state, reason: null }] })

/** The desk of somebody who has a thread open in which nothing was said. */
function opened() {
  const desk = useDesk()
  desk.state = learnThread(start(snapshotOf([mine(1)]), null), id(1001), { items: [], before_seq: null }, false)
  const hear = (item: MessageItem) =>
    desk.change((now) => apply(now, { type: "conversation", event: "", conversation: mine(1), items: [item] }) ?? now)
  const shown = () => desk.state?.threads.get(id(1001))?.items
  return { desk, hear, shown }
}

beforeEach(() => setActivePinia(createPinia()))

test("an answer is shown without waiting for the feed", async () => {
  const { desk, shown } = opened()
  await desk.holdItem(id(1001), () => Promise.resolve(said("queued")))
  expect(shown()).toEqual([said("queued")])
})

test("what the feed tells while the answer is under way is newer, and stays", async () => {
  const { desk, hear, shown } = opened()
  await desk.holdItem(id(1001), () => {
    hear(said("sent"))
    return Promise.resolve(said("queued"))
  })
  expect(shown()).toEqual([said("sent")])
})

test("what the feed told before the act is older than its answer", async () => {
  const { desk, hear, shown } = opened()
  hear(said("failed"))
  await desk.holdItem(id(1001), () => Promise.resolve(said("queued")))
  expect(shown()).toEqual([said("queued")])
})

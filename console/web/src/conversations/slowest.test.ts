/** How far a message is: `conversations/slowest.ts`. */
import { expect, test } from "vitest"
import type { DeliveryState } from "@/api/shapes"
import { slowest } from "./slowest"

const piece = (state: DeliveryState) => ({ id: state, state, reason: null })

test("a message is as far as its slowest piece", () => {
  expect(slowest([piece("read"), piece("sent"), piece("delivered")])?.state).toBe("sent")
  expect(slowest([piece("sent"), piece("sending"), piece("queued")])?.state).toBe("queued")
  expect(slowest([piece("queued"), piece("failed"), piece("unconfirmed")])?.state).toBe("failed")
  expect(slowest([])).toBeUndefined()
})

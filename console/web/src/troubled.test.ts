/** Inboxes by which customers may write in vain: `troubled.ts`. */
import { expect, test } from "vitest"
import { start } from "./state"
import { inbox, snapshot } from "./testing"
import { troubled } from "./troubled"

test("what is switched off on purpose is no trouble", () => {
  const inboxes = [
    inbox(1),
    inbox(2, { health: "failing" }),
    inbox(3, { health: "paused" }),
    inbox(4, { health: "paused", active: false }),
  ]
  expect(troubled(start(snapshot({ inboxes }), null)).map((one) => one.name)).toEqual(["Inbox 2", "Inbox 3"])
})

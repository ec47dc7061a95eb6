/** How an account stands that an inbox answers for: `settings/delegations.ts`. */
import { expect, test } from "vitest"
import type { DelegationView } from "@/api/inboxes"
import { standsAs } from "./delegations"

const olga: DelegationView = { name: "Olga", username: "olga", enabled: true, may_reply: true }

test.each([
  [{}, "answered"],
  [{ may_reply: false }, "read"],
  [{ enabled: false, may_reply: false }, "ended"],
  [{ enabled: false }, "ended"],
])("an account with %o is %s", (over, as) => {
  expect(standsAs({ ...olga, ...over })).toBe(as)
})

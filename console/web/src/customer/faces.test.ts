/** How customers show themselves: `customer/faces.ts`. */
import { expect, test } from "vitest"
import type { CustomerView } from "@/api/shapes"
import { pictureOf } from "./faces"

const showing = (pictures: Record<string, string | null>) =>
  ({ identities: Object.entries(pictures).map(([channel, picture_url]) => ({ channel, picture_url })) }) as CustomerView

test("the picture is that of where they write from, else any", () => {
  const both = showing({ telegram: "/files/t", vk: "/files/v" })
  expect(pictureOf(both, "vk")).toBe("/files/v")
  expect(pictureOf(both, "webchat")).toBe("/files/t")
})

test("who shows nothing has none", () => {
  expect(pictureOf(showing({ webchat: null }), "webchat")).toBeNull()
  expect(pictureOf(undefined, "webchat")).toBeNull()
})

/** How files are shown: `conversations/shown.ts`. */
import { expect, test } from "vitest"
import type { FileView } from "@/api/shapes"
import { isSticker, isVoice, shownAs } from "./shown"

const file = (over: Partial<FileView>): FileView => ({
  id: "f",
  name: "file",
  mime: "application/octet-stream",
  size_bytes: 1,
  state: "stored",
  url: "/files/f",
  width: null,
  height: null,
  ...over,
})

test.each([
  ["image/jpeg", "picture"],
  ["audio/ogg", "audio"],
  ["video/mp4", "video"],
  ["image/svg+xml", "file"],
  ["text/html", "file"],
  ["video/quicktime", "file"],
  ["image/jpeg;x", "file"],
])("%s is shown as a %s", (mime, wanted) => {
  expect(shownAs(file({ mime }))).toBe(wanted)
})

test("what is not there yet is a file", () => {
  expect(shownAs(file({ mime: "image/png", url: null, state: "pending" }))).toBe("file")
})

test("a sticker is known by its name", () => {
  for (const name of ["sticker-7.webp", "sticker77.png", "graffiti7_9.png", "graffiti-7_9.png"]) {
    expect(isSticker(file({ name }))).toBe(true)
  }
  expect(isSticker(file({ name: "stickers of ours.png" }))).toBe(false)
})

test("what was spoken is known by its name and its kind", () => {
  for (const [name, mime] of [["voice-10.ogg", "audio/ogg"], ["voice7_1.mp3", "audio/mpeg"]]) expect(isVoice(file({ name, mime }))).toBe(true)
  expect(isVoice(file({ name: "voice-10.txt", mime: "text/plain" }))).toBe(false)
  expect(isVoice(file({ name: "voices.mp3", mime: "audio/mpeg" }))).toBe(false)
})

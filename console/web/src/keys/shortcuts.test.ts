/** Which press means what, in every layout: `keys/shortcuts.ts`. */
import { expect, test } from "vitest"
import { type Press, shortcutOf, type ShortcutName } from "./shortcuts"

const press = (code: string, key: string, over: Partial<Press> = {}): Press => ({
  code,
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...over,
})

test.each<[string, string, string, ShortcutName]>([
  ["KeyJ", "j", "о", "next"],
  ["KeyK", "k", "л", "previous"],
  ["KeyU", "u", "г", "needsAnswer"],
  ["KeyR", "r", "к", "reply"],
  ["KeyW", "w", "ц", "whisper"],
  ["KeyA", "a", "ф", "accept"],
  ["KeyT", "t", "е", "transfer"],
  ["KeyE", "e", "у", "close"],
  ["KeyS", "s", "ы", "snooze"],
  ["KeyM", "m", "ь", "merge"],
])("%s works as %s and as %s", (code, english, russian, name) => {
  expect(shortcutOf(press(code, english), false)).toBe(name)
  expect(shortcutOf(press(code, russian), false)).toBe(name)
})

test("letters are letters while somebody types", () => {
  expect(shortcutOf(press("KeyE", "у"), true)).toBeNull()
  expect(shortcutOf(press("Slash", "?", { shiftKey: true }), true)).toBeNull()
})

test("Ctrl and Cmd work while somebody types", () => {
  expect(shortcutOf(press("KeyK", "л", { ctrlKey: true }), true)).toBe("palette")
  expect(shortcutOf(press("KeyK", "k", { metaKey: true }), true)).toBe("palette")
  expect(shortcutOf(press("KeyU", "г", { ctrlKey: true }), true)).toBe("attach")
})

test("Alt and AltGr write letters and are never shortcuts", () => {
  expect(shortcutOf(press("KeyE", "ę", { altKey: true }), false)).toBeNull()
  expect(shortcutOf(press("KeyU", "ґ", { altKey: true, ctrlKey: true }), true)).toBeNull()
})

test("the question mark opens the sheet wherever the layout has it", () => {
  expect(shortcutOf(press("Slash", "?", { shiftKey: true }), false)).toBe("sheet")
  expect(shortcutOf(press("Digit7", "?", { shiftKey: true }), false)).toBe("sheet")
})

test("Escape leaves the field", () => {
  expect(shortcutOf(press("Escape", "Escape"), true)).toBe("leave")
})

/** Which key means what. Matched by the physical key, so that every keyboard layout works. Pure. */
import type { Key } from "@/language"

export type ShortcutName =
  | "next"
  | "previous"
  | "needsAnswer"
  | "reply"
  | "react"
  | "whisper"
  | "accept"
  | "transfer"
  | "close"
  | "snooze"
  | "merge"
  | "card"
  | "palette"
  | "search"
  | "attach"
  | "bold"
  | "italic"
  | "leave"
  | "sheet"

export interface Shortcut {
  code: string
  ctrl?: true
  shift?: true
  /** As people read it on their keyboard. */
  shown: string
  says: Key
}

export const shortcuts: Record<ShortcutName, Shortcut> = {
  next: { code: "KeyJ", shown: "J", says: "conversations.key_next" },
  previous: { code: "KeyK", shown: "K", says: "conversations.key_previous" },
  needsAnswer: { code: "KeyU", shown: "U", says: "conversations.key_needs_answer" },
  reply: { code: "KeyR", shown: "R", says: "conversations.key_reply" },
  react: { code: "KeyL", shown: "L", says: "conversations.key_react" },
  whisper: { code: "KeyW", shown: "W", says: "conversations.key_whisper" },
  accept: { code: "KeyA", shown: "A", says: "conversations.key_take" },
  transfer: { code: "KeyT", shown: "T", says: "conversations.key_transfer" },
  close: { code: "KeyE", shown: "E", says: "conversations.key_close" },
  snooze: { code: "KeyS", shown: "S", says: "conversations.key_snooze" },
  merge: { code: "KeyM", shown: "M", says: "conversations.key_merge" },
  card: { code: "KeyI", shown: "I", says: "conversations.key_card" },
  palette: { code: "KeyK", ctrl: true, shown: "Ctrl K", says: "conversations.key_palette" },
  search: { code: "Slash", ctrl: true, shown: "Ctrl /", says: "conversations.key_search" },
  attach: { code: "KeyU", ctrl: true, shown: "Ctrl U", says: "conversations.key_attach" },
  bold: { code: "KeyB", ctrl: true, shown: "Ctrl B", says: "conversations.key_bold" },
  italic: { code: "KeyI", ctrl: true, shown: "Ctrl I", says: "conversations.key_italic" },
  leave: { code: "Escape", shown: "Esc", says: "conversations.key_leave" },
  sheet: { code: "Slash", shift: true, shown: "?", says: "conversations.key_sheet" },
}

export interface Press {
  code: string
  key?: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

const names = Object.keys(shortcuts) as ShortcutName[]

/**
 * The shortcut a press stands for.
 *
 * Alt is never part of one: with it people write letters (AltGr on Windows is Ctrl+Alt). While
 * somebody types only the Ctrl (or Cmd) ones and Escape count.
 */
export function shortcutOf(press: Press, typing: boolean): ShortcutName | null {
  if (press.altKey) return null
  const ctrl = press.ctrlKey || press.metaKey
  if (!typing && !ctrl && press.key === "?") return "sheet"
  if (typing && !ctrl && press.code !== "Escape") return null
  return (
    names.find((name) => {
      const { code, ctrl: needsCtrl = false, shift = false } = shortcuts[name]
      return code === press.code && needsCtrl === ctrl && shift === press.shiftKey
    }) ?? null
  )
}

import { onMounted, onUnmounted } from "vue"
import { shortcutOf, type ShortcutName } from "./shortcuts"

function isTyping(target: EventTarget | null) {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.matches("textarea, select")) return true
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type)
}

/** In a dialog, a menu or a popover the keys are its own. */
const isElsewhere = (target: EventTarget | null) =>
  target instanceof Element && target.closest("[role=dialog],[role=menu],[role=listbox][data-own-keys]") !== null

/** While the component lives, run an act for each of these shortcuts. */
export function useKeys(acts: Partial<Record<ShortcutName, () => void>>) {
  function press(event: KeyboardEvent) {
    if (event.defaultPrevented || event.isComposing || isElsewhere(event.target)) return
    const name = shortcutOf(event, isTyping(event.target))
    const act = name && acts[name]
    if (!act) return
    event.preventDefault()
    act()
  }
  onMounted(() => window.addEventListener("keydown", press))
  onUnmounted(() => window.removeEventListener("keydown", press))
}

/** What this browser remembers of its operator's wishes. */
import { ref, watch } from "vue"
import { store, stored } from "./storage"

export type Theme = "system" | "light" | "dark"

function readTheme(): Theme {
  try {
    const text = localStorage.getItem("liniya.theme")
    return text === "light" || text === "dark" ? text : "system"
  } catch {
    return "system"
  }
}

export const theme = ref<Theme>(readTheme())
export const muted = ref(stored("muted", false))
export const cardShown = ref(stored("card", true))
/** Lists begin with what becomes late first. */
export const urgentFirst = ref(stored("urgent-first", false))
/** The first steps of a new desk were put away; the widget's tag was copied. */
export const stepsHidden = ref(stored("steps-hidden", false))
export const tagCopied = ref(stored("tag-copied", false))

function show(wanted: Theme) {
  if (wanted === "system") delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = wanted
  try {
    if (wanted === "system") localStorage.removeItem("liniya.theme")
    else localStorage.setItem("liniya.theme", wanted)
  } catch {
    return
  }
}

/** Show the wishes, and remember what changes of them. */
export function followPreferences() {
  watch(theme, show, { immediate: true })
  watch(muted, (value) => store("muted", value))
  watch(cardShown, (value) => store("card", value))
  watch(urgentFirst, (value) => store("urgent-first", value))
  watch(stepsHidden, (value) => store("steps-hidden", value))
  watch(tagCopied, (value) => store("tag-copied", value))
}

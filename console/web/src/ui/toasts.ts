import { shallowReactive } from "vue"

export interface Action {
  label: string
  act: () => void
}

export interface Toast {
  id: number
  text: string
  kind: "word" | "problem"
  action?: Action
}

export const toasts = shallowReactive<Toast[]>([])
let count = 0

export function dismiss(id: number) {
  const index = toasts.findIndex((toast) => toast.id === id)
  if (index >= 0) toasts.splice(index, 1)
}

/** Say something in passing; with an action it stays 10 s. */
export function say(text: string, options: Partial<Omit<Toast, "id" | "text">> = {}) {
  const toast: Toast = { id: ++count, text, kind: "word", ...options }
  toasts.push(toast)
  if (toasts.length > 4) toasts.shift()
  setTimeout(() => dismiss(toast.id), toast.action ? 10_000 : toast.kind === "problem" ? 8_000 : 4_000)
}

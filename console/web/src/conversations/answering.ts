/** In which of several threads the next answer goes out, where somebody chose: per conversation, in this tab. */
import { shallowRef } from "vue"
import type { Choice } from "@/together"

const choices = shallowRef<Readonly<Record<string, Choice>>>({})

export const choiceOf = (conversationId: string): Choice | null => choices.value[conversationId] ?? null

export function choose(conversationId: string, choice: Choice) {
  choices.value = { ...choices.value, [conversationId]: choice }
}

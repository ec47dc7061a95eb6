/** What the palette can do about what is on the screen, beside going elsewhere. */
import { type Component, onMounted, onUnmounted, shallowReactive } from "vue"

export interface Command {
  id: string
  label: string
  icon: Component
  keys?: string
  act: () => unknown
}

const givers = shallowReactive(new Set<() => Command[]>())

/** While the component lives, these stand in the palette. */
export function useCommands(give: () => Command[]) {
  onMounted(() => givers.add(give))
  onUnmounted(() => givers.delete(give))
}

export const givenCommands = (): Command[] => [...givers].flatMap((give) => give())

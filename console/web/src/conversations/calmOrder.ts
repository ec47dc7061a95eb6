import { onUnmounted, type Ref, shallowRef, watch } from "vue"

const calm_ms = 1000

/**
 * The rows in their order, but while the pointer moves over them those on the screen keep their
 * places: a row that slips away under a click opens the wrong conversation.
 */
export function useCalmOrder<T extends { id: string }>(rows: Ref<T[]>) {
  const shown = shallowRef<T[]>(rows.value)
  let movedAt = 0
  let timer = 0

  function adopt() {
    shown.value = rows.value
  }

  function hold() {
    const now = new Map(rows.value.map((row) => [row.id, row]))
    const kept = shown.value.flatMap((row) => now.get(row.id) ?? [])
    const held = new Set(kept.map((row) => row.id))
    shown.value = [...kept, ...rows.value.filter((row) => !held.has(row.id))]
  }

  function later() {
    clearTimeout(timer)
    timer = window.setTimeout(adopt, calm_ms)
  }

  watch(rows, () => {
    if (Date.now() - movedAt > calm_ms) return adopt()
    hold()
    later()
  })
  onUnmounted(() => clearTimeout(timer))

  return {
    shown,
    moved() {
      movedAt = Date.now()
      if (shown.value !== rows.value) later()
    },
    left() {
      movedAt = 0
      adopt()
    },
    adopt,
  }
}

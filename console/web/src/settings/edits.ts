/** The fields of a form that differ from what is stored. Pure. */
export function changed<T extends object>(before: T, now: T): Partial<T> {
  const differing = (Object.keys(now) as (keyof T)[]).filter(
    (name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]),
  )
  return Object.fromEntries(differing.map((name) => [name, now[name]])) as Partial<T>
}

/** A form after what is stored became `now`: what was edited in it stays, the rest follows. */
export const rebased = <T extends object>(before: T, now: T, mine: T): T => ({ ...now, ...changed(before, mine) })

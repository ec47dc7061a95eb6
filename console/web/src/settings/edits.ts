/** The fields of a form that differ from what is stored. Pure. */
export function changed<T extends object>(before: T, now: T): Partial<T> {
  const differing = (Object.keys(now) as (keyof T)[]).filter(
    (name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]),
  )
  return Object.fromEntries(differing.map((name) => [name, now[name]])) as Partial<T>
}

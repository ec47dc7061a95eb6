import type { Rolldown } from "vite"

/** Puts into one chunk what the first page fetches; what only later pages share, they fetch themselves. */
export function firstPage(entry: RegExp, name: string) {
  let fetched: Set<string> | null = null
  return (id: string, graph: Rolldown.ChunkingContext) => {
    fetched ??= reached(entry, id, graph)
    return fetched.has(id) && !entry.test(id) ? name : null
  }
}

/** All modules that the entry imports at once, found from any module below it. */
function reached(entry: RegExp, from: string, graph: Rolldown.ChunkingContext) {
  const above = new Set([from])
  for (const id of above) {
    const info = graph.getModuleInfo(id)
    for (const one of [...(info?.importers ?? []), ...(info?.dynamicImporters ?? [])]) above.add(one)
  }
  const found = new Set([...above].filter((id) => entry.test(id)))
  for (const id of found) for (const one of graph.getModuleInfo(id)?.importedIds ?? []) found.add(one)
  return found
}

import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import type { Plugin, Rolldown } from "vite"

/** In bytes after gzip. */
export interface Budget {
  initialJs: number
  css: number
  lazyRoute: number
  /** Lazy chunks that may be larger, by their names: a library that only they need. */
  heavy: Record<string, number>
}

/** What a chunk brings with it: itself and everything it imports at once. */
function closure(chunk: Rolldown.OutputChunk, all: Map<string, Rolldown.OutputChunk>, seen = new Set<string>()) {
  if (seen.has(chunk.fileName)) return seen
  seen.add(chunk.fileName)
  for (const name of chunk.imports) {
    const next = all.get(name)
    if (next) closure(next, all, seen)
  }
  return seen
}

/** Prints the sizes of a finished build and fails it if one is over its budget. */
export function budget(limit: Budget): Plugin {
  return {
    name: "liniya:budget",
    apply: "build",
    enforce: "post",
    writeBundle(options, bundle) {
      const size = (name: string) => gzipSync(readFileSync(join(options.dir!, name)), { level: 9 }).length
      const chunks = new Map(
        Object.values(bundle).flatMap((item) => (item.type === "chunk" ? [[item.fileName, item] as const] : [])),
      )
      const entry = [...chunks.values()].find((chunk) => chunk.isEntry)
      if (!entry) return
      const initial = closure(entry, chunks)
      const sum = (names: Iterable<string>) => [...names].reduce((total, name) => total + size(name), 0)
      const css = Object.keys(bundle).filter((name) => name.endsWith(".css"))
      const rows: [string, number, number][] = [
        ["initial JS", sum(initial), limit.initialJs],
        ["CSS", sum(css), limit.css],
      ]
      for (const chunk of chunks.values()) {
        if (!chunk.isDynamicEntry) continue
        const own = [...closure(chunk, chunks)].filter((name) => !initial.has(name))
        rows.push([chunk.name, sum(own), limit.heavy[chunk.name] ?? limit.lazyRoute])
      }
      const over = rows.filter(([, bytes, most]) => bytes > most)
      for (const [name, bytes, most] of rows) {
        const mark = bytes > most ? "OVER" : "ok"
        console.log(`${name.padEnd(28)} ${kb(bytes)} of ${kb(most)} kB gz  ${mark}`)
      }
      if (over.length > 0) throw new Error(`over budget: ${over.map(([name]) => name).join(", ")}`)
    },
  }
}

const kb = (bytes: number) => (bytes / 1000).toFixed(1).padStart(6)

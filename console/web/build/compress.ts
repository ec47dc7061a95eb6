import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import type { Plugin } from "vite"

const worthIt = /\.(js|css|svg)$/

/** Puts a `.gz` and a `.br` beside every text asset. `index.html` is filled in by the server. */
export function compress(): Plugin {
  return {
    name: "liniya:compress",
    apply: "build",
    enforce: "post",
    writeBundle(options, bundle) {
      for (const name of Object.keys(bundle).filter((file) => worthIt.test(file))) {
        const path = join(options.dir!, name)
        const raw = readFileSync(path)
        writeFileSync(`${path}.gz`, gzipSync(raw, { level: 9 }))
        writeFileSync(
          `${path}.br`,
          brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
        )
      }
    },
  }
}

import { createHash } from "node:crypto"
import type { Plugin } from "vite"

const script = `try{var t=localStorage.getItem("liniya.theme");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch(e){}`
const name = `assets/theme-${createHash("sha256").update(script).digest("hex").slice(0, 8)}.js`

/** A tiny blocking script, so that the first paint already has the chosen theme. */
export function earlyTheme(): Plugin {
  return {
    name: "liniya:early-theme",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: name, source: script })
    },
    transformIndexHtml: () => [{ tag: "script", attrs: { src: `/console/${name}` }, injectTo: "head-prepend" }],
  }
}

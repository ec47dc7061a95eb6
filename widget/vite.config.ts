/** The frame's build and the tests; the loader's is in build.mjs. */
import { defineConfig } from "vite";
import type { Plugin } from "vite";

/**
 * Vite wraps every `import()` in 1.3 kB that preload what a chunk needs; ours need nothing but
 * themselves.
 */
const plainImports: Plugin = {
  name: "plain-imports",
  enforce: "pre",
  load: (id) => (id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : null),
};

export default defineConfig({
  root: import.meta.dirname,
  base: "/widget/",
  plugins: [plainImports],
  json: { namedExports: false },
  // Names every signal for a tool that no visitor has.
  define: { "window.__PREACT_SIGNALS_DEVTOOLS__": "false" },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // Visitors' phones are older than operators' computers.
    target: "es2020",
    cssTarget: ["chrome87", "safari14", "firefox91"],
    // A fiftieth smaller than by Vite's own, which a visitor's first open is worth.
    minify: "terser",
    terserOptions: { ecma: 2020, module: true, compress: { passes: 3 } },
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: { input: "chat.html" },
  },
});

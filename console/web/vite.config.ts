import { fileURLToPath } from "node:url"
import tailwindcss from "@tailwindcss/vite"
import vue from "@vitejs/plugin-vue"
import { defineConfig } from "vite"
import { budget } from "./build/budget.ts"
import { compress } from "./build/compress.ts"
import { earlyTheme } from "./build/early-theme.ts"
import { firstPage } from "./build/first-page.ts"

const server = process.env.ROUTER_PUBLIC_URL ?? "http://127.0.0.1:8080"

export default defineConfig({
  base: "/console/",
  plugins: [
    vue({ features: { optionsAPI: false } }),
    tailwindcss(),
    earlyTheme(),
    compress(),
    budget({ initialJs: 150_000, css: 12_000, lazyRoute: 35_000, heavy: { Bars: 65_000 } }),
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  html: { cspNonce: "__NONCE__" },
  build: {
    target: ["chrome111", "firefox114", "safari16.4"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: firstPage(/src\/main\.ts$/, "shared") }] } },
    },
  },
  server: {
    proxy: {
      "/api": { target: server, ws: true },
      "/widget": server,
      "/chat": server,
      "/demo": server,
    },
  },
})

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["tests/**/*.test.ts"],
    environment: "node",
    // The loader's tests play the frame's page themselves; happy-dom complains that it may not fetch it.
    onConsoleLog: (log) => !log.includes("Iframe page loading is disabled"),
  },
});

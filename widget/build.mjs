/**
 * Builds dist/: loader.js, chat.html, assets/ (each with .gz and .br beside it) and demo/;
 * fails when a size in budgets.json is passed. The files' addresses and placeholders:
 * docs/widget-protocol.md.
 */
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

const here = import.meta.dirname;
const dist = join(here, "dist");

const SAMPLE_SETTINGS = JSON.stringify({
  line: "shop", title: "Liniya", origin: "https://chat.example", frame: "https://chat.example/chat/shop",
  language: "ru", colour: "#2563eb", corner: "right", offset_px: 20,
  greeting: { ru: "Здравствуйте! Чем можем помочь?", en: "Hello! How can we help?" },
  ask_contact: "after_first", consent_url: null,
  max_text_chars: 4000, max_file_bytes: 20000000, max_files: 10, build: "0123456789abcdef",
});

const gz = (data) => gzipSync(data, { level: 9 });
const brotli = (data) =>
  brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } });

async function buildFrame() {
  await build({ configFile: join(here, "vite.config.ts"), logLevel: "warn" });
}

async function buildLoader() {
  await build({
    configFile: false,
    root: here,
    logLevel: "warn",
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: "es2020",
      reportCompressedSize: false,
      rolldownOptions: {
        input: join(here, "src/loader.ts"),
        output: { format: "iife", entryFileNames: "loader.js" },
      },
    },
  });
  const script = await readFile(join(dist, "loader.js"), "utf8");
  const places = script.split("__SETTINGS__").length - 1;
  if (places !== 1) throw new Error(`loader.js has ${places} places for the settings instead of one`);
}

async function compressAssets() {
  const folder = join(dist, "assets");
  for (const name of await readdir(folder)) {
    const data = await readFile(join(folder, name));
    await writeFile(join(folder, `${name}.gz`), gz(data));
    await writeFile(join(folder, `${name}.br`), brotli(data));
  }
}

/** What the first open fetches: the page's own script and sheet, and the larger language. */
async function measure() {
  const loader = (await readFile(join(dist, "loader.js"), "utf8")).replace("__SETTINGS__", SAMPLE_SETTINGS);
  const sizeOf = async (name) => (await readFile(join(dist, "assets", `${name}.gz`))).length;
  const page = await readFile(join(dist, "chat.html"), "utf8");
  const first = [...page.matchAll(/\/widget\/assets\/([\w.-]+)/g)].map(([, name]) => name);
  const assets = await readdir(join(dist, "assets"));
  const languages = assets.filter((name) => /^(ru|en)-.*\.js$/.test(name));
  if (first.length !== 2 || languages.length !== 2) throw new Error("the chat's page does not load what it should");
  const sizes = await Promise.all(first.map(sizeOf));
  const language = Math.max(...(await Promise.all(languages.map(sizeOf))));
  const choices = assets.filter((name) => /^Choices-.*\.js$/.test(name));
  if (choices.length !== 1) throw new Error("the buttons under a message are no chunk of their own");
  return { choices: await sizeOf(choices[0]), loader: gz(loader).length, first_open: sizes.reduce((sum, size) => sum + size, language) };
}

async function checkBudgets() {
  const budgets = JSON.parse(await readFile(join(here, "budgets.json"), "utf8"));
  const sizes = await measure();
  let broken = false;
  for (const [name, { what, gz_bytes: limit }] of Object.entries(budgets)) {
    const over = sizes[name] > limit;
    broken ||= over;
    console.log(`widget: ${what}: ${sizes[name]} of ${limit} bytes gz${over ? "  TOO BIG" : ""}`);
  }
  if (broken) process.exitCode = 1;
}

await buildFrame();
await buildLoader();
await compressAssets();
await cp(join(here, "demo"), join(dist, "demo"), { recursive: true });
await checkBudgets();

/** Starts the chat on its page: settings, language and colours in, one tree out. */
import { render } from "preact";
import { readableOn, safeColour, textOn } from "../colour";
import { chooseLanguage } from "../settings";
import type { Settings } from "../settings";
import { Chat } from "./chat";
import { findHost } from "./host";
import { browserStorage, openStore } from "./storage";
import "./style.css";
import { timesIn } from "./times";
import type { Surroundings } from "./transport";
import { App } from "./views/App";
import { loadPhrases, wordsOf } from "./words";

const RELOAD_MS = 5_000;
/** The surfaces of style.css on which the brand's colour is hardest to read: the others' bubbles. */
const LIGHT_SURFACE = "#f1f3f7";
const DARK_SURFACE = "#23272f";

const BROWSER: Surroundings = {
  openSocket: (address) => new WebSocket(address),
  setTimer: (act, delayMs) => window.setTimeout(act, delayMs),
  clearTimer: (timer) => window.clearTimeout(timer),
  nowMs: () => Date.now(),
  random: () => Math.random(),
};

function paint(settings: Settings): void {
  const brand = safeColour(settings.colour);
  const { style } = document.documentElement;
  style.setProperty("--brand", brand);
  style.setProperty("--on-brand", textOn(brand));
  style.setProperty("--brand-on-light", readableOn(brand, LIGHT_SURFACE));
  style.setProperty("--brand-on-dark", readableOn(brand, DARK_SURFACE));
}

async function begin(settings: Settings, root: Element): Promise<void> {
  const language = chooseLanguage(navigator.languages, settings.language);
  document.documentElement.lang = language;
  document.title = settings.title;
  paint(settings);
  const phrases = await loadPhrases(language, "first");
  const store = openStore(browserStorage(), settings.line);
  const host = findHost(store);
  document.documentElement.classList.add(host.framed ? "framed" : "alone");
  const words = wordsOf(phrases, language);
  const chat = new Chat({ settings, language, words, times: timesIn(language), store, host, around: BROWSER });
  render(<App chat={chat} />, root);
  chat.begin();
}

const root = document.getElementById("chat");
const settings = document.getElementById("settings")?.textContent;
if (root && settings) {
  // Without its words the chat is nothing: the connection went in the middle of loading.
  begin(JSON.parse(settings) as Settings, root).catch(() => setTimeout(() => location.reload(), RELOAD_MS));
}

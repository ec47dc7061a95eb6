// @vitest-environment happy-dom
/** The script tag on a host page: `loader`. */
import { beforeEach, describe, expect, test, vi } from "vitest";

const ORIGIN = "https://chat.example";
const SETTINGS = {
  line: "shop", title: "Shop", origin: ORIGIN, frame: `${ORIGIN}/chat/shop`, language: "ru", colour: "#2563eb", corner: "right",
  offset_px: 20, greeting: {}, ask_contact: "never", consent_url: null, max_text_chars: 10, max_file_bytes: 1, max_files: 1, build: "b",
};
const TOKEN = "liniya:shop:token";

type Liniya = ((...call: unknown[]) => void) & { q?: unknown[][] };
const page = window as unknown as { Liniya?: Liniya; __SETTINGS__: typeof SETTINGS };

const root = () => document.querySelector("liniya-chat")!.shadowRoot!;
const button = () => root().querySelector("button")!;
const frame = () => root().querySelector("iframe");
const panel = () => root().querySelector<HTMLElement>(".panel")!;

async function load(): Promise<void> {
  vi.resetModules();
  (globalThis as unknown as typeof page).__SETTINGS__ = SETTINGS;
  await import("../src/loader");
}

interface Chat {
  readonly heard: [message: Record<string, unknown>, target: string][];
  says(message: object, from?: { origin?: string; source?: unknown }): void;
}

/** The chat in the frame, played by the test: its window is there, its page is not loaded. */
function chatInFrame(): Chat {
  const heard: Chat["heard"] = [];
  const inside = { postMessage: (message: Record<string, unknown>, target: string) => heard.push([message, target]), focus: () => undefined };
  Object.defineProperty(frame(), "contentWindow", { value: inside });
  return { heard, says: (message, { origin = ORIGIN, source = inside } = {}) => post(message, origin, source) };
}

function post(message: object, origin: string, source: unknown): void {
  const event = new MessageEvent("message", { data: { liniya: 1, ...message }, origin });
  Object.defineProperty(event, "source", { value: source });
  window.dispatchEvent(event);
}

/** The frame's page is not fetched: whatever is asked for is empty. */
interface Pretending {
  happyDOM: { settings: { enableIframePageLoading: boolean; fetch: { interceptor: object } } };
}
const { settings: browser } = (window as unknown as Pretending).happyDOM;
browser.enableIframePageLoading = true;
browser.fetch.interceptor = { beforeAsyncRequest: () => Promise.resolve(new Response("<p></p>", { headers: { "Content-Type": "text/html" } })) };

beforeEach(() => {
  if (page.Liniya && !page.Liniya.q) page.Liniya("destroy");
  delete page.Liniya;
  localStorage.clear();
  sessionStorage.clear();
});

describe("before the visitor comes near", () => {
  test("there is a button with a name and no frame", async () => {
    await load();
    expect(button().getAttribute("aria-label")).toMatch(/^(Открыть чат|Open chat)$/);
    expect(frame()).toBeNull();
  });

  test("the site's own rules for elements do not reach the button's place", async () => {
    await load();
    const { style } = document.querySelector<HTMLElement>("liniya-chat")!;
    expect(style.getPropertyValue("position")).toBe("fixed");
    expect(style.getPropertyPriority("position")).toBe("important");
  });

  test.each(["pointerenter", "focus", "touchstart"])("%s fetches the frame and does not open it", async (near) => {
    await load();
    button().dispatchEvent(new Event(near));
    expect(frame()?.src).toBe(`${ORIGIN}/chat/shop#host=${encodeURIComponent(location.origin)}`);
    expect(panel().hidden).toBe(true);
  });

  test("a second script tag adds no second button", async () => {
    await load();
    await load();
    expect(document.querySelectorAll("liniya-chat")).toHaveLength(1);
  });
});

describe("talking to the frame", () => {
  test("the frame's ready is answered with what it needs, to its exact origin", async () => {
    localStorage.setItem(TOKEN, "t0");
    await load();
    button().click();
    const chat = chatInFrame();
    chat.says({ type: "ready" });
    expect(chat.heard[0]).toMatchObject([{ liniya: 1, type: "start", token: "t0", open: true, identity: null }, ORIGIN]);
  });

  test("the token is kept on the host page", async () => {
    await load();
    button().click();
    chatInFrame().says({ type: "token", token: "t1" });
    expect(localStorage.getItem(TOKEN)).toBe("t1");
  });

  test("a token from another origin or another window is not taken", async () => {
    await load();
    button().click();
    const chat = chatInFrame();
    chat.says({ type: "token", token: "evil" }, { origin: "https://evil.example" });
    chat.says({ type: "token", token: "evil" }, { source: window });
    expect(localStorage.getItem(TOKEN)).toBeNull();
  });

  test("the number of unread messages is in the badge and in the button's name", async () => {
    await load();
    button().dispatchEvent(new Event("focus"));
    chatInFrame().says({ type: "unread", count: 120 });
    expect(root().querySelector(".badge")?.textContent).toBe("99+");
    expect(button().getAttribute("aria-label")).toMatch(/120$/);
  });

  test("the frame may close the panel", async () => {
    await load();
    button().click();
    chatInFrame().says({ type: "close" });
    expect([panel().hidden, button().getAttribute("aria-expanded")]).toEqual([true, "false"]);
  });
});

describe("the page's own calls", () => {
  test("made before the script is there are carried out", async () => {
    page.Liniya = Object.assign(() => undefined, { q: [["identify", { user_id: "7" }], ["open"]] });
    await load();
    expect(panel().hidden).toBe(false);
    const chat = chatInFrame();
    chat.says({ type: "ready" });
    expect(chat.heard[0]?.[0]["identity"]).toEqual({ user_id: "7" });
  });

  test("reset forgets whose chat it was, here and in the frame", async () => {
    localStorage.setItem(TOKEN, "t1");
    page.Liniya = Object.assign(() => undefined, { q: [["identify", { user_id: "7" }], ["open"]] });
    await load();
    const chat = chatInFrame();
    chat.says({ type: "ready" });
    page.Liniya?.("reset");
    expect(chat.heard.at(-1)?.[0]).toMatchObject({ type: "start", token: "", identity: null });
    expect(localStorage.getItem(TOKEN)).toBe("");
    chat.says({ type: "token", token: "t2" });
    expect(localStorage.getItem(TOKEN)).toBe("t2");
  });

  test("hear what happens", async () => {
    await load();
    const happened: unknown[] = [];
    for (const name of ["open", "close", "unread"]) page.Liniya?.("on", name, (detail: unknown) => happened.push([name, detail]));
    page.Liniya?.("open");
    chatInFrame().says({ type: "unread", count: 2 });
    page.Liniya?.("close");
    expect(happened).toEqual([["open", undefined], ["unread", 2], ["close", undefined]]);
  });

  test("destroy leaves nothing behind", async () => {
    await load();
    page.Liniya?.("open");
    page.Liniya?.("destroy");
    expect(document.querySelector("liniya-chat")).toBeNull();
  });
});

test("an open panel is open again on the site's next page", async () => {
  await load();
  page.Liniya?.("open");
  document.querySelector("liniya-chat")!.remove();
  delete page.Liniya;
  await load();
  expect(panel().hidden).toBe(false);
});

test("without any storage the chat works until the page is left", async () => {
  const forbidden = () => {
    throw new DOMException("denied", "SecurityError");
  };
  const storages = ["localStorage", "sessionStorage"] as const;
  const before = storages.map((name) => Object.getOwnPropertyDescriptor(window, name));
  for (const name of storages) Object.defineProperty(window, name, { configurable: true, get: forbidden });
  try {
    await load();
    button().click();
    chatInFrame().says({ type: "token", token: "t1" });
    expect(panel().hidden).toBe(false);
  } finally {
    storages.forEach((name, at) => Object.defineProperty(window, name, before[at] ?? { configurable: true }));
  }
});

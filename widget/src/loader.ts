/**
 * The script tag: a button on the host page and, when it is wanted, the chat's frame.
 *
 * Promises to the host page: no global but `Liniya`, no patched built-in, no markup strings,
 * nothing that needs more of a Content-Security-Policy than `script-src` and `frame-src`
 * for our host, and no request before the visitor comes near the button or has written to us
 * before.
 *
 *   Liniya('open' | 'close' | 'destroy')
 *   Liniya('identify', {user_id, signature, expires_at, name, email, phone})
 *   Liniya('reset')
 *   Liniya('on', 'open' | 'close' | 'unread', callback)
 *
 * Calls made before the script is there wait in `Liniya.q`.
 */
import { frameAddress, messageFrom, sealed } from "./bridge";
import type { FrameMessage, HostIdentity, LoaderMessage } from "./bridge";
import { safeColour, textOn } from "./colour";
import { launcherStyles } from "./loader-styles";
import { chooseLanguage } from "./settings";
import type { Settings } from "./settings";

declare const __SETTINGS__: Settings;

type Call = [command: string, ...rest: unknown[]];
type Command = ((...call: Call) => void) & { q?: ArrayLike<Call>; line?: string };
type StorageName = "localStorage" | "sessionStorage";
type Happening = "open" | "close" | "unread";

const WORDS = {
  ru: { open: "Открыть чат", close: "Закрыть чат", unread: "новых сообщений", panel: "Чат" },
  en: { open: "Open chat", close: "Close chat", unread: "new messages", panel: "Chat" },
};

const CHAT_ICON = "M12 3C6.9 3 3 6.5 3 11c0 2.4 1.1 4.5 3 6l-.6 3.2a.6.6 0 0 0 .9.6l3.6-1.9c.7.1 1.4.2 2.1.2 5.1 0 9-3.5 9-8.1S17.1 3 12 3Z";
const CLOSE_ICON = "m6.5 9.5 5.5 5.5 5.5-5.5";
const PHONE = "(max-width: 480px), (max-height: 480px)";
const READY_WITHIN_MS = 10_000;
const PAGE_LOOK_MS = 1_000;

class Launcher {
  private readonly words: (typeof WORDS)["ru"];
  private readonly host = document.createElement("liniya-chat");
  private readonly button = document.createElement("button");
  private readonly badge = document.createElement("span");
  private readonly panel = document.createElement("div");
  private readonly listeners: [Happening, (detail?: number) => void][] = [];
  private readonly phone = matchMedia(PHONE);
  private readonly gone = new AbortController();
  private frame: HTMLIFrameElement | null = null;
  private frameMadeAt = 0;
  private isReady = false;
  private isOpen = false;
  private identity: HostIdentity | null = null;
  private unread = 0;
  private shownPage = "";
  private pageTimer = 0;
  private scrollBefore: [value: string, priority: string] | null = null;
  private token: string | null;

  constructor(private readonly settings: Settings) {
    this.words = WORDS[chooseLanguage(navigator.languages, settings.language)];
    this.token = this.kept("localStorage", "token");
    this.draw();
    this.listen();
    if (this.kept("sessionStorage", "open") && !this.phone.matches) this.show();
    else if (this.token) whenIdle(() => this.prepareFrame());
  }

  /** Carry out one call of the page's `Liniya(…)`. Unknown ones are ignored. */
  obey(call: Call): void {
    const [command, first, second] = call;
    if (command === "open") this.open();
    else if (command === "close") this.close();
    else if (command === "destroy") this.destroy();
    else if (command === "identify" && isRecord(first)) {
      this.identity = first as HostIdentity;
      if (this.isReady) this.start();
    } else if (command === "reset") {
      this.keepToken("");
      this.identity = null;
      if (this.isReady) this.start();
    } else if (command === "on" && typeof second === "function") {
      this.listeners.push([first as Happening, second as (detail?: number) => void]);
    }
  }

  private open(): void {
    this.show();
    this.frame?.focus();
  }

  private show(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.prepareFrame();
    this.panel.hidden = false;
    this.keep("sessionStorage", "open", "1");
    this.lockScroll();
    this.fitKeyboard();
    this.label();
    this.tell({ type: "opened" });
    this.announce("open");
  }

  private close(): void {
    if (!this.isOpen) return;
    const hadFocus = this.host.shadowRoot?.activeElement === this.frame;
    this.isOpen = false;
    this.panel.hidden = true;
    this.keep("sessionStorage", "open", "");
    this.lockScroll();
    this.label();
    this.tell({ type: "closed" });
    if (hadFocus) this.button.focus();
    this.announce("close");
  }

  private destroy(): void {
    this.close();
    this.gone.abort();
    clearInterval(this.pageTimer);
    this.host.remove();
  }

  private draw(): void {
    const root = this.host.attachShadow({ mode: "open" });
    const { corner } = this.settings;
    const offset = `${this.settings.offset_px}px`;
    // A site's `* {… !important}` reaches the host element, nothing inside it; an inline
    // important declaration wins over any sheet.
    const place = { all: "initial", position: "fixed", "z-index": 2147483000, bottom: offset, [corner]: offset };
    this.host.style.cssText = Object.entries(place).map((rule) => `${rule.join(":")}!important`).join(";");
    const colour = safeColour(this.settings.colour);
    adopt(root, launcherStyles({ colour, ink: textOn(colour), corner, offset_px: this.settings.offset_px, phone: PHONE }));
    this.button.type = "button";
    this.button.append(icon(CHAT_ICON, "chat"), icon(CLOSE_ICON, "down"), this.badge);
    this.badge.className = "badge";
    this.panel.className = "panel";
    this.panel.hidden = true;
    root.append(this.panel, this.button);
    this.label();
    // Not into the body: a site that moves its body (menus, transitions) would move the button.
    document.documentElement.append(this.host);
  }

  private label(): void {
    const { open, close, unread } = this.words;
    this.button.setAttribute("aria-expanded", String(this.isOpen));
    this.button.setAttribute("aria-label", this.isOpen ? close : this.unread ? `${open}, ${unread}: ${this.unread}` : open);
    this.badge.textContent = this.unread > 99 ? "99+" : String(this.unread);
    this.badge.hidden = this.isOpen || this.unread === 0;
  }

  private listen(): void {
    const { signal } = this.gone;
    const prepare = () => this.prepareFrame();
    this.button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()), { signal });
    for (const near of ["pointerenter", "focus", "touchstart"]) {
      this.button.addEventListener(near, prepare, { signal, passive: true });
    }
    this.host.addEventListener("keydown", (event) => event.key === "Escape" && this.close(), { signal });
    this.phone.addEventListener("change", () => this.lockScroll(), { signal });
    window.visualViewport?.addEventListener("resize", () => this.fitKeyboard(), { signal });
    window.addEventListener("message", (event) => this.hear(event), { signal });
  }

  private prepareFrame(): void {
    const stale = this.frame && !this.isReady && Date.now() - this.frameMadeAt > READY_WITHIN_MS;
    if (this.frame && !stale) return;
    this.frame?.remove();
    this.frame = document.createElement("iframe");
    this.frameMadeAt = Date.now();
    this.frame.title = `${this.words.panel}: ${this.settings.title}`;
    this.frame.src = frameAddress(this.settings.frame, location.origin);
    this.panel.append(this.frame);
  }

  private hear(event: MessageEvent): void {
    const peer = { window: this.frame?.contentWindow, origin: this.settings.origin };
    const message = messageFrom<FrameMessage>(event, peer);
    if (!message) return;
    if (message.type === "ready") {
      this.isReady = true;
      this.start();
      this.watchPage();
      // A focus given to a frame that was still empty does not reach the page that then loads.
      if (this.isOpen && this.host.shadowRoot?.activeElement) this.frame?.contentWindow?.focus();
    } else if (message.type === "token") {
      this.keepToken(message.token);
    } else if (message.type === "unread") {
      this.unread = message.count;
      this.label();
      this.announce("unread", message.count);
    } else if (message.type === "close") {
      this.close();
    }
  }

  private keepToken(token: string): void {
    this.token = token;
    this.keep("localStorage", "token", token);
  }

  private start(): void {
    const page = { url: location.href, title: document.title, referrer: document.referrer };
    this.tell({ type: "start", token: this.token, page, open: this.isOpen, identity: this.identity });
  }

  private tell(message: LoaderMessage): void {
    if (this.isReady) this.frame?.contentWindow?.postMessage(sealed(message), this.settings.origin);
  }

  /** Tells the frame the page's new address; looking is kinder than patching the site's `history`. */
  private watchPage(): void {
    clearInterval(this.pageTimer);
    this.shownPage = location.href;
    this.pageTimer = setInterval(() => {
      if (location.href === this.shownPage) return;
      this.shownPage = location.href;
      this.tell({ type: "page", url: location.href, title: document.title });
    }, PAGE_LOOK_MS);
  }

  /** On a phone the chat fills the screen, so the page behind it must not scroll. */
  private lockScroll(): void {
    const { style } = document.documentElement;
    const wanted = this.isOpen && this.phone.matches;
    if (wanted && !this.scrollBefore) {
      this.scrollBefore = [style.getPropertyValue("overflow"), style.getPropertyPriority("overflow")];
      style.setProperty("overflow", "hidden", "important");
    } else if (!wanted && this.scrollBefore) {
      style.setProperty("overflow", ...this.scrollBefore);
      this.scrollBefore = null;
    }
  }

  private fitKeyboard(): void {
    this.panel.style.setProperty("--screen", `${window.visualViewport?.height ?? innerHeight}px`);
  }

  private announce(happening: Happening, detail?: number): void {
    for (const [wanted, callback] of this.listeners) if (wanted === happening) callback(detail);
  }

  /** "" or null for nothing; a forbidden or full storage forgets when the page is left. */
  private kept(storage: StorageName, name: string): string | null {
    try {
      return window[storage].getItem(`liniya:${this.settings.line}:${name}`);
    } catch {
      return null;
    }
  }

  private keep(storage: StorageName, name: string, value: string): void {
    try {
      window[storage].setItem(`liniya:${this.settings.line}:${name}`, value);
    } catch {
      return;
    }
  }
}

function adopt(root: ShadowRoot, css: string): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // Safari before 16.4 cannot construct sheets.
    const style = document.createElement("style");
    style.textContent = css;
    root.append(style);
  }
}

function icon(path: string, name: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", name);
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function whenIdle(act: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(act, { timeout: 3_000 });
  else setTimeout(act, 1_000);
}

function mount(settings: Settings): void {
  const page = window as unknown as { Liniya?: Command };
  const early = page.Liniya;
  if (early?.line) return; // a second script tag
  const launcher = new Launcher(settings);
  const command: Command = (...call) => launcher.obey(call);
  command.line = settings.line;
  page.Liniya = command;
  for (const call of Array.from(early?.q ?? [])) launcher.obey(Array.from(call) as Call);
}

mount(__SETTINGS__);

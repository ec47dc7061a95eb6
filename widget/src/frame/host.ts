/** Where the chat stands: in a loader's frame on some site, or as the page itself. */
import { hostOrigin, messageFrom, sealed } from "../bridge";
import type { FrameMessage, HostIdentity, LoaderMessage, Page } from "../bridge";
import type { Store } from "./storage";

export interface Start {
  readonly token: string | null;
  readonly page: Page;
  readonly open: boolean;
  readonly identity: HostIdentity | null;
}

export interface HostListener {
  readonly onStart: (start: Start) => void;
  readonly onShown: (shown: boolean) => void;
  readonly onPage: (page: { url: string; title: string }) => void;
}

export interface Host {
  /** Whether there is a button to go back to. */
  readonly framed: boolean;
  listen(listener: HostListener): void;
  keepToken(token: string): void;
  showUnread(count: number): void;
  close(): void;
}

/** Whether another person is to begin: the site said `reset`, or names another user than before. */
export function isSomebodyElse(token: string | null, identity: HostIdentity | null, store: Store): boolean {
  const before = store.get("user");
  const user = identity?.user_id ?? null;
  const isReset = token === "";
  if (isReset || user) store.set("user", user);
  return isReset || (user !== null && before !== null && user !== before);
}

/** The loader's frame if there is a parent that names itself, else a page of its own. */
export function findHost(store: Store): Host {
  const origin = hostOrigin(location.hash);
  return origin && window.parent !== window ? inFrame(origin) : asPage(store);
}

function inFrame(origin: string): Host {
  const tell = (message: FrameMessage) => window.parent.postMessage(sealed(message), origin);
  return {
    framed: true,
    listen(listener) {
      addEventListener("message", (event) => {
        const message = messageFrom<LoaderMessage>(event, { window: window.parent, origin });
        if (message?.type === "start") listener.onStart(message);
        else if (message?.type === "page") listener.onPage(message);
        else if (message?.type === "opened" || message?.type === "closed") listener.onShown(message.type === "opened");
      });
      tell({ type: "ready" });
    },
    keepToken: (token) => tell({ type: "token", token }),
    showUnread: (count) => tell({ type: "unread", count }),
    close: () => tell({ type: "close" }),
  };
}

function asPage(store: Store): Host {
  const title = document.title;
  return {
    framed: false,
    listen(listener) {
      const page = { url: location.href, title, referrer: document.referrer };
      listener.onStart({ token: store.get("token"), page, open: true, identity: null });
    },
    keepToken: (token) => store.set("token", token),
    showUnread(count) {
      document.title = count ? `(${count}) ${title}` : title;
    },
    close: () => undefined,
  };
}

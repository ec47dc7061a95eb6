// @vitest-environment happy-dom
/** What follows what: `frame/chat`, with the server played by the test. */
import { beforeEach, describe, expect, test } from "vitest";
import { Chat } from "../src/frame/chat";
import type { Host, HostListener } from "../src/frame/host";
import type { Author, Message, VisitorFrame } from "../src/frame/protocol";
import { openStore } from "../src/frame/storage";
import { timesIn } from "../src/frame/times";
import { wordsOf } from "../src/frame/words";
import later from "../src/frame/locales/later-ru.json";
import first from "../src/frame/locales/ru.json";
import type { Settings } from "../src/settings";
import { Clock, surroundings } from "./fake-server";
import type { FakeSocket } from "./fake-server";
import { memoryStorage } from "./storage-in-memory";

const SETTINGS: Settings = {
  line: "shop", title: "Shop", origin: "https://chat.example", frame: "https://chat.example/chat/shop", language: "ru",
  colour: "#2563eb", corner: "right", offset_px: 20, greeting: {}, ask_contact: "after_first", consent_url: null,
  max_text_chars: 20, max_file_bytes: 1_000, max_files: 3, build: "b1",
};
const PAGE = { url: "https://shop.example/", title: "Shop", referrer: "" };

let clock: Clock;
let sockets: FakeSocket[];
let backing: Storage;
let host: HostListener;
let kept: { tokens: string[]; unread: number[] };
let chat: Chat;

const newest = () => sockets[sockets.length - 1]!;
const sent = <T extends VisitorFrame["type"]>(type: T) =>
  sockets.flatMap((socket) => socket.sent).filter((frame): frame is Extract<VisitorFrame, { type: T }> => frame.type === type);

/** A chat on a page that was just loaded, with what the browser kept from before. */
function load({ token = null, open = true }: { token?: string | null; open?: boolean } = {}): void {
  const stub: Host = {
    framed: true,
    listen: (listener) => (host = listener),
    keepToken: (given) => void kept.tokens.push(given),
    showUnread: (count) => void kept.unread.push(count),
    close: () => undefined,
  };
  chat = new Chat({
    settings: SETTINGS, language: "ru", words: wordsOf({ ...first, ...later }, "ru"), times: timesIn("ru"), store: openStore(backing, "shop"),
    host: stub, around: surroundings(clock, sockets),
  });
  chat.begin();
  host.onStart({ token, page: PAGE, open, identity: null });
}

function message(seq: number, author: Author = "operator", client_id: string | null = null): Message {
  return { id: `m${seq}`, seq, author, name: null, avatar_url: null, client_id, text: `text ${seq}`, files: [], at: "2026-11-21T12:00:00Z" };
}

function welcome(messages: Message[] = [], seq = messages[messages.length - 1]?.seq ?? 0): void {
  newest().opens();
  newest().hears({
    type: "welcome", token: "t1", seq, messages, more: false, reset: false, read_seq: 0, operator: null, state: "open",
    outlook: { open: true, opens_at: null, online: true },
  });
}

function say(text: string): void {
  chat.write(text);
  chat.say();
}

function ack(seq: number | null, clientId = sent("send").at(-1)!.client_id): void {
  newest().hears({ type: "ack", client_id: clientId, seq, id: `m${seq}`, at: "2026-11-21T12:00:00Z" });
}

const shownTexts = () => [...chat.thread.value.messages.map(({ text }) => text), ...chat.outbox.value.flatMap((item) => (item.kind === "said" ? item.text : []))];

beforeEach(() => {
  clock = new Clock();
  sockets = [];
  backing = memoryStorage();
  kept = { tokens: [], unread: [] };
});

describe("connecting", () => {
  test("whoever only came near the button costs no connection", () => {
    load({ open: false });
    expect(sockets).toHaveLength(0);
    host.onShown(true);
    expect(sockets).toHaveLength(1);
  });

  test("whoever wrote before is connected with the panel closed, for the badge", () => {
    load({ token: "t0", open: false });
    welcome([message(1)]);
    expect(sent("hello")[0]).toMatchObject({ token: "t0", after_seq: 0, build: "b1" });
    expect(kept.unread.at(-1)).toBe(1);
    expect(sent("read")).toEqual([]);
  });

  test("a new token is kept by the host page", () => {
    load();
    welcome();
    expect(kept.tokens).toEqual(["t1"]);
  });

  test("a token that is not the server's starts a new visitor, and what was written goes to that one", () => {
    load({ token: "forged" });
    say("hello");
    newest().breaks(4401);
    clock.passes(0);
    welcome();
    expect(sent("hello").at(-1)).toMatchObject({ type: "hello", after_seq: 0 });
    expect(sent("send").map(({ text }) => text)).toEqual(["hello"]);
  });
});

describe("sending", () => {
  test("one is under way at a time, in order", () => {
    load();
    welcome();
    say("one");
    say("two");
    expect(sent("send").map(({ text }) => text)).toEqual(["one"]);
    ack(1);
    expect(sent("send").map(({ text }) => text)).toEqual(["one", "two"]);
  });

  test("what was written without a connection goes when it is there", () => {
    load();
    say("one");
    expect(chat.outbox.value).toMatchObject([{ state: "waiting" }]);
    welcome();
    expect(sent("send")).toHaveLength(1);
  });

  test("a lost ack is answered under the same id and shown once", () => {
    load();
    welcome();
    say("one");
    newest().breaks(1006);
    clock.passes(2_000);
    welcome([]);
    const [first, second] = sent("send");
    expect(second?.client_id).toBe(first?.client_id);
    ack(1);
    expect(shownTexts()).toEqual(["one"]);
  });

  test("what the welcome shows as stored is not sent again", () => {
    load();
    welcome();
    say("one");
    newest().breaks(1006);
    clock.passes(2_000);
    welcome([message(1, "customer", sent("send")[0]!.client_id)]);
    expect(sent("send")).toHaveLength(1);
    expect(chat.outbox.value).toEqual([]);
  });

  test("a silent server is left, and the message goes over the next socket", () => {
    load();
    welcome();
    say("one");
    clock.passes(15_000 + 2_000);
    expect(sockets).toHaveLength(2);
    welcome();
    expect(sent("send")).toHaveLength(2);
  });

  test("everything written survives a reload, also what was under way", () => {
    load();
    welcome();
    say("one");
    say("two");
    chat.write("half a sen");
    load({ token: "t1" });
    expect(chat.draft.value).toBe("half a sen");
    welcome();
    ack(1);
    ack(2);
    expect(shownTexts()).toEqual(["one", "two"]);
  });

  test("too long a text, or nothing, is not sent", () => {
    load();
    welcome();
    say("   ");
    say("x".repeat(21));
    say("😀".repeat(20));
    expect(sent("send").map(({ text }) => text)).toEqual(["😀".repeat(20)]);
  });

  test("a refused one can be taken back into the composer", () => {
    load();
    welcome();
    say("one");
    const { client_id } = sent("send")[0]!;
    newest().hears({ type: "refused", client_id, code: "malformed", reason: "" });
    chat.write("more");
    chat.edit(client_id);
    expect(chat.draft.value).toBe("more\none");
    expect(chat.outbox.value).toEqual([]);
  });

  test("typing is told at most every three seconds", () => {
    load();
    welcome();
    for (const text of ["a", "ab", "abc"]) chat.write(text);
    clock.passes(3_000);
    chat.write("abcd");
    expect(sent("typing")).toHaveLength(2);
  });
});

describe("asked to slow down", () => {
  const later = (client_id: string | null, retry_after_s: number) => newest().hears({ type: "later", client_id, retry_after_s });

  test("what was put off goes by itself in its turn, under its id", () => {
    load();
    welcome();
    say("one");
    say("two");
    const [first] = sent("send");
    later(first!.client_id, 7);
    expect([chat.slowed.value, chat.outbox.value.map(({ state }) => state)]).toEqual([true, ["waiting", "waiting"]]);
    clock.passes(6_999);
    expect(sent("send")).toHaveLength(1);
    clock.passes(1);
    expect([chat.slowed.value, sent("send").map(({ client_id }) => client_id)]).toEqual([false, [first!.client_id, first!.client_id]]);
    ack(1);
    expect(sent("send").map(({ text }) => text)).toEqual(["one", "one", "two"]);
  });

  test("nothing new goes meanwhile, and nothing is ever given up", () => {
    load();
    welcome();
    say("one");
    for (let time = 0; time < 20; time++) {
      later(sent("send")[0]!.client_id, 2);
      say(`more ${time}`);
      clock.passes(2_000);
    }
    expect(new Set(sent("send").map(({ text }) => text))).toEqual(new Set(["one"]));
    expect(sockets).toHaveLength(1);
    expect(chat.outbox.value).toHaveLength(21);
    expect(chat.outbox.value.some(({ state }) => state === "failed")).toBe(false);
  });

  test("a visitor whose place sent too many comes back when they may", () => {
    load();
    say("one");
    newest().opens();
    later(null, 40);
    newest().breaks(4429);
    expect(chat.slowed.value).toBe(true);
    clock.passes(39_000);
    expect(sockets).toHaveLength(1);
    clock.passes(10_000);
    welcome();
    expect(sent("send").map(({ text }) => text)).toEqual(["one"]);
  });
});

describe("a gap", () => {
  test("closes and says hello again with the last seq before it", () => {
    load();
    welcome([message(1), message(2)]);
    newest().hears({ type: "message", message: message(4) });
    clock.passes(0);
    welcome([message(3), message(4)], 4);
    expect(sent("hello").at(-1)?.after_seq).toBe(2);
    expect(chat.thread.value.seq).toBe(4);
  });

  test("before an own message is given three seconds to fill", () => {
    load();
    welcome([message(1)]);
    say("one");
    ack(3);
    clock.passes(2_900);
    expect(sockets).toHaveLength(1);
    clock.passes(200);
    expect(sockets).toHaveLength(2);
  });
});

describe("reading", () => {
  test("is told when the message is on the screen, and empties the badge", () => {
    load();
    welcome();
    newest().hears({ type: "message", message: message(1) });
    expect(sent("received").at(-1)?.seq).toBe(1);
    expect(sent("read").at(-1)?.seq).toBe(1);
    expect(kept.unread.at(-1)).toBe(0);
  });

  test("waits while the visitor looks at older ones", () => {
    load();
    welcome();
    chat.atEnd.value = false;
    newest().hears({ type: "message", message: message(1) });
    expect(sent("read")).toEqual([]);
    expect(chat.unread.value).toBe(1);
    chat.atEnd.value = true;
    expect(sent("read").at(-1)?.seq).toBe(1);
  });

  test("is remembered over a reload", () => {
    load();
    welcome([message(1), message(2)]);
    load({ token: "t1", open: false });
    welcome([message(1), message(2), message(3)]);
    expect(chat.unread.value).toBe(1);
  });
});

describe("contact details", () => {
  const ANNA = { name: "Anna", phone: "+79001234567", email: "" };

  test("are asked for after the first message and not again once given", () => {
    load();
    welcome();
    expect(chat.contactPlace.value).toBe("nowhere");
    say("one");
    expect(chat.contactPlace.value).toBe("in_chat");
    chat.giveContact(ANNA);
    expect(chat.contactPlace.value).toBe("nowhere");
    load({ token: "t1" });
    expect(chat.contactPlace.value).toBe("nowhere");
  });

  test("given without a connection are sent when it is there", () => {
    load();
    chat.giveContact(ANNA);
    welcome();
    expect(sent("contact")).toMatchObject([ANNA]);
    ack(null, sent("contact")[0]!.client_id);
    expect(chat.contactQueued.value).toBe(false);
  });

  test("refused are asked for again", () => {
    load();
    welcome();
    say("one");
    ack(1);
    chat.giveContact(ANNA);
    newest().hears({ type: "refused", client_id: sent("contact")[0]!.client_id, code: "bad_contact", reason: "" });
    expect([chat.contactPlace.value, chat.contactRefused.value]).toEqual(["in_chat", true]);
  });
});

describe("another person", () => {
  const ANNA = { user_id: "7", signature: "s" };
  const BORIS = { user_id: "8", signature: "s" };

  function annaWrites(): void {
    host.onStart({ token: "t1", page: PAGE, open: true, identity: ANNA });
    newest().breaks(1006);
    say("for Anna's eyes");
    chat.write("a draft of Anna's");
  }

  test("begins with nothing of the last one's after a reset", () => {
    load();
    annaWrites();
    host.onStart({ token: "", page: PAGE, open: true, identity: null });
    expect([chat.outbox.value, chat.draft.value, chat.thread.value.messages]).toEqual([[], "", []]);
    clock.passes(60_000);
    newest().opens();
    expect(sent("hello").at(-1)).toMatchObject({ token: null, after_seq: 0, identity: null });
    welcome();
    expect(sent("send")).toEqual([]);
  });

  test("begins so too where the site names another user, even on a page loaded anew", () => {
    load();
    annaWrites();
    load({ token: "t1" });
    host.onStart({ token: "t1", page: PAGE, open: true, identity: BORIS });
    expect([chat.outbox.value, chat.draft.value]).toEqual([[], ""]);
  });

  test("is not the same one, who is named a moment after the page", () => {
    load();
    annaWrites();
    load({ token: "t1" });
    host.onStart({ token: "t1", page: PAGE, open: true, identity: ANNA });
    expect([chat.outbox.value.length, chat.draft.value]).toEqual([1, "a draft of Anna's"]);
  });
});

test("who the site says the visitor is, is told in a new hello", () => {
  load();
  welcome();
  host.onStart({ token: "t1", page: PAGE, open: true, identity: { user_id: "7", signature: "s" } });
  clock.passes(0);
  newest().opens();
  expect(sent("hello").at(-1)?.identity).toEqual({ user_id: "7", signature: "s" });
});

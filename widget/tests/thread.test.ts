/** The thread as the visitor sees it: `frame/thread`. */
import { describe, expect, test } from "vitest";
import type { Author, Message, Welcome } from "../src/frame/protocol";
import { EMPTY_THREAD, TYPING_MS, reduce, unreadCount } from "../src/frame/thread";
import type { Thread, ThreadEvent } from "../src/frame/thread";

const NOON_MS = Date.UTC(2026, 10, 21, 12);

function message(seq: number, author: Author = "operator"): Message {
  const client_id = author === "customer" ? `c${seq}` : null;
  return { id: `m${seq}`, seq, author, name: null, avatar_url: null, client_id, text: `text ${seq}`, files: [], at: "2026-11-21T12:00:00Z" };
}

function range(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, n) => message(from + n));
}

function welcome(messages: Message[], rest: Partial<Welcome> = {}): Welcome {
  return {
    type: "welcome", token: "t", seq: messages[messages.length - 1]?.seq ?? 0, messages, more: false, reset: false, read_seq: 0,
    operator: null, state: "open", outlook: { open: true, opens_at: null, online: true }, ...rest,
  };
}

function after(...events: ThreadEvent[]): Thread {
  return events.reduce((thread, event) => reduce(thread, event, NOON_MS), EMPTY_THREAD);
}

const seqs = (thread: Thread) => thread.messages.map(({ seq }) => seq);
const arrives = (seq: number, author?: Author): ThreadEvent => ({ type: "message", message: message(seq, author) });
const stored = (seq: number): ThreadEvent => ({ type: "stored", message: message(seq, "customer") });

describe("the first welcome", () => {
  test("shows what the server has", () => {
    const thread = after(welcome(range(1, 3)));
    expect(seqs(thread)).toEqual([1, 2, 3]);
    expect(thread.seq).toBe(3);
  });

  test("may begin in the middle of a long thread", () => {
    const thread = after(welcome(range(201, 300), { reset: true, more: true }));
    expect(thread).toMatchObject({ seq: 300, gap: false, more: true });
  });

  test("of an empty thread leaves it empty", () => {
    expect(after(welcome([]))).toMatchObject({ messages: [], seq: 0, gap: false });
  });
});

describe("resuming", () => {
  test("adds only what is new", () => {
    expect(seqs(after(welcome(range(1, 3)), welcome(range(4, 5))))).toEqual([1, 2, 3, 4, 5]);
  });

  test("keeps what it held when nothing is new", () => {
    const thread = after(welcome(range(1, 3)), welcome([], { seq: 3 }));
    expect(seqs(thread)).toEqual([1, 2, 3]);
  });

  test("after a long absence replaces what it held", () => {
    expect(seqs(after(welcome(range(1, 3)), welcome(range(151, 250), { reset: true })))[0]).toBe(151);
  });

  test("does not forget that there are older ones above what is held", () => {
    const thread = after(welcome(range(201, 300), { reset: true, more: true }), welcome([message(301)]));
    expect(thread.more).toBe(true);
  });

  test("starts from nothing when the server numbers lower than we hold", () => {
    const thread = after(welcome(range(1, 9)), welcome([], { seq: 4 }));
    expect(thread).toMatchObject({ messages: [], seq: 0, gap: true });
  });

  test("with a hole in the welcome itself shows what came instead of asking for ever", () => {
    const thread = after(welcome(range(1, 3)), welcome(range(6, 7)));
    expect(thread).toMatchObject({ gap: false, seq: 7, more: true });
    expect(seqs(thread)).toEqual([6, 7]);
  });
});

describe("messages that arrive", () => {
  test("are added in order", () => {
    expect(seqs(after(welcome(range(1, 2)), arrives(3), arrives(4)))).toEqual([1, 2, 3, 4]);
  });

  test("twice are shown once", () => {
    expect(seqs(after(welcome(range(1, 2)), arrives(3), arrives(3)))).toEqual([1, 2, 3]);
  });

  test("again with other words replace the old ones", () => {
    const edited = { ...message(2), text: "edited" };
    expect(after(welcome(range(1, 3)), { type: "message", message: edited }).messages[1]?.text).toBe("edited");
  });

  test("past a gap are not shown but reported as a gap", () => {
    const thread = after(welcome(range(1, 2)), arrives(4));
    expect(thread).toMatchObject({ gap: true, seq: 2 });
    expect(seqs(thread)).toEqual([1, 2]);
  });

  test("fill the gap after a resume", () => {
    const thread = after(welcome(range(1, 2)), arrives(4), welcome(range(3, 4)));
    expect(thread.gap).toBe(false);
    expect(seqs(thread)).toEqual([1, 2, 3, 4]);
  });
});

describe("own messages", () => {
  test("stand in the thread as soon as they are acknowledged", () => {
    expect(seqs(after(welcome(range(1, 2)), stored(3)))).toEqual([1, 2, 3]);
  });

  test("are not doubled by the server's own word of them, whichever comes first", () => {
    const thread = after(welcome([]), stored(1), arrives(1, "customer"), arrives(2, "customer"), stored(2));
    expect(seqs(thread)).toEqual([1, 2]);
  });

  test("acknowledged ahead of an operator's wait for it, and are no gap", () => {
    const waiting = after(welcome(range(1, 2)), stored(4));
    expect(waiting).toMatchObject({ gap: false, seq: 2 });
    expect(waiting.ahead.map(({ seq }) => seq)).toEqual([4]);
    const thread = reduce(waiting, arrives(3), NOON_MS);
    expect(seqs(thread)).toEqual([1, 2, 3, 4]);
    expect(thread).toMatchObject({ ahead: [], seq: 4 });
  });

  test("from long ago, sent again and acknowledged again, change nothing", () => {
    const before = after(welcome(range(201, 300), { reset: true }));
    expect(reduce(before, stored(7), NOON_MS)).toBe(before);
  });
});

describe("history", () => {
  test("goes above what is held", () => {
    const thread = after(welcome(range(51, 60), { reset: true, more: true }), { type: "asked_history" }, { type: "history", messages: range(1, 50), more: false });
    expect(seqs(thread)[0]).toBe(1);
    expect(thread).toMatchObject({ more: false, loadingHistory: false, seq: 60 });
  });

  test("that overlaps is taken once", () => {
    const thread = after(welcome(range(5, 6), { reset: true, more: true }), { type: "history", messages: range(3, 5), more: true });
    expect(seqs(thread)).toEqual([3, 4, 5, 6]);
  });
});

describe("who is there", () => {
  test("typing ends by itself", () => {
    const typing = after(welcome([]), { type: "typing", name: "Anna" });
    expect(reduce(typing, { type: "tick" }, NOON_MS + TYPING_MS - 1).typing?.name).toBe("Anna");
    expect(reduce(typing, { type: "tick" }, NOON_MS + TYPING_MS).typing).toBeNull();
  });

  test("typing ends when the message is there, not when the visitor writes", () => {
    const typing = after(welcome([]), { type: "typing", name: "Anna" });
    expect(reduce(typing, arrives(1, "customer"), NOON_MS).typing?.name).toBe("Anna");
    expect(reduce(typing, arrives(1), NOON_MS).typing).toBeNull();
  });

  test("a read position never goes back", () => {
    expect(after(welcome(range(1, 5)), { type: "read", seq: 4 }, { type: "read", seq: 2 }).readSeq).toBe(4);
  });

  test("a status tells the operator and the hours", () => {
    const outlook = { open: false, opens_at: "2026-11-22T06:00:00Z", online: false };
    const operator = { name: "Anna", avatar_url: null };
    expect(after(welcome([]), { type: "status", operator, state: "waiting", outlook })).toMatchObject({ operator, state: "waiting", outlook });
  });
});

describe("unread", () => {
  test("counts ours after the last one seen", () => {
    expect(unreadCount(after(welcome(range(1, 5))), 3)).toBe(2);
  });

  test("what stands before the visitor's own last word has been seen, whatever the browser forgot", () => {
    expect(unreadCount(after(welcome([message(1), message(2, "customer"), message(3)])), 0)).toBe(1);
  });
});

test("stale thread + resume = fresh thread, wherever the connection broke", () => {
  const all = [...range(1, 3), message(4, "customer"), ...range(5, 8)];
  const fresh = after(welcome(all));
  for (let held = 1; held <= all.length; held++) {
    const resumed = after(welcome(all.slice(0, held)), welcome(all.slice(held), { seq: all.length }));
    expect(resumed).toEqual(fresh);
  }
});

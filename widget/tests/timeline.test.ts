/** What stands in the list, from top to bottom: `frame/timeline`. */
import { describe, expect, test } from "vitest";
import { failed, said, sending } from "../src/frame/outbox";
import type { Outbox } from "../src/frame/outbox";
import type { Author, Message } from "../src/frame/protocol";
import { EMPTY_THREAD } from "../src/frame/thread";
import type { Thread } from "../src/frame/thread";
import { rowsOf } from "../src/frame/timeline";
import type { Bubble } from "../src/frame/timeline";

function at(day: number, hour: number, minute = 0): string {
  return new Date(2026, 10, day, hour, minute).toISOString();
}

function message(seq: number, author: Author, when: string, name: string | null = null): Message {
  return { id: `m${seq}`, seq, author, name, avatar_url: null, client_id: author === "customer" ? `c${seq}` : null, text: "", files: [], at: when };
}

function thread(messages: Message[], rest: Partial<Thread> = {}): Thread {
  return { ...EMPTY_THREAD, messages, seq: messages.length, ...rest };
}

const bubbles = (held: Thread, outbox: Outbox = []) => rowsOf(held, outbox).filter((row): row is Bubble => row.kind === "bubble");

test("every day begins with its name, once", () => {
  const rows = rowsOf(thread([message(1, "operator", at(20, 9)), message(2, "operator", at(20, 23)), message(3, "operator", at(21, 1))]), []);
  expect(rows.map(({ kind }) => kind)).toEqual(["day", "bubble", "bubble", "day", "bubble"]);
});

describe("groups", () => {
  const group = (messages: Message[]) => bubbles(thread(messages)).map(({ first, last }) => `${first ? "[" : ""}${last ? "]" : ""}`);

  test("hold what one side says in one breath", () => {
    expect(group([message(1, "operator", at(21, 9)), message(2, "operator", at(21, 9, 2)), message(3, "customer", at(21, 9, 3))])).toEqual(["[", "]", "[]"]);
  });

  test("end after five minutes", () => {
    expect(group([message(1, "operator", at(21, 9)), message(2, "operator", at(21, 9, 5))])).toEqual(["[]", "[]"]);
  });

  test("tell two operators apart", () => {
    expect(group([message(1, "operator", at(21, 9), "Anna"), message(2, "operator", at(21, 9), "Boris")])).toEqual(["[]", "[]"]);
  });
});

describe("own messages", () => {
  test("are sent, and read up to where an operator has seen", () => {
    const held = thread([message(1, "customer", at(21, 9)), message(2, "customer", at(21, 9)), message(3, "operator", at(21, 9))], { readSeq: 1 });
    expect(bubbles(held).map(({ progress }) => progress)).toEqual(["read", "sent", null]);
  });

  test("say in words how far the newest has come, and which have failed", () => {
    const waiting = ["a", "b", "c"].map((client_id) => said(client_id, [], { client_id, at: at(21, 10) }));
    const outbox = failed(sending(waiting, "b"), "a", "bad_file");
    const shown = bubbles(thread([message(1, "customer", at(21, 9))]), outbox);
    expect(shown.map(({ progress, tells }) => [progress, tells])).toEqual([["sent", false], ["failed", true], ["sending", false], ["waiting", true]]);
  });

  test("stay the same node when they are acknowledged", () => {
    const item = said("hello", [], { client_id: "c1", at: at(21, 9) });
    const before = bubbles(EMPTY_THREAD, [item])[0]?.key;
    expect(bubbles(thread([message(1, "customer", at(21, 9))]))[0]?.key).toBe(before);
  });

  test("acknowledged ahead of others stand after them", () => {
    const held = thread([message(1, "operator", at(21, 9))], { ahead: [message(3, "customer", at(21, 9))] });
    expect(bubbles(held).map(({ key }) => key)).toEqual(["m1", "c3"]);
  });
});

/** What the visitor said and the server has not acknowledged: `frame/outbox`. */
import { describe, expect, test } from "vitest";
import {
  MAX_ATTEMPTS, MAX_ITEMS, contactGiven, failed, find, frameFor, interrupted, isFull, loadOutbox, nextUp, retried,
  said, saveOutbox, sending, underWay, withItem, without,
} from "../src/frame/outbox";
import type { Outbox, SaidItem } from "../src/frame/outbox";
import { openStore } from "../src/frame/storage";
import { memoryStorage } from "./storage-in-memory";

let minute = 0;

function words(id: string): SaidItem {
  return said(`text of ${id}`, [], { client_id: id, at: new Date(Date.UTC(2026, 10, 21, 9, minute++)).toISOString() });
}

function holding(...ids: string[]): Outbox {
  return ids.reduce<Outbox>((outbox, id) => withItem(outbox, words(id)), []);
}

const ids = (outbox: Outbox) => outbox.map((item) => item.client_id);

describe("one at a time, in order", () => {
  test("the oldest goes first", () => {
    expect(nextUp(holding("a", "b"))?.client_id).toBe("a");
  });

  test("nothing goes while another is under way", () => {
    expect(nextUp(sending(holding("a", "b"), "a"))).toBeNull();
  });

  test("the next goes when the one before is acknowledged", () => {
    const outbox = without(sending(holding("a", "b"), "a"), ["a"]);
    expect(nextUp(outbox)?.client_id).toBe("b");
  });

  test("a refused one does not hold up those behind it", () => {
    const outbox = failed(sending(holding("a", "b"), "a"), "a", "too_long");
    expect(nextUp(outbox)?.client_id).toBe("b");
  });
});

describe("losing the connection", () => {
  test("what was under way waits again, before what was written later, under the same id", () => {
    const outbox = interrupted(sending(holding("a", "b"), "a"), { blameless: false });
    expect(ids(outbox)).toEqual(["a", "b"]);
    expect(nextUp(outbox)?.client_id).toBe("a");
  });

  test("an item that never gets an answer fails in the end and lets the others pass", () => {
    let outbox = holding("a", "b");
    for (let round = 0; round < MAX_ATTEMPTS; round++) outbox = interrupted(sending(outbox, "a"), { blameless: false });
    expect(find(outbox, "a")).toMatchObject({ state: "failed", failure: "no_answer" });
    expect(nextUp(outbox)?.client_id).toBe("b");
  });

  test("restarts of the server are not held against an item", () => {
    let outbox = holding("a");
    for (let round = 0; round < 20; round++) outbox = interrupted(sending(outbox, "a"), { blameless: true });
    expect(nextUp(outbox)?.client_id).toBe("a");
  });

  test("nothing changes when nothing was under way", () => {
    const outbox = holding("a");
    expect(interrupted(outbox, { blameless: false })).toBe(outbox);
  });
});

describe("trying again", () => {
  test("what had no answer keeps its id, for it may have been stored", () => {
    const outbox = retried(failed(holding("a"), "a", "no_answer"), "a", "fresh");
    expect(ids(outbox)).toEqual(["a"]);
    expect(underWay(outbox)).toBeNull();
    expect(nextUp(outbox)?.attempts).toBe(0);
  });

  test("what was refused gets a new id, for the old one would be refused again", () => {
    expect(ids(retried(failed(holding("a", "b"), "a", "bad_file"), "a", "fresh"))).toEqual(["b", "fresh"]);
  });

  test("only failed ones can be tried again", () => {
    const outbox = holding("a");
    expect(retried(outbox, "a", "fresh")).toBe(outbox);
  });
});

describe("limits", () => {
  test("it holds fifty and no more", () => {
    const full = holding(...Array.from({ length: MAX_ITEMS }, (_, n) => `m${n}`));
    expect(isFull(full)).toBe(true);
    expect(withItem(full, words("one more"))).toBe(full);
  });

  test("the same item is held once", () => {
    const outbox = holding("a");
    expect(withItem(outbox, words("a"))).toBe(outbox);
  });
});

describe("what goes over the wire", () => {
  test("a message names its files by id", () => {
    const file = { id: "f1", name: "a.png", mime: "image/png", size_bytes: 1, url: "/f", width: 1, height: 1 };
    const item = said("hello", [file], { client_id: "a", at: "2026-11-21T09:00:00Z" });
    expect(frameFor(item)).toEqual({ type: "send", client_id: "a", text: "hello", files: ["f1"] });
  });

  test("contact details are a frame of their own", () => {
    const item = contactGiven({ name: "Anna", phone: "+79001234567", email: "" }, { client_id: "a", at: "2026-11-21T09:00:00Z" });
    expect(frameFor(item)).toEqual({ type: "contact", client_id: "a", name: "Anna", phone: "+79001234567", email: "" });
  });
});

describe("surviving a reload", () => {
  test("everything comes back in the order in which it was written", () => {
    const store = openStore(memoryStorage(), "shop");
    const outbox = holding("b", "a", "c");
    saveOutbox(store, [], outbox);
    expect(ids(loadOutbox(store))).toEqual(["b", "a", "c"]);
  });

  test("what was under way comes back waiting", () => {
    const store = openStore(memoryStorage(), "shop");
    saveOutbox(store, [], sending(holding("a"), "a"));
    expect(nextUp(loadOutbox(store))?.client_id).toBe("a");
  });

  test("what was acknowledged does not come back", () => {
    const store = openStore(memoryStorage(), "shop");
    const outbox = holding("a", "b");
    saveOutbox(store, [], outbox);
    saveOutbox(store, outbox, without(outbox, ["a"]));
    expect(ids(loadOutbox(store))).toEqual(["b"]);
  });

  test("two tabs do not overwrite what the other one wrote", () => {
    const backing = memoryStorage();
    const [one, other] = [openStore(backing, "shop"), openStore(backing, "shop")];
    saveOutbox(one, [], holding("a"));
    saveOutbox(other, [], holding("b"));
    expect(ids(loadOutbox(one))).toEqual(["a", "b"]);
  });

  test("two lines on one origin do not see each other's", () => {
    const backing = memoryStorage();
    saveOutbox(openStore(backing, "shop"), [], holding("a"));
    expect(loadOutbox(openStore(backing, "other"))).toEqual([]);
  });

  test("what someone else left under our name is passed over", () => {
    const backing = memoryStorage();
    backing.setItem("liniya:shop:out:x", "{not json");
    backing.setItem("liniya:shop:out:y", '{"kind":"other"}');
    expect(loadOutbox(openStore(backing, "shop"))).toEqual([]);
  });

  test("without a storage it is kept in memory", () => {
    const store = openStore(null, "shop");
    saveOutbox(store, [], holding("a"));
    expect(ids(loadOutbox(store))).toEqual(["a"]);
  });

  test("a full storage falls back to memory", () => {
    const backing = memoryStorage();
    backing.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    const store = openStore(backing, "shop");
    saveOutbox(store, [], holding("a"));
    expect(ids(loadOutbox(store))).toEqual(["a"]);
  });
});

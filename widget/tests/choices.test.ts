/** What is pressed under a message: `frame/choices`, and its way through outbox and list. */
import { expect, test } from "vitest";
import { chosenUnder, isScale, scoreOf } from "../src/frame/choices";
import { contactPlace } from "../src/frame/contact";
import { asStored, chosen, failed, frameFor, sending } from "../src/frame/outbox";
import type { Author, Choice, Message } from "../src/frame/protocol";
import { EMPTY_THREAD } from "../src/frame/thread";
import { rowsOf } from "../src/frame/timeline";

const AT = "2026-11-21T12:00:00Z";
const FRESH = { client_id: "c1", at: AT };
const button = (label: string, value = "", more: Partial<Choice> = {}): Choice => ({ label, value, url: null, asks_phone: false, ...more });
const STARS = ["1", "2", "3", "4", "5"].map((label) => button(label, `rate:0a:${label}`));

function message(seq: number, author: Author, text: string, buttons?: Choice[]): Message {
  return { id: `m${seq}`, seq, author, name: null, avatar_url: null, client_id: null, text, files: [], at: AT, ...(buttons && { buttons }) };
}

const ASKED = message(1, "desk", "How was it?", STARS);

test("a score goes with its value, any other choice is said", () => {
  expect(frameFor(chosen(STARS[3]!, FRESH))).toEqual({ type: "send", client_id: "c1", text: "4", files: [], press: "rate:0a:4" });
  expect(frameFor(chosen(button("Delivery", "choose:1"), FRESH))).toEqual({ type: "send", client_id: "c1", text: "Delivery", files: [] });
});

test("a score is what the button gives, and no other choice is one", () => {
  expect([...STARS, button("Delivery", "choose:1"), button("More", "", { url: "https://a.example" })].map(scoreOf)).toEqual([1, 2, 3, 4, 5, null, null]);
  expect(scoreOf(button("👎", "rate:0a:0"))).toBe(0);
  expect([isScale(STARS), isScale(STARS.slice(0, 2))]).toEqual([true, false]);
});

test("a score under way is seen on its button and nowhere else, a failed one stands in the list", () => {
  const item = chosen(STARS[3]!, FRESH);
  const thread = { ...EMPTY_THREAD, messages: [ASKED], seq: 1 };
  const bubbles = (outbox: (typeof item)[]) => rowsOf(thread, outbox).filter(({ kind }) => kind === "bubble").length;
  expect(bubbles([item])).toBe(1);
  expect(chosenUnder("m1", [ASKED], sending([item], "c1"))).toEqual({ label: "4", over: true });
  const refused = failed([item], "c1", "over");
  expect(rowsOf(thread, refused).at(-1)).toMatchObject({ failure: "over", text: "4" });
  expect(chosenUnder("m1", [ASKED], refused)).toEqual({ label: null, over: false });
});

test("a stored score is the message that the server tells of", () => {
  const stored = asStored(chosen(STARS[3]!, FRESH), { type: "ack", client_id: "c1", seq: 2, id: "m2", at: AT }, 2);
  expect(stored).toEqual(message(2, "customer", "4"));
});

test("choices are over once the visitor has said anything, and only then", () => {
  expect(chosenUnder("m1", [ASKED, message(2, "operator", "Please")], [])).toEqual({ label: null, over: false });
  expect(chosenUnder("m1", [ASKED, message(2, "customer", "Wait"), message(3, "customer", "5")], [])).toEqual({ label: "Wait", over: true });
  expect(chosenUnder("m2", [message(1, "customer", "Hi"), { ...ASKED, id: "m2", seq: 2 }], [])).toEqual({ label: null, over: false });
});

test("who pressed the button for their number gets the form, whatever they answered before", () => {
  const given = { answer: "later", said: [], identity: null } as const;
  expect(contactPlace("never", { ...given, wanted: true })).toBe("in_chat");
  expect(contactPlace("never", { ...given, wanted: false })).toBe("nowhere");
});

/** The contact form: `frame/contact` and `frame/contact-problems`. */
import { describe, expect, test } from "vitest";
import { contactPlace } from "../src/frame/contact";
import { isEmail, isPhone, problemsOf } from "../src/frame/contact-problems";

const FREE = { required: false, given: false };
const said = ["Do you have oak lamps?"];
const nobody = { answer: null, said: [], identity: null } as const;

describe("the form", () => {
  test("wants a phone or an e-mail", () => {
    expect(problemsOf({ name: "Anna", phone: "", email: "" }, FREE)).toEqual({ phone: "need_contact" });
    expect(problemsOf({ name: "", phone: "+7 900 123-45-67", email: "" }, FREE)).toEqual({});
    expect(problemsOf({ name: "", phone: "", email: "anna@example.com" }, FREE)).toEqual({});
  });

  test("says everything that is wrong at once", () => {
    const problems = problemsOf({ name: "", phone: "call me", email: "anna@" }, { required: true, given: false });
    expect(problems).toEqual({ phone: "bad_phone", email: "bad_email", consent: "need_consent" });
  });

  test("does not ask for a consent that nobody needs", () => {
    expect(problemsOf({ name: "", phone: "89001234567", email: "" }, { required: true, given: true })).toEqual({});
  });
});

test.each([["+7 (900) 123-45-67", true], ["8.900.123.45.67", true], ["112", false], ["+7 900 123 45 67 доб. 1", false], ["1234567890123456", false]])(
  "%s is a phone: %s",
  (text, expected) => expect(isPhone(text)).toBe(expected),
);

test.each([["anna@example.com", true], ["анна@почта.рф", true], ["anna@localhost", false], ["anna@@example.com", false], ["a b@example.com", false]])(
  "%s is an e-mail: %s",
  (text, expected) => expect(isEmail(text)).toBe(expected),
);

describe("is asked", () => {
  test("not once the conversation is over: then it is asked how it was", () => {
    expect(contactPlace("after_first", { ...nobody, said, over: true })).toBe("nowhere");
    expect(contactPlace("after_first", { ...nobody, said, over: true, wanted: true })).toBe("in_chat");
  });

  test("after the first message, not before it", () => {
    expect(contactPlace("after_first", nobody)).toBe("nowhere");
    expect(contactPlace("after_first", { ...nobody, said })).toBe("in_chat");
  });

  test("before the chat only of those who have not spoken yet", () => {
    expect(contactPlace("before", nobody)).toBe("before_chat");
    expect(contactPlace("before", { ...nobody, said })).toBe("nowhere");
  });

  test.each(["given", "later"] as const)("not again after the answer %s", (answer) => {
    expect(contactPlace("after_first", { ...nobody, said, answer })).toBe("nowhere");
  });

  test("not of whom the site already knows how to reach", () => {
    expect(contactPlace("before", { ...nobody, identity: { email: "anna@example.com" } })).toBe("nowhere");
    expect(contactPlace("before", { ...nobody, identity: { name: "Anna" } })).toBe("before_chat");
  });

  test.each(["My phone is +7 (999) 123-45-67", "8 800 555 35 35", "anna@example.com, please"])("not after the words %s", (told) => {
    expect(contactPlace("after_first", { ...nobody, said: [...said, told] })).toBe("nowhere");
  });

  test.each(["Order 4521-88", "Двери 2100 x 900 x 40", "me @ work"])("still after the words %s", (told) => {
    expect(contactPlace("after_first", { ...nobody, said: [told] })).toBe("in_chat");
  });

  test("never when the line does not want it", () => {
    expect(contactPlace("never", { ...nobody, said })).toBe("nowhere");
  });
});

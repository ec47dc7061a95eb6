/** Whom loader and frame believe: `bridge`. */
import { describe, expect, test } from "vitest";
import { frameAddress, hostOrigin, messageFrom, sealed } from "../src/bridge";
import type { FrameMessage } from "../src/bridge";

const frame = {} as Window;
const peer = { window: frame, origin: "https://chat.example" };
const token = sealed({ type: "token", token: "t" });
const heard = (event: { data: unknown; origin: string; source: unknown }, from = peer) =>
  messageFrom<FrameMessage>(event as MessageEvent, from);

describe("a message is taken", () => {
  test("from the expected window with the expected origin", () => {
    expect(heard({ data: token, origin: "https://chat.example", source: frame })).toEqual(token);
  });
});

describe("a message is not taken", () => {
  test.each([
    ["http://chat.example"],
    ["https://chat.example.evil.example"],
    ["https://chat.example:8443"],
    ["null"],
    [""],
  ])("from the origin %j", (origin) => {
    expect(heard({ data: token, origin, source: frame })).toBeNull();
  });

  test("from another window with the right origin", () => {
    expect(heard({ data: token, origin: "https://chat.example", source: {} })).toBeNull();
  });

  test("while there is no frame, from nobody", () => {
    expect(heard({ data: token, origin: "https://chat.example", source: null }, { window: null as never, origin: "https://chat.example" })).toBeNull();
  });

  test.each([[null], ["liniya"], [{ type: "token" }], [{ liniya: 2, type: "token" }], [{ liniya: 1 }], [{ liniya: 1, type: 7 }]])(
    "that is not one of ours: %j",
    (data) => {
      expect(heard({ data, origin: "https://chat.example", source: frame })).toBeNull();
    },
  );
});

describe("the frame learns its host", () => {
  test("from the fragment the loader gave it", () => {
    const address = new URL(frameAddress("https://chat.example/chat/shop", "https://shop.example:8443"));
    expect(hostOrigin(address.hash)).toBe("https://shop.example:8443");
    expect(address.search).toBe("");
  });

  test.each(["", "#", "#host=", "#host=nonsense", "#host=data%3Atext%2Fhtml", "#host=%E0%A4%A"])("and from nothing in %j", (fragment) => {
    expect(hostOrigin(fragment)).toBeNull();
  });

  test("as an origin only, whatever else is said", () => {
    expect(hostOrigin("#host=https%3A%2F%2Fshop.example%2Fpath%3Fq")).toBe("https://shop.example");
  });
});

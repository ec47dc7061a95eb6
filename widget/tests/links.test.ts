/** Text becomes nodes: `frame/links`. */
import { describe, expect, test } from "vitest";
import { parts, richParts } from "../src/frame/links";
import shared from "../../tests/emphasis.json";

const links = (text: string) => parts(text).flatMap((part) => (part.kind === "link" ? [[part.text, part.href]] : []));

describe("links", () => {
  test.each([
    ["see https://shop.example/a?b=c#d now", "https://shop.example/a?b=c#d", "https://shop.example/a?b=c#d"],
    ["www.shop.example/aist", "www.shop.example/aist", "https://www.shop.example/aist"],
    ["write to anna.petrova+shop@mail.example", "anna.petrova+shop@mail.example", "mailto:anna.petrova+shop@mail.example"],
    ["адрес http://магазин.рф/торшер", "http://магазин.рф/торшер", "http://xn--80aaag3cfoy.xn--p1ai/%D1%82%D0%BE%D1%80%D1%88%D0%B5%D1%80"],
  ])("%s", (text, shown) => {
    expect(links(text)[0]?.[0]).toBe(shown);
  });

  test("lead where they say", () => {
    expect(links("www.shop.example/aist a@b.example")).toEqual([
      ["www.shop.example/aist", "https://www.shop.example/aist"],
      ["a@b.example", "mailto:a@b.example"],
    ]);
  });

  test("end before a sentence's punctuation", () => {
    expect(links("Look: https://shop.example/aist. And (https://shop.example/b)!")).toEqual([
      ["https://shop.example/aist", "https://shop.example/aist"],
      ["https://shop.example/b", "https://shop.example/b"],
    ]);
  });

  test("keep a bracket that is theirs", () => {
    expect(links("https://wiki.example/Lamp_(disambiguation)")[0]?.[0]).toBe("https://wiki.example/Lamp_(disambiguation)");
  });

  test.each(["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://", "https://[", "//shop.example", "1.5 www. @"])(
    "are not made of %s",
    (text) => expect(links(text)).toEqual([]),
  );
});

test.each(["", "no links", "https://a.example", "x https://a.example.\ny www.b.example, c@d.example!", "<img src=x onerror=alert(1)>"])(
  "the parts of %j put together are the text",
  (text) => {
    expect(parts(text).map((part) => part.text).join("")).toBe(text);
  },
);

describe("emphasis", () => {
  test.each(shared as [string, [string, string][]][])("%s", (text, expected) => {
    const joined: [string, string][] = [];
    for (const { kind, text: words } of richParts(text)) {
      const last = joined.at(-1);
      if (kind === "text" && last?.[0] === "text") last[1] += words;
      else joined.push([kind, words]);
    }
    expect(joined).toEqual(expected);
  });

  test("stands beside plain links", () => {
    expect(richParts("**See** www.shop.example").map((part) => part.kind)).toEqual(["b", "text", "link"]);
  });
});

/** Text that stays readable on any brand colour: `colour`. */
import { expect, test } from "vitest";
import { contrast, readableOn, safeColour, textOn } from "../src/colour";

const BRANDS = ["#2563eb", "#f5b301", "#000000", "#ffffff", "#ff0000", "#00ff00", "#777777", "#7f7f7f", "#e91e63", "#0ea5e9"];

test("contrast is WCAG's", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

test.each(BRANDS)("text on %s reaches 4.5 : 1", (brand) => {
  expect(contrast(textOn(brand), brand)).toBeGreaterThanOrEqual(4.5);
});

test.each(BRANDS)("%s as text on light and on dark reaches 4.5 : 1", (brand) => {
  for (const surface of ["#ffffff", "#191d24"]) expect(contrast(readableOn(brand, surface), surface)).toBeGreaterThanOrEqual(4.5);
});

test("a readable brand colour is left alone", () => {
  expect(readableOn("#2563eb", "#ffffff")).toBe("#2563eb");
});

test.each(["red", "#fff", "#12345g", "#2563eb;}", "url(x)", ""])("%j is no colour and never reaches a sheet", (colour) => {
  expect(safeColour(colour)).toBe("#2563eb");
});

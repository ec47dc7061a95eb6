/** Text that stays readable on, and in, a colour that the line's owner chose. */

type Rgb = readonly [number, number, number];

const FALLBACK = "#2563eb";
const AA = 4.5; // WCAG 2.2, success criterion 1.4.3

/** `colour` if it is `#rrggbb`, else our own blue. */
export function safeColour(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? colour : FALLBACK;
}

/** White where it reads well on `background`, else black: one of the two always does. */
export function textOn(background: string): string {
  return contrast("#ffffff", background) >= AA ? "#ffffff" : "#000000";
}

/** `colour`, moved towards black or white until it reads well as text on `surface`. */
export function readableOn(colour: string, surface: string): string {
  const target = luminance(parse(surface)) > 0.4 ? 0 : 255;
  let [red, green, blue] = parse(colour);
  for (let step = 0; step < 20 && contrast(format([red, green, blue]), surface) < AA; step++) {
    [red, green, blue] = [red, green, blue].map((part) => part + (target - part) * 0.12) as [number, number, number];
  }
  return format([red, green, blue]);
}

/** WCAG's contrast ratio, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(parse(one)), luminance(parse(other))].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function parse(colour: string): Rgb {
  const number = parseInt(colour.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function format(rgb: Rgb): string {
  return `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}

function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Text with its addresses found, as parts to be drawn as nodes. Pure. */
export type Part =
  | { kind: "text"; text: string }
  | { kind: "b" | "i" | "s" | "code"; text: string }
  | { kind: "link"; text: string; href: string }

const found = /\b(?:https?:\/\/|www\.)[^\s<>"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu
/** Belongs to the sentence, not to the address; a closing bracket only if none was opened in it. */
const trailing = /[.,:;!?'»”]+$/u

function trim(address: string) {
  let text = address
  for (;;) {
    const shorter = text.replace(trailing, "")
    const open = (shorter.match(/\(/g) ?? []).length
    const closed = (shorter.match(/\)/g) ?? []).length
    const next = shorter.endsWith(")") && closed > open ? shorter.slice(0, -1) : shorter
    if (next === text) return text
    text = next
  }
}

function hrefOf(text: string) {
  if (/^https?:/i.test(text)) return text
  return text.includes("@") && !/^www\./i.test(text) ? `mailto:${text}` : `https://${text}`
}

export function partsOf(text: string): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const hit of text.matchAll(found)) {
    const link = trim(hit[0])
    if (hit.index > at) parts.push({ kind: "text", text: text.slice(at, hit.index) })
    parts.push({ kind: "link", text: link, href: hrefOf(link) })
    at = hit.index + link.length
  }
  if (at < text.length) parts.push({ kind: "text", text: text.slice(at) })
  return parts
}

/** How a channel shows what an operator emphasises; as in channels/telegram/formatting.py. */
const elements = { "**": "b", __: "i", "~~": "s", "`": "code" } as const
const emphasis =
  /(^|[^\p{L}\d_*`/])(\*\*(?!\*)|__(?!_)|~~(?!~)|`)(?!\s)((?:(?!\2).)*?(?!\2)\S)\2(?![\p{L}\d_*`/])|\[([^[\]\n]+)\]\((https?:\/\/[^\s()]+)\)/gu

export function richPartsOf(text: string): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const hit of text.matchAll(emphasis)) {
    const [all, before = "", sign, words = "", label, href = ""] = hit
    parts.push(...partsOf(text.slice(at, hit.index) + before))
    parts.push(label ? { kind: "link", text: label, href } : { kind: elements[sign as keyof typeof elements], text: words })
    at = hit.index + all.length
  }
  return [...parts, ...partsOf(text.slice(at))]
}

/** What is read of it where nothing is drawn: in a quote, or a list. */
export const plainOf = (text: string) =>
  richPartsOf(text)
    .map((part) => part.text)
    .join("")

/** The sign that a place or somebody's card begins with, and what comes after it. */
export function signOf(text: string): { kind: "place" | "person" | null; rest: string } {
  const [sign = "", rest = ""] = [text.slice(0, 2), text.slice(2).trimStart()]
  if (sign === "📍") return { kind: "place", rest }
  return sign === "👤" ? { kind: "person", rest } : { kind: null, rest: text }
}

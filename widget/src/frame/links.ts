/** Text as parts, so that it becomes nodes and never markup. */

/** How an operator emphasises words, as the element that shows it. */
const ELEMENTS = { "**": "b", __: "i", "~~": "s", "`": "code" } as const;
type Sign = keyof typeof ELEMENTS;

export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: (typeof ELEMENTS)[Sign]; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string };

/** A sign without its partner, or within a word, is just a sign; as in channels/telegram/formatting.py. */
const EMPHASIS =
  /(^|[^\p{L}\d_*`/])(\*\*(?!\*)|__(?!_)|~~(?!~)|`)(?!\s)((?:(?!\2).)*?(?!\2)\S)\2(?![\p{L}\d_*`/])|\[([^[\]\n]+)\]\((https?:\/\/[^\s()]+)\)/gu;
const LINK = /https?:\/\/[^\s<>"'`]+|www\.[^\s<>"'`]+\.[^\s<>"'`]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;
const TRAILING = /[.,:;!?»”’…]+$/u;

/** What one of us wrote, with its emphasis. */
export function richParts(text: string): Part[] {
  let done = 0;
  const found = [...text.matchAll(EMPHASIS)].flatMap((match): Part[] => {
    const [all, before = "", sign, words, label, href] = match;
    const plain = parts(text.slice(done, match.index) + before);
    done = match.index + all.length;
    return [...plain, label ? { kind: "link", text: label, href: href! } : { kind: ELEMENTS[sign as Sign], text: words! }];
  });
  return [...found, ...parts(text.slice(done))];
}

/** The parts of `text` in order; put together again they are `text`. */
export function parts(text: string): Part[] {
  const found: Part[] = [];
  let done = 0;
  for (const match of text.matchAll(LINK)) {
    const link = trimmed(match[0]);
    const href = addressOf(link);
    if (!href) continue;
    if (match.index > done) found.push({ kind: "text", text: text.slice(done, match.index) });
    found.push({ kind: "link", text: link, href });
    done = match.index + link.length;
  }
  if (done < text.length) found.push({ kind: "text", text: text.slice(done) });
  return found;
}

/** A sentence's punctuation, and a bracket that was opened before it, are not the link's. */
function trimmed(link: string): string {
  let kept = link.replace(TRAILING, "");
  while (kept.endsWith(")") && kept.split(")").length > kept.split("(").length) {
    kept = kept.slice(0, -1).replace(TRAILING, "");
  }
  return kept;
}

function addressOf(link: string): string | null {
  if (!/^https?:|^www\./i.test(link)) return `mailto:${link}`;
  try {
    return new URL(/^www\./i.test(link) ? `https://${link}` : link).href;
  } catch {
    return null;
  }
}

/** Text as parts, so that it becomes nodes and never markup. */

export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string };

const LINK = /https?:\/\/[^\s<>"'`]+|www\.[^\s<>"'`]+\.[^\s<>"'`]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;
const TRAILING = /[.,:;!?»”’…]+$/u;

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

"""What a customer's page looks like that has no scripts: the line's title and colour, light or dark."""

import re
from html import escape

from router.queueing import Look

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
FALLBACK = Look().colour
# Where white reads well on a colour, by WCAG 2.2, success criterion 1.4.3.
READS_WELL = 4.5
STYLE = """:root { color-scheme: light dark; --back: #f3f5f4; --paper: #fff; --ink: #1a201e;
  --muted: #5a6461; --line: #848e8b; --brand: %(brand)s; --on-brand: %(on_brand)s }
@media (prefers-color-scheme: dark) { :root { --back: #121615; --paper: #1d2321; --ink: #eef2f1;
  --muted: #a3adaa; --line: #76817d } }
* { box-sizing: border-box }
body { margin: 0; padding: 1rem; min-height: 100vh; background: var(--back); color: var(--ink);
  font: 17px/1.5 system-ui, sans-serif }
main { max-width: 31rem; margin: 5vh auto; padding: 1.5rem; border-radius: 1rem;
  background: var(--paper); box-shadow: 0 1px 3px #0002, 0 8px 24px #0001 }
header { display: flex; align-items: center; gap: .75rem; margin-bottom: 1.25rem;
  color: var(--muted); font-weight: 600; overflow-wrap: anywhere }
header span { width: .75rem; height: .75rem; flex: none; border-radius: 50%%;
  background: var(--brand) }
h1, fieldset.main legend { margin: 0; padding: 0; font-size: 1.4rem; line-height: 1.3;
  font-weight: 650; overflow-wrap: anywhere }
fieldset { min-width: 0; border: 0; margin: 0; padding: 0 }
.more { margin-top: 1.75rem } .more legend { padding: 0 }
.more legend, .more > label, form > label { font-weight: 600 }
form > label { display: block; margin-top: 1.75rem }
.scores { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: .5rem;
  margin-top: .75rem }
.scores label { position: relative; display: flex }
.scores input { position: absolute; inset: 0; margin: 0; width: 100%%; height: 100%%;
  opacity: 0; cursor: pointer }
.scores b { flex: 1; display: flex; flex-direction: column; align-items: center;
  justify-content: center; min-height: 3rem; padding: .4rem .2rem; border: 1px solid var(--line);
  border-radius: .65rem; font-size: 1.15rem; font-weight: 600; text-align: center }
.scores small { font-size: .72rem; font-weight: 400; line-height: 1.2; color: var(--muted) }
.scores input:hover + b { border-color: var(--brand) }
.scores input:checked + b, .scores input:checked + b small { background: var(--brand);
  border-color: var(--on-brand); color: var(--on-brand) }
.scores input:focus-visible + b, textarea:focus-visible, button:focus-visible {
  outline: 3px solid var(--ink); outline-offset: 2px }
textarea { display: block; width: 100%%; margin-top: .5rem; padding: .6rem .75rem; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--muted); border-radius: .65rem }
button { width: 100%%; min-height: 3rem; margin-top: 1.5rem; padding: 0 1.5rem; border: 1px solid var(--on-brand);
  border-radius: .65rem; background: var(--brand); color: var(--on-brand); font: inherit;
  font-weight: 600; cursor: pointer }
[role=alert] { margin: 0 0 1rem; padding: .6rem .75rem; border: 2px solid #c2332b;
  border-radius: .65rem }"""


def style_of(look: Look) -> str:
    brand = look.colour if COLOUR.fullmatch(look.colour) else FALLBACK
    return STYLE % {"brand": brand, "on_brand": text_on(brand)}


def heading_of(look: Look) -> str:
    """Whose page it is, as HTML; nothing if the line says nothing of itself."""
    title = look.title.strip()
    return f"<header><span></span>{escape(title)}</header>" if title else ""


def text_on(colour: str) -> str:
    """White where it reads well on `#rrggbb`, else black: one of the two always does."""
    return "#ffffff" if 1.05 / (_luminance(colour) + 0.05) >= READS_WELL else "#000000"


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it, 0 to 1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""What an operator emphasises, as Telegram's entities. Pure.

A small, timid part of Markdown: `**bold**`, `__italic__`, `~~struck~~`, `` `code` `` and
`[words](https://address)`. A sign that has no partner, or stands within a word, is just a sign.
Entities travel beside the text, so nothing has to be escaped and nothing can be misread. The chat
on a website and the console show the same: tests/emphasis.json holds all three to it.
"""

import re
from dataclasses import dataclass

MARKS = re.compile(
    r"(?<![\w*`/])(?P<sign>\*\*(?!\*)|__(?!_)|~~(?!~)|`)(?!\s)"
    r"(?P<words>(?:(?!(?P=sign)).)*?(?!(?P=sign))\S)(?P=sign)(?![\w*`/])"
    r"|\[(?P<label>[^\[\]\n]+)\]\((?P<url>https?://[^\s()]+)\)"
)
KINDS = {"**": "bold", "__": "italic", "~~": "strikethrough", "`": "code", None: "text_link"}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text, counted in UTF-16 units as Telegram counts."""

    kind: str
    offset: int
    length: int
    url: str | None = None


def formatted(text: str) -> tuple[str, tuple[Span, ...]]:
    """The text without its signs, and where it is emphasised. Never longer than before."""
    shown, spans, units, end = [], [], 0, 0
    for match in MARKS.finditer(text):
        before, words = text[end : match.start()], match["words"] or match["label"]
        units += units_in(before)
        spans.append(Span(KINDS[match["sign"]], units, units_in(words), match["url"]))
        units += units_in(words)
        shown += [before, words]
        end = match.end()
    return "".join((*shown, text[end:])), tuple(spans)


def units_in(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)

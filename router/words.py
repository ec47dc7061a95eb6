"""The words of a text, and what somebody who searches means by theirs. Pure.

Letter case, ё and accents of compatibility make no difference. A word is found by its beginning,
and a Russian one in its other forms; a phone by its number however it is spelled, from its country
code, its city code or by its last digits.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_TEXT_CHARS = 20_000
LONGEST_WORD_CHARS = 64
MAX_GROUPS = 8
# An index holds the beginnings of words: what is longer than this, the words themselves settle.
TOKEN_CHARS = 7
SHORTEST_PHONE_DIGITS, LONGEST_PHONE_DIGITS = 10, 15
PHONE_ENDS = (10, 7, 4)

WORD = re.compile(r"[^\W_]+")
# Seven digits or more: with fewer it is a word like others.
NUMBER = re.compile(r"\d(?:[\s().\u2010-\u2015-]{0,3}\d){6,}")
NOT_DIGITS = re.compile(r"\D+")
# Endings of nouns, adjectives and names in the cases; what is left has at least four letters.
ENDING = re.compile(
    r"(?<=[а-я]{4})(?:иями|ями|ами|иях|ях|ах|иям|ям|ам|ого|его|ому|ему|ыми|ими|ыми|ов|ев|ей|ой|ий|ый"
    r"|ым|им|ом|ем|ую|юю|ая|яя|ое|ее|ые|ие|ых|их|ою|ею|[аеиоуыэюяйь])$"
)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: of every group one alternative, of that all words."""

    groups: tuple[tuple[tuple[str, ...], ...], ...]

    def __bool__(self) -> bool:
        return bool(self.groups)


def words_of(*texts: str) -> tuple[str, ...]:
    """The words by which texts are found, each once."""
    found: dict[str, None] = {}
    for text in texts:
        plain = _plain(text[:LONGEST_TEXT_CHARS])
        found.update(dict.fromkeys([word[:LONGEST_WORD_CHARS] for word in WORD.findall(plain)]))
        for match in NUMBER.findall(plain):
            digits = NOT_DIGITS.sub("", match)
            if SHORTEST_PHONE_DIGITS <= len(digits) <= LONGEST_PHONE_DIGITS:
                ends = (digits[-end:] for end in PHONE_ENDS)
                found.update(dict.fromkeys((_with_country(digits), *ends)))
    return tuple(found)


def sought_in(asked: str) -> Sought:
    """What somebody means who types `asked`; nothing if there is no word in it."""
    plain = _plain(asked)
    groups: dict[tuple[tuple[str, ...], ...], None] = {}
    rest, start = [], 0
    for match in NUMBER.finditer(plain):
        digits = NOT_DIGITS.sub("", match[0])
        if len(digits) <= LONGEST_PHONE_DIGITS:
            rest.append(plain[start : match.start()])
            start = match.end()
            apart = tuple(WORD.findall(match[0]))
            either = dict.fromkeys(((digits,), (_with_country(digits),), apart))
            groups[tuple(either)] = None
    rest.append(plain[start:])
    for word in WORD.findall(" ".join(rest)):
        groups[((ENDING.sub("", word[:LONGEST_WORD_CHARS]),),)] = None
    return Sought(tuple(groups)[:MAX_GROUPS])


def has(words: Sequence[str], sought: Sought) -> bool:
    """Whether a text with these words is found."""
    return all(
        any(all(_begins(words, one) for one in alternative) for alternative in group)
        for group in sought.groups
    )


def excerpt(text: str, sought: Sought, *, before_chars: int = 40) -> str:
    """A text from a little before the first of its words that was looked for."""
    wanted = [word for group in sought.groups for alternative in group for word in alternative]
    for match in WORD.finditer(text):
        if any(_begins([_plain(match[0])], one) for one in wanted):
            start = text.rfind(" ", 0, max(match.start() - before_chars, 0)) + 1
            return text[start:] if start == 0 else f"… {text[start:]}"
    return text


def tokens_of(words: Sequence[str], *, mark: str = "") -> tuple[str, ...]:
    """What an index holds of words; `mark` keeps one kind of texts apart from the others."""
    return tuple(dict.fromkeys((mark + word)[:TOKEN_CHARS] for word in words))


def is_beginning(token: str) -> bool:
    """Whether an index looks for what begins so; else for the token alone."""
    return 1 < len(token) < TOKEN_CHARS


def _begins(words: Sequence[str], sought: str) -> bool:
    """A single letter or digit is a word of its own: too much begins with it."""
    if len(sought) == 1:
        return sought in words
    return any(word.startswith(sought) for word in words)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")


def _with_country(digits: str) -> str:
    """In Russia a number is dialled with an 8 and written with a 7."""
    return f"7{digits[1:]}" if digits[0] == "8" else digits

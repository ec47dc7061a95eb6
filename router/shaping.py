"""Text and files cut to what a channel can carry; text cleaned of what no database holds.

Lengths are UTF-16 units, as browsers, Telegram and SMS count them: never less than the number
of characters, so what fits here fits where characters are counted.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile

from router.buttons import Button, as_lines, fit
from router.channel import Capabilities, OutgoingFile

LINK_CHARS = 250
PARAGRAPH = re.compile(r"(?=\n[^\S\n]*\n)")
LINE = re.compile(r"(?=\n)")
SENTENCE = re.compile(r"""(?<=[.!?…])["'»”)\]]*(?=\s)|(?<=[。！？])""")
WORD = re.compile(r"(?=\s)")
URL = re.compile(r"https?://\S+", re.IGNORECASE)
SURROGATE = re.compile("[\ud800-\udfff]")
LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one message of the channel carries."""

    text: str = ""
    files: tuple[OutgoingFile, ...] = ()
    buttons: tuple[Button, ...] = ()


def offering(
    text: str, buttons: Sequence[Button], capabilities: Capabilities
) -> tuple[str, tuple[Button, ...]]:
    """What is said, and the choices that the channel shows under it; if it cannot show them all,
    they stand in the text, numbered.
    """
    asking = capabilities.can_ask_phone
    if fit(buttons, most=capabilities.max_buttons, can_ask_phone=asking):
        return text, tuple(buttons)
    return f"{text}\n\n{as_lines(buttons)}".rstrip(), ()


def pieces(
    text: str,
    files: Sequence[OutgoingFile],
    capabilities: Capabilities,
    buttons: Sequence[Button] = (),
) -> tuple[Piece, ...]:
    """The messages that carry `text` and `files`, in the order to send them.

    Always the same for the same arguments; how many they are does not depend on the files'
    addresses. Nothing is lost but white space where it cuts. The last piece of the text takes the
    first files, unless it is too long to stand with them; a file that the channel cannot carry
    becomes a link behind the text. Choices stand under words, not under files: then the files go
    first, and alone.
    """
    carried = [file for file in files if _carries(capabilities, file)]
    linked = [file for file in files if not _carries(capabilities, file)]
    max_chars = capabilities.max_text_chars
    texts = _with_links(list(cut(text, max_chars=max_chars)), linked, max_chars)
    groups = list(_groups(carried, capabilities.max_files))
    if buttons and texts:
        alone = [Piece("", group) for group in groups]
        return (*alone, *map(Piece, texts[:-1]), Piece(texts[-1], (), tuple(buttons)))
    caption = ""
    if groups and texts and _is_caption(texts[-1], linked, capabilities):
        caption = texts.pop()
    return (
        *(Piece(words) for words in texts),
        *(Piece("" if n else caption, group) for n, group in enumerate(groups)),
    )


def cut(text: str, *, max_chars: int) -> tuple[str, ...]:
    """`text` in parts of at most `max_chars` (at least 2), each as long as reads well.

    It is cut between paragraphs, lines or sentences if that fills half a part, else between
    words, else within one: not inside a link, unless a part cannot hold it, and never inside what
    a reader sees as one character, unless that is longer than a part.
    """
    parts = []
    rest = text[_after_space(text, 0) :].rstrip()
    while (room := _room(rest, max_chars)) < len(rest):
        at = _cut_at(rest, room)
        parts.append(rest[:at].rstrip())
        rest = rest[_after_space(rest, at) :]
    return (*parts, rest) if rest else tuple(parts)


def clean(text: str) -> str:
    """`text` as every database and browser can hold it.

    NUL is gone, halves of surrogate pairs are joined or gone, lines end in a line feed.
    """
    if SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return LINE_END.sub("\n", text.replace("\0", ""))


def _is_caption(text: str, linked: Sequence[OutgoingFile], capabilities: Capabilities) -> bool:
    """Whether it may stand with files. What ends in links is never known to be short enough."""
    limit = capabilities.max_caption_chars
    return limit is None or (not linked and _units(text) <= limit)


def _carries(capabilities: Capabilities, file: OutgoingFile) -> bool:
    return capabilities.max_files > 0 and file.size_bytes <= capabilities.max_file_bytes


def _with_links(texts: list[str], linked: Sequence[OutgoingFile], max_chars: int) -> list[str]:
    """The texts, with links behind the last one where there is room, else alone.

    A link counts as `LINK_CHARS`: its address is signed anew for each attempt, and an attempt
    must find the pieces that the message was queued with.
    """
    used = _units(texts[-1]) if texts else max_chars
    for file in linked:
        named_chars = _units(file.name) + len(": ") + LINK_CHARS
        link = f"{file.name}: {file.url}" if named_chars <= max_chars else file.url
        if texts and used + len("\n\n") + named_chars <= max_chars:
            texts[-1] += f"\n\n{link}"
            used += len("\n\n") + named_chars
        else:
            texts.append(link)
            used = named_chars
    return texts


def _units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def _groups(files: Sequence[OutgoingFile], size: int) -> Iterator[tuple[OutgoingFile, ...]]:
    for start in range(0, len(files), max(1, size)):
        yield tuple(files[start : start + size])


def _room(text: str, max_chars: int) -> int:
    """How many characters of `text` take at most `max_chars` UTF-16 units, and at least one."""
    units = 0
    for count, char in enumerate(text[: max_chars + 1]):
        units += 1 + (char > "\uffff")
        if units > max_chars:
            return max(1, count)
    return len(text)


def _cut_at(text: str, room: int) -> int:
    """Where to cut `text`, of which `room` characters fit: from 1 to `room`."""
    seen = text[: room + 2]
    half = room // 2
    for seam, least in ((PARAGRAPH, half), (LINE, half), (SENTENCE, half), (WORD, 1)):
        ends = [match.end() for match in seam.finditer(seen)]
        for at in reversed(ends):
            if max(1, least) <= at <= room and _is_seam(text, at):
                return at
    return _cut_word_at(text, room)


def _cut_word_at(text: str, room: int) -> int:
    links = (m.start() for m in URL.finditer(text[: room + 1]) if m.start() < room < m.end())
    for at in chain(links, range(room, 0, -1)):
        if at and _is_seam(text, at):
            return at
    return room


def _after_space(text: str, at: int) -> int:
    """Where the white space that begins at `at` ends. A space under an accent is no white space."""
    while at < len(text) and text[at].isspace() and _is_seam(text, at + 1):
        at += 1
    return at


def _is_seam(text: str, at: int) -> bool:
    """Whether a reader sees different characters before and after `at` (UAX 29, simplified)."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before == "\u200d" or _clings(after):
        return False
    if _is_flag_half(before) and _is_flag_half(after):
        return sum(1 for _ in takewhile(_is_flag_half, reversed(text[:at]))) % 2 == 0
    return True


def _clings(char: str) -> bool:
    """Whether it belongs to the character before it."""
    return (
        unicodedata.category(char).startswith("M")
        or char in "\u200c\u200d\uff9e\uff9f"
        or "\u1160" <= char <= "\u11ff"  # Korean vowels and finals
        or "\ud7b0" <= char <= "\ud7fb"
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags of regional flags
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"

"""Emphasis as entities: `channels.telegram.formatting`."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.telegram.formatting import Span, formatted, units_in

SHARED = json.loads((Path(__file__).parents[2] / "emphasis.json").read_text())
ELEMENTS = {
    "bold": "b", "italic": "i", "strikethrough": "s", "code": "code", "text_link": "link",
}  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), SHARED)
def test_telegram_shows_what_the_chat_and_the_console_show(
    text: str, parts: list[list[str]]
) -> None:
    shown, spans = formatted(text)
    units, end, given = shown.encode("utf-16-le"), 0, []
    for span in (*spans, Span("", len(units) // 2, 0)):
        given.append(["text", units[2 * end : 2 * span.offset].decode("utf-16-le")])
        end = span.offset + span.length
        words = units[2 * span.offset : 2 * end].decode("utf-16-le")
        given.append([ELEMENTS.get(span.kind, ""), words])
    assert [part for part in given if part[1]] == parts


@pytest.mark.parametrize(
    ("text", "shown", "spans"),
    [
        ("**now**", "now", (Span("bold", 0, 3),)),
        ("😀 __now__ or `never`", "😀 now or never", (Span("italic", 3, 3), Span("code", 10, 5))),
        ("~~149~~ 99", "149 99", (Span("strikethrough", 0, 3),)),
        (
            "see [here](https://shop.example/a?b=1).",
            "see here.",
            (Span("text_link", 4, 4, "https://shop.example/a?b=1"),),
        ),
        ("**two words** and **more**", "two words and more", (Span("bold", 0, 9), Span("bold", 14, 4))),
    ],
)  # fmt: skip
def test_emphasis_travels_beside_the_text(text: str, shown: str, spans: tuple[Span, ...]) -> None:
    assert formatted(text) == (shown, spans)


@pytest.mark.parametrize(
    "text",
    [
        "2*3*4 = 24", "2**3**4", "a ** b ** c", "snake__case__name", "file_name_here", "*x*", "_x_",
        "****", "** **", "`", "[words](javascript:alert(1))", "[words] (https://shop.example)",
        "<b>bold</b> & so on", "**two\nlines**",
    ],
)  # fmt: skip
def test_sign_without_a_partner_is_a_sign(text: str) -> None:
    assert formatted(text) == (text, ())


@given(st.text(alphabet="*_~`[]()ab \n😀:/.htps", max_size=60))
def test_spans_lie_within_the_text_in_order_and_never_lengthen_it(text: str) -> None:
    shown, spans = formatted(text)
    assert units_in(shown) <= units_in(text)
    end = 0
    for span in spans:
        assert span.offset >= end
        assert span.length > 0
        end = span.offset + span.length
    assert end <= units_in(shown)


@given(st.text(max_size=200))
def test_words_survive(text: str) -> None:
    kept = [char for char in formatted(text)[0] if char.isalnum()]
    if "](" not in text:
        assert kept == [char for char in text if char.isalnum()]

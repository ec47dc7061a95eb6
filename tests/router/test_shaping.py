"""What a channel can carry: `router.shaping`."""

import re
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from router.channel import Capabilities, OutgoingFile
from router.shaping import LINK_CHARS, Piece, clean, cut, pieces

JAMO = "\u1100\u1161\u11a8"
FLAG, FAMILY, THUMB = "🇩🇪", "👨‍👩‍👧‍👦", "👍🏽"
ACCENTED = "e\u0301"
# What a reader sees as one character, and what stands between words.
characters = st.sampled_from([*"abя漢.!? \n\n\t", FLAG, FAMILY, THUMB, ACCENTED, JAMO])
texts = st.lists(characters, max_size=300).map("".join)


def file(name: str = "price.pdf", *, size_bytes: int = 10) -> OutgoingFile:
    async def read() -> bytes:
        return b"%" * size_bytes

    return OutgoingFile(name, "application/pdf", size_bytes, f"https://desk.test/f/{name}", read)


def channel(*, chars: int = 4096, files: int = 10, file_bytes: int = 100) -> Capabilities:
    return Capabilities(max_text_chars=chars, max_files=files, max_file_bytes=file_bytes)


def units(text: str) -> int:
    """Its length as browsers and Telegram count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def without_space(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_what_fits_is_one_piece() -> None:
    assert pieces("Good day!", [], channel()) == (Piece("Good day!"),)


def test_nothing_to_say_is_no_piece() -> None:
    assert pieces(" \n ", [], channel()) == ()


def test_text_is_cut_between_paragraphs_first() -> None:
    assert cut("One. Two.\nThree\n\nFour five six seven", max_chars=25) == (
        "One. Two.\nThree",
        "Four five six seven",
    )


def test_then_between_lines() -> None:
    assert cut("One. Two. Three\nFour five six", max_chars=25) == (
        "One. Two. Three",
        "Four five six",
    )


def test_then_between_sentences() -> None:
    assert cut("“It left.” It comes today or tomorrow", max_chars=20) == (
        "“It left.”",
        "It comes today or",
        "tomorrow",
    )


def test_sentence_of_a_language_without_spaces_ends_too() -> None:
    assert cut("今日は来ます。明日は来ません", max_chars=10) == ("今日は来ます。", "明日は来ません")


def test_paragraph_that_would_leave_a_part_almost_empty_is_no_place_to_cut() -> None:
    assert cut("Hi\n\nThe parcel leaves tomorrow", max_chars=20) == (
        "Hi\n\nThe parcel",
        "leaves tomorrow",
    )


def test_number_with_a_point_is_not_the_end_of_a_sentence() -> None:
    assert cut("The price is 12.50 today", max_chars=17) == ("The price is", "12.50 today")


def test_word_longer_than_a_part_is_cut_within() -> None:
    assert cut("x" * 10, max_chars=4) == ("xxxx", "xxxx", "xx")


def test_link_is_kept_whole_when_it_fits_a_part() -> None:
    link = "https://shop.test/orders/1234567890"
    assert cut(f"漢漢漢漢漢漢({link}", max_chars=40) == ("漢漢漢漢漢漢(", link)
    assert cut(f"Look here: {link}", max_chars=40) == ("Look here:", link)


@pytest.mark.parametrize("seen_as_one", [FLAG, FAMILY, THUMB, ACCENTED, JAMO])
def test_what_a_reader_sees_as_one_character_is_never_cut(seen_as_one: str) -> None:
    size = units(seen_as_one)
    parts = cut(seen_as_one * 5, max_chars=size * 2 + size - 1)
    assert parts == (seen_as_one * 2, seen_as_one * 2, seen_as_one)


def test_character_longer_than_a_part_is_cut_rather_than_lost() -> None:
    assert cut("e" + "\u0301" * 5, max_chars=4) == ("e" + "\u0301" * 3, "\u0301" * 2)


def test_emoji_counts_as_two() -> None:
    assert cut("😀" * 5, max_chars=4) == ("😀😀", "😀😀", "😀")


def test_files_go_with_the_last_text() -> None:
    scheme, price = file("scheme.png"), file("price.pdf")
    assert pieces("First part second", [scheme, price], channel(chars=10)) == (
        Piece("First part"),
        Piece("second", (scheme, price)),
    )


def test_files_without_text_are_a_piece() -> None:
    price = file()
    assert pieces("", [price], channel()) == (Piece("", (price,)),)


def test_more_files_than_a_message_takes_go_into_the_next() -> None:
    one, two, three = (file(f"{n}.pdf") for n in range(3))
    assert pieces("Here", [one, two, three], channel(files=2)) == (
        Piece("Here", (one, two)),
        Piece("", (three,)),
    )


def test_file_too_big_becomes_a_link() -> None:
    small, big = file("small.pdf"), file("big.pdf", size_bytes=101)
    assert pieces("Here", [big, small], channel()) == (
        Piece("Here\n\nbig.pdf: https://desk.test/f/big.pdf", (small,)),
    )


def test_channel_without_files_gets_links() -> None:
    assert pieces("", [file("a.pdf"), file("b.pdf")], channel(files=0)) == (
        Piece("a.pdf: https://desk.test/f/a.pdf\n\nb.pdf: https://desk.test/f/b.pdf"),
    )


def test_link_without_room_behind_the_text_goes_alone() -> None:
    assert pieces("x" * 100, [file("a.pdf")], channel(chars=300, files=0)) == (
        Piece("x" * 100),
        Piece("a.pdf: https://desk.test/f/a.pdf"),
    )
    assert pieces("Here", [file("a.pdf")], channel(chars=70, files=0)) == (
        Piece("Here"),
        Piece("https://desk.test/f/a.pdf"),
    )


def test_text_too_long_to_stand_with_files_goes_before_them() -> None:
    short = replace(channel(chars=400), max_caption_chars=10)
    picture, linked = file("a.png"), file("b.png", size_bytes=1000)
    assert pieces("Ten chars.", [picture], short) == (Piece("Ten chars.", (picture,)),)
    assert pieces("Eleven char", [picture], short) == (
        Piece("Eleven char"),
        Piece("", (picture,)),
    )
    # How long the text with a link will be is not known yet.
    assert pieces("Short", [picture, linked], short)[1:] == (Piece("", (picture,)),)


@given(texts, st.lists(st.integers(90, 110), max_size=5), st.integers(1, LINK_CHARS))
def test_pieces_stay_the_same_when_addresses_are_signed_anew(
    text: str, sizes: list[int], url_chars: int
) -> None:
    unsigned = [replace(file(f"{n}.pdf", size_bytes=s), url="") for n, s in enumerate(sizes)]
    signed = [replace(one, url="u" * url_chars) for one in unsigned]
    queued = pieces(text, unsigned, channel(chars=400))
    sent = pieces(text, signed, channel(chars=400))
    assert len(queued) == len(sent)
    assert [[f.name for f in p.files] for p in queued] == [[f.name for f in p.files] for p in sent]
    assert all(units(piece.text) <= 400 for piece in sent)


@given(texts, st.integers(12, 60))
def test_no_part_is_longer_than_allowed(text: str, max_chars: int) -> None:
    assert all(0 < units(part) <= max_chars for part in cut(text, max_chars=max_chars))


@given(st.text(max_size=200), st.integers(2, 30))
@example(" \u0301" * 9, 4)
def test_nothing_is_lost_but_white_space_at_the_cuts(text: str, max_chars: int) -> None:
    parts = cut(text, max_chars=max_chars)
    assert without_space("".join(parts)) == without_space(text)
    at = 0
    for part in parts:
        found = text.find(part, at)
        assert found >= at
        assert not text[at:found].strip()
        at = found + len(part)
    assert all(part.strip() for part in parts)


@given(texts)
def test_text_that_fits_is_not_touched(text: str) -> None:
    assert cut(text, max_chars=10_000) == ((text.strip(),) if text.strip() else ())


@given(texts, st.integers(12, 60))
def test_no_character_that_a_reader_sees_is_cut(text: str, max_chars: int) -> None:
    seen_as_one = re.compile(f"{FAMILY}|{FLAG}|{THUMB}|{ACCENTED}|{JAMO}")
    whole = [one for part in cut(text, max_chars=max_chars) for one in seen_as_one.findall(part)]
    assert whole == seen_as_one.findall(text)


@given(texts, st.lists(st.integers(1, 200), max_size=12), st.integers(0, 4))
def test_every_file_is_carried_or_linked_once_and_in_order(
    text: str, sizes: list[int], max_files: int
) -> None:
    files = [file(f"{n}.pdf", size_bytes=size) for n, size in enumerate(sizes)]
    shaped = partial(pieces, text, files, channel(files=max_files))
    sent = shaped()
    carried = [one for piece in sent for one in piece.files]
    linked = [one for one in files if any(f"{one.name}: {one.url}" in p.text for p in sent)]
    assert sorted(carried + linked, key=files.index) == files
    assert carried == [one for one in files if one in carried]
    assert all(len(piece.files) <= max_files for piece in sent)
    assert all(piece.text or piece.files for piece in sent)
    assert sent == shaped()


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("a\0b", "ab"),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
        ("lone \ud83d high, \ude00 low", "lone  high,  low"),
        ("a pair \ud83d\ude00 in halves", "a pair 😀 in halves"),
        ("at the end \ud83d", "at the end "),
        ("Привет, мир 🇩🇪", "Привет, мир 🇩🇪"),
    ],
)
def test_text_is_cleaned_of_what_no_database_holds(dirty: str, cleaned: str) -> None:
    assert clean(dirty) == cleaned


@given(st.text(st.characters(exclude_categories=())))
def test_clean_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert "\0" not in cleaned
    assert "\r" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned


@given(st.text())
def test_text_without_faults_is_not_changed(text: str) -> None:
    assert clean(text.replace("\0", "").replace("\r", "")) == text.replace("\0", "").replace(
        "\r", ""
    )

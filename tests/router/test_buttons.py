"""Choices under a message: `router.buttons`, and how they are shaped and sent."""

import pytest

from router.buttons import Button, choices, in_rows, rating_in
from router.channel import Capabilities, OutgoingFile
from router.shaping import Piece, offering, pieces
from tests.desk import Desk
from tests.router.post import Provider, a_post

MENU = choices(("Delivery", "Returns"))
SITE = Button("Our site", url="https://shop.example")
NUMBER = Button("My number", asks_phone=True)


def channel(*, buttons: int = 10, phone: bool = True, chars: int = 100) -> Capabilities:
    return Capabilities(max_text_chars=chars, max_buttons=buttons, can_ask_phone=phone)


def test_what_fits_stands_under_the_text() -> None:
    assert offering("What about?", MENU, channel()) == ("What about?", MENU)


@pytest.mark.parametrize("most", [0, 2])
def test_what_does_not_fit_stands_in_the_text_numbered(most: int) -> None:
    text, shown = offering("What about?", (*MENU, SITE), channel(buttons=most))
    assert shown == ()
    assert text == "What about?\n\n1. Delivery\n2. Returns\n3. Our site: https://shop.example"


def test_who_cannot_hand_over_a_number_is_asked_by_the_text_alone() -> None:
    assert offering("Your number?", (NUMBER,), channel(phone=False)) == ("Your number?", ())


def test_buttons_stand_under_the_last_words_and_files_go_first() -> None:
    async def read() -> bytes:
        return b""

    price = OutgoingFile("price.pdf", "application/pdf", 5, "https://desk.test/f", read)
    assert pieces("First part second", [price], channel(chars=10), MENU) == (
        Piece("", (price,)),
        Piece("First part"),
        Piece("second", (), MENU),
    )


@pytest.mark.parametrize("value", ["", "rate", "rate:1:2", "choose:1", f"rate:{'0' * 32}:12"])
def test_what_is_no_rating_rates_nothing(value: str) -> None:
    assert rating_in(value) is None


async def test_buttons_are_stored_and_sent(either_desk: Desk) -> None:
    async with a_post(either_desk, provider := Provider()) as post:
        said = await post.reply("What about?", buttons=(*MENU, SITE))
        await either_desk.works()
        (sent,) = provider.got
        assert (sent.text, sent.buttons) == ("What about?", (*MENU, SITE))
        async with either_desk.storage.reading() as tx:
            stored = await tx.messages.get(said.id)
        assert stored is not None
        assert stored.buttons == (*MENU, SITE)


@pytest.mark.parametrize(
    ("labels", "most", "rows"),
    [
        ("1 2 3 4 5", 10, ["12345"]),
        ("0 1 2 3 4 5 6 7 8 9", 10, ["01234", "56789"]),
        ("yes no", 10, ["yesno"]),
        ("a-label-that-is-long b", 10, ["a-label-that-is-long", "b"]),
        ("a-label-that-is-long b c d", 2, ["a-label-that-is-longb", "cd"]),
        ("", 10, []),
    ],
)
def test_short_choices_stand_side_by_side_in_rows_of_like_length(
    labels: str, most: int, rows: list[str]
) -> None:
    buttons = [Button(label, value="v") for label in labels.split()]
    put = in_rows(buttons, side_by_side=((3, 6), (14, 2)), most=most)
    assert ["".join(one.label for one in row) for row in put] == rows

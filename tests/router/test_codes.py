"""What a code is, and what is one in somebody's words: `router.codes`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from router.batches import Incoming
from router.channel import IncomingMessage, Sender
from router.codes import (
    GOOD_FOR,
    MASK,
    MAX_TRIES,
    Code,
    CodeState,
    guess_in,
    guessed,
    hash_of,
    heard,
    place_of,
)
from router.ids import (
    CodeId,
    ConversationId,
    CustomerId,
    IdentityId,
    InboxId,
    LineId,
    MessageId,
    ThreadId,
)
from router.model import Inbox, Line

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
ONE = UUID(int=1)
LINE = Line(LineId(ONE), "shop", "Shop")
INBOX = Inbox(InboxId(ONE), LINE.id, "webchat", "Chat")
CODE = Code(
    id=CodeId(ONE),
    thread_id=ThreadId(ONE),
    conversation_id=ConversationId(ONE),
    customer_id=CustomerId(ONE),
    identity_id=IdentityId(ONE),
    to_customer_id=CustomerId(UUID(int=2)),
    to_conversation_id=ConversationId(UUID(int=2)),
    message_id=MessageId(ONE),
    hash=hash_of(CodeId(ONE), "120345"),
    sealed=b"sealed",
    made_at=NOON,
    until=NOON + GOOD_FOR,
)
PLACE = (INBOX.id, "visitor")


def said(text: str, *, id_: str = "m1") -> Incoming:
    message = IncomingMessage(id_, "visitor", Sender("visitor"), text, html=f"<p>{text}</p>")
    return Incoming(INBOX, LINE, message)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("120345", "120345"),
        (" 120 345 ", "120345"),
        ("12-03-45.", "120345"),
        ("The code is 120345, thanks", "120345"),
        ("Код: 120345!", "120345"),
        ("12034", None),
        ("1203456", None),
        ("+7 926 120345", "120345"),
        ("120345 or 543210", None),
        ("a120345", None),
        ("120345.50", None),
        ("120345 " + "x" * 100, None),
        ("Hello", None),
    ],
)
def test_six_digits_may_be_a_code(text: str, found: str | None) -> None:
    assert guess_in(text) == found


def test_right_code_is_right_once() -> None:
    right = guessed(CODE, "120345", now=NOON)
    assert (right.state, right.tries, right.sealed) == (CodeState.RIGHT, 0, None)
    assert guessed(right, "000000", now=NOON) is right


def test_code_is_void_after_five_tries_even_for_the_right_one() -> None:
    code = CODE
    for number in range(MAX_TRIES):
        assert (code.tries, code.state) == (number, CodeState.ASKED)
        code = guessed(code, "000000", now=NOON)
    assert (code.state, code.sealed) == (CodeState.VOID, None)
    assert guessed(code, "120345", now=NOON) is code


def test_code_is_good_for_ten_minutes() -> None:
    late = NOON + timedelta(minutes=10)
    assert guessed(CODE, "120345", now=late - timedelta(seconds=1)).state is CodeState.RIGHT
    assert guessed(CODE, "120345", now=late).state is CodeState.VOID


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("120345", MASK),
        ("000000", MASK),
        ("It is 120345.", f"It is {MASK}."),
        ("My order is 000000", "My order is 000000"),
        ("Hello", "Hello"),
    ],
)
def test_no_code_is_kept_in_words_and_other_numbers_are(text: str, kept: str) -> None:
    [heard_], _ = heard([said(text)], (), {PLACE: CODE}, now=NOON)
    assert heard_.message.text == kept
    assert ("120345" in (heard_.message.html or "")) is False


def test_message_that_comes_again_tries_nothing() -> None:
    once = said("000000")
    _, after = heard([once, once, said("000001", id_="m2")], (), {PLACE: CODE}, now=NOON)
    assert after == [replace(CODE, tries=2)]
    assert heard([once], {once.ref}, {PLACE: CODE}, now=NOON)[1] == []


def test_tries_of_one_batch_count_one_after_the_other() -> None:
    batch = [said(f"{number:06}", id_=str(number)) for number in range(9)]
    words, after = heard([*batch, said("120345", id_="last")], (), {PLACE: CODE}, now=NOON)
    assert [one.state for one in after] == [CodeState.VOID]
    assert len(words) == 10


def test_place_is_told_without_an_address() -> None:
    assert place_of("telegram", "ru") == "Telegram"
    assert place_of("rest", "en") == "where you wrote to us before"

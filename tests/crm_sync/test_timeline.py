"""What stands on a lead's timeline: `crm_sync.timeline`."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_sync.crm import EntryKind, TimelineEntry
from crm_sync.mapping import Talk
from crm_sync.timeline import Placed, cut, end, first_post, joined, placed, written
from router.ids import (
    FileId,
)
from router.model import (
    Author,
    File,
    FileState,
    Line,
    Message,
)
from router.news import Mark
from router.storage.crm import Position, Rewording
from tests.clock import NOON
from tests.crm_sync.talks import (
    BORIS,
    SHOP,
    SUPPORT,
    VERA,
    reworded,
    said,
    talk,
    turn,
)


def logged(*items: Message | Mark | Rewording, line: Line = SHOP) -> list[tuple[str, str]]:
    """The author and the text of each entry."""
    found = placed(talk(*items, line=line), Position(), max_chars=10_000)
    return [(one.entry.author, one.entry.text) for one in found]


def test_messages_say_who_said_what_with_which_files() -> None:
    photo = File(FileId(UUID(int=10)), "cat.jpg", "image/jpeg", 10, FileState.STORED)
    messages = [
        said(1, "Where is it?", files=(photo,)),
        said(2, "On its way", author=Author.OPERATOR),
        said(3, "Thank you for waiting", author=Author.DESK),
        said(4, "secret", deleted_at=NOON),
        said(5, "So do I", writer="Boris"),
    ]
    assert logged(*messages) == [
        ("Vera", "Where is it?"),
        ("Anna", "On its way"),
        ("Shop", "Thank you for waiting"),
        ("Vera", "(message withdrawn)"),
        ("Boris", "So do I"),
    ]
    assert placed(talk(*messages), Position(), max_chars=999)[0].entry.file_names == ("cat.jpg",)


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (turn(1, "ConversationAssigned", reason="auto"), "The conversation is with Anna"),
        (turn(1, "ConversationTransferred", to_operator_id=BORIS), "Transferred: Anna → Boris"),
        (
            turn(1, "ConversationTransferred", to_line_id=SUPPORT),
            "Transferred to the line “Support”: Anna",
        ),
        (turn(1, "ConversationReopened"), "The conversation was reopened"),
        (turn(1, "ConversationClosed"), "The conversation was closed"),
        (turn(1, "ConversationClosed", reason="sold"), "The conversation was closed: sold"),
    ],
)
def test_turns_are_told(mark: Mark, text: str) -> None:
    assert logged(mark) == [("", text)]


@pytest.mark.parametrize(
    "mark",
    [
        turn(1, "ConversationAssigned", reason="transferred"),
        turn(1, "ConversationOpened"),
        turn(1, "ConversationSnoozed"),
        turn(1, "OperatorJoined"),
    ],
)
def test_other_turns_are_not(mark: Mark) -> None:
    assert logged(mark) == []
    assert end(talk(mark), Position()).event_id == 1


def test_a_turn_stands_after_the_message_it_came_after() -> None:
    items: list[Message | Mark] = [said(1, "one"), said(2, "two")]
    items.append(turn(7, "ConversationAssigned", after=1))
    texts = [text for _, text in logged(*items)]
    assert texts == ["one", "The conversation is with Anna", "two"]


def test_a_turn_can_be_told_in_any_language() -> None:
    transferred = turn(1, "ConversationTransferred", to_operator_id=BORIS)
    closed = turn(2, "ConversationClosed", operator_id=None, reason="sold")
    entries = [one.entry for one in placed(talk(transferred, closed), Position(), max_chars=999)]
    assert [(one.turn, one.data) for one in entries] == [
        ("to_operator", {"who": "Anna", "to": "Boris"}),
        ("closed_because", {"who": "", "reason": "sold"}),
    ]


def test_who_has_no_name_is_called_so_in_any_language() -> None:
    named, nameless = talk(said(1)), talk(said(1), customer=replace(VERA, name=""))
    for of, author, data in ((named, "Vera", {}), (nameless, "Customer", {"by": "customer"})):
        (one,) = placed(of, Position(), max_chars=999)
        assert (one.entry.author, one.entry.data) == (author, data)


def test_the_subject_that_the_lead_is_called_by_is_not_told_with_each_message() -> None:
    of = talk(said(1, "Hello", subject="Returns"), said(2, "And this", subject="Delivery"))
    of = replace(of, conversation=replace(of.conversation, subject="Returns"))
    found = placed(of, Position(), max_chars=10_000)
    assert [one.entry.text for one in found] == ["Hello", "Delivery\n\nAnd this"]


def test_the_log_speaks_the_language_of_its_line() -> None:
    russian = replace(SHOP, language="ru")
    assert logged(turn(1, "ConversationAssigned"), line=russian) == [("", "Диалог ведёт Anna")]


def test_an_edit_is_told_by_what_it_made_of_the_message() -> None:
    message = said(1, "in green", edited_at=NOON)
    items: list[Message | Mark | Rewording] = [message, said(2, "Yes", author=Author.OPERATOR)]
    items += [reworded(5, message, after=1), reworded(6, message, after=2)]
    assert logged(*items) == [
        ("Vera", "in green"),
        ("Vera", ""),
        ("Anna", "Yes"),
        ("Vera", "in green"),
    ]
    entries = [one.entry for one in placed(talk(*items), Position(), max_chars=999)]
    assert [one.kind.value for one in entries] == ["message", "edit", "message", "edit"]
    assert written(entries[3]) == (
        "01.08.2026 12:00 Vera · edited the message of 01.08.2026 12:01\nin green"
    )


def test_a_withdrawn_message_is_told_without_its_text_and_files() -> None:
    photo = File(FileId(UUID(int=10)), "cat.jpg", "image/jpeg", 10, FileState.STORED)
    message = said(1, "secret", files=(photo,), deleted_at=NOON)
    items: list[Message | Mark | Rewording] = [message, reworded(5, message, after=1)]
    items.append(reworded(6, message, after=1, withdrawn=True))
    entries = [one.entry for one in placed(talk(*items), Position(), max_chars=999)]
    assert [one.text for one in entries] == ["(message withdrawn)", "", ""]
    assert all(one.withdrawn_at == NOON and not one.file_names for one in entries)
    assert entries[2].about == "· withdrew the message of 01.08.2026 12:01"


def test_an_edit_of_what_is_there_no_more_is_passed_over() -> None:
    talked = replace(talk(reworded(5, said(1), after=1)), reworded={})
    assert placed(talked, Position(), max_chars=999) == []
    assert end(talked, Position()).event_id == 5


# --- properties -----------------------------------------------------------------------

texts = st.text(max_size=900)
kinds = st.sampled_from(["ConversationAssigned", "ConversationClosed", "OperatorJoined"])


@st.composite
def talks(draw: st.DrawFn) -> Talk:
    messages = [said(seq, draw(texts)) for seq in range(1, draw(st.integers(0, 6)) + 1)]
    places = sorted(draw(st.lists(st.integers(0, len(messages)), max_size=4)))
    happened: list[Mark | Rewording] = []
    for id_, after in enumerate(places, start=1):
        if after and draw(st.booleans()):
            message = messages[draw(st.integers(0, after - 1))]
            happened.append(reworded(id_, message, after=after))
        else:
            happened.append(turn(id_, draw(kinds), after=after))
    return talk(*messages, *happened)


def posts(of: Talk, *, max_chars: int) -> list[list[Placed]]:
    """All posts, each step reading what the one before has left."""
    found, here = [], Position()
    while post := first_post(
        placed(rest(of, here), here, max_chars=max_chars), max_chars=max_chars, ends_with=None
    ):
        found.append(post)
        here = post[-1].then
    return found


def rest(of: Talk, here: Position) -> Talk:
    """What is read of a conversation from a position on."""
    return replace(
        of,
        messages=[one for one in of.messages if one.seq > here.seq],
        marks=[one for one in of.marks if one.id > here.event_id],
        rewordings=[one for one in of.rewordings if one.id > here.event_id],
    )


@given(talks(), st.integers(300, 2_000))
def test_posts_hold_everything_once_in_order_and_fit(of: Talk, max_chars: int) -> None:
    whole = [one.entry for one in placed(of, Position(), max_chars=max_chars)]
    made = posts(of, max_chars=max_chars)
    assert [one.entry for post in made for one in post] == whole
    assert len({entry.key for entry in whole}) == len(whole)
    for post in made:
        assert len(joined([one.entry for one in post])) <= max_chars


@given(talks(), st.integers(300, 2_000), st.data())
def test_a_log_goes_on_from_wherever_it_stopped(
    of: Talk, max_chars: int, data: st.DataObject
) -> None:
    whole = placed(of, Position(), max_chars=max_chars)
    if whole:
        done = data.draw(st.integers(0, len(whole) - 1))
        here = whole[done].then
        assert placed(rest(of, here), here, max_chars=max_chars) == whole[done + 1 :]


@given(talks(), st.data())
def test_a_post_that_may_have_been_made_is_made_the_same(of: Talk, data: st.DataObject) -> None:
    waiting = placed(of, Position(), max_chars=10_000)
    if waiting:
        asked = data.draw(st.sampled_from([one.entry.key for one in waiting]))
        post = first_post(waiting, max_chars=10_000, ends_with=asked)
        assert post[-1].entry.key == asked


@given(st.text(max_size=5_000), st.integers(300, 2_000))
def test_a_cut_text_loses_nothing(text: str, max_chars: int) -> None:
    entry = TimelineEntry("message:1", EntryKind.MESSAGE, "Vera", text, NOON, file_names=("a.txt",))
    parts = cut(entry, max_chars=max_chars)
    assert "".join(part.text for part in parts) == text
    assert [part.file_names for part in parts][-1] == ("a.txt",)
    assert parts[0].key == entry.key

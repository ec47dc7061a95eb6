"""Copies with something changed: `router.changing`."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from router.changing import replace
from router.events import MessageReceived
from router.ids import ConversationId, CustomerId, InboxId, LineId, OperatorId, ThreadId, new_id
from router.model import Author, Conversation, Last, State, Thread
from tests.clock import NOON

TALK = Conversation(
    ConversationId(new_id()), ThreadId(new_id()), LineId(new_id()), InboxId(new_id()),
    CustomerId(new_id()), "rest", "Anna", State.OPEN, 1, NOON, NOON, NOON, 1, 1,
)  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"version": 2},
        {"asked": (OperatorId(new_id()),), "state": State.OFFERED, "owner_id": None},
        {"last": Last(Author.CUSTOMER, "Hello", 0, NOON), "timer_at": NOON + timedelta(hours=1)},
    ],
)
def test_a_copy_is_the_one_that_the_library_makes(changes: dict[str, Any]) -> None:
    assert replace(TALK, **changes) == dataclasses.replace(TALK, **changes)


@pytest.mark.parametrize("noun", [Conversation, Thread, Last, MessageReceived])
def test_every_field_of_a_noun_is_copied(noun: Any) -> None:
    names = [one.name for one in dataclasses.fields(noun)]
    value = noun(**{name: place for place, name in enumerate(names)})
    for name in names:
        copy = replace(value, **{name: "new"})
        assert [getattr(copy, one) for one in names] == [
            "new" if one == name else place for place, one in enumerate(names)
        ]


def test_a_field_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="no owner"):
        replace(TALK, owner=None)

"""Nouns made at the price of plain objects: `router.making`."""

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import msgspec
import pytest

from router.events import MessageReceived
from router.making import quickly
from router.model import Conversation, Last, Message, Thread

NOUNS = [Conversation, Message, Thread, Last, MessageReceived]


def filled(noun: Any) -> Any:
    return noun(**{one.name: place for place, one in enumerate(dataclasses.fields(noun))})


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_is_made_as_the_library_makes_it(noun: Any) -> None:
    plain = dataclasses.make_dataclass(
        noun.__name__,
        [
            (one.name, one.type, dataclasses.field(default=one.default, kw_only=one.kw_only))
            for one in dataclasses.fields(noun)
        ],
        frozen=True,
    )
    assert inspect.signature(noun).parameters.keys() == inspect.signature(plain).parameters.keys()
    for name, one in inspect.signature(plain).parameters.items():
        ours = inspect.signature(noun).parameters[name]
        assert (ours.kind, ours.default) == (one.kind, one.default)
    assert dataclasses.asdict(filled(noun)) == dataclasses.asdict(filled(plain))


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_is_of_its_class_and_frozen(noun: Any) -> None:
    value = filled(noun)
    assert type(value) is noun
    assert value == filled(noun)
    assert hash(value) == hash(filled(noun))
    name = dataclasses.fields(noun)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, "other")
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(value, name)


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_is_copied_and_sent_like_any_other(noun: Any) -> None:
    value = filled(noun)
    assert copy.copy(value) == pickle.loads(pickle.dumps(value)) == value
    assert dataclasses.replace(value) == value
    assert msgspec.to_builtins(value) == dataclasses.asdict(value)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(TypeError, match="file_count"):
        Last("customer", "Hello")  # type: ignore[call-arg,arg-type]


def test_nouns_that_need_more_than_their_values_are_refused() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Listing:
        items: list[int] = dataclasses.field(default_factory=list)

    @dataclasses.dataclass(frozen=True, slots=True)
    class Looking:
        size: int

        def __post_init__(self) -> None:
            assert self.size

    for noun, why in ((Listing, "default factory"), (Looking, "own fields")):
        with pytest.raises(TypeError, match=why):
            quickly(noun)

"""The fields of customers' cards: `router.cards`."""

from typing import Any

import pytest

from router.cards import CardField, FieldKind, filled, mistakes
from router.errors import Invalid

TURNOVER = CardField("turnover", FieldKind.NUMBER)
SEGMENT = CardField("segment", FieldKind.CHOICE, choices=("retail", "wholesale"))
PARTNER = CardField("partner", FieldKind.FLAG)
CITY = CardField("city")
FIELDS = (TURNOVER, SEGMENT, PARTNER, CITY)


def test_what_is_given_is_written_over_and_the_rest_stays() -> None:
    before = {"turnover": 5, "from_the_crm": "x"}
    after = filled(FIELDS, before, {"turnover": 1200.5, "segment": "retail", "partner": False})
    assert after == {
        "turnover": 1200.5, "segment": "retail", "partner": False, "from_the_crm": "x",
    }  # fmt: skip
    assert before == {"turnover": 5, "from_the_crm": "x"}


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_null_and_an_empty_text_take_a_field_away(nothing: str | None) -> None:
    assert filled(FIELDS, {"city": "Omsk", "turnover": 1}, {"city": nothing}) == {"turnover": 1}


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"turnover": "much"}, "is no number"),
        ({"turnover": True}, "is no number"),
        ({"turnover": float("nan")}, "is no number"),
        ({"turnover": 1e300}, "is no number"),
        ({"segment": "other"}, "is none of the choices"),
        ({"partner": "yes"}, "is neither yes nor no"),
        ({"city": 5}, "is no text"),
        ({"city": "x" * 501}, "is longer than 500 characters"),
        ({"from_the_crm": "y"}, "is not known"),
    ],
)
def test_what_a_field_cannot_hold_is_refused_by_name(given: dict[str, Any], what: str) -> None:
    with pytest.raises(Invalid) as refused:
        filled(FIELDS, {}, given)
    assert refused.value.fields == {f"fields.{next(iter(given))}": what}


def test_fields_that_can_be_have_no_mistakes() -> None:
    assert mistakes(FIELDS) == {}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ([CardField("")], {"0.key": "is empty"}),
        ([CardField("Turn over")], {"0.key": "is not right"}),
        ([CITY, CITY], {"1.key": "is taken"}),
        ([CardField("s", FieldKind.CHOICE, choices=(" ",))], {"0.choices": "is empty"}),
        ([CardField("s", names={"ru": "x" * 61})], {"0.names": "is longer than 60 characters"}),
        (
            [CardField(f"f{n}") for n in range(51)],
            {"fields": "has more than 50 entries"},
        ),
    ],
)
def test_fields_that_cannot_be_are_named(fields: list[CardField], wrong: dict[str, str]) -> None:
    assert mistakes(fields) == wrong

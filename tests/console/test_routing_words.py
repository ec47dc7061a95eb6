"""Whatever the desk can say of who gets a conversation, and when, has words in every language."""

import json
from enum import StrEnum

import pytest

from queues.reasons import Removed, Rule
from router.queueing import Rung
from router.storage.record import MARKED
from tests.checkout import ROOT

LANGUAGES = ("en", "ru")
# What each gives: how it came about, or who did it.
ASSIGNED = ("auto", "accepted", "taken", "transferred", "reopened", "started")
ACTED = ("phone", "email", "blocked", "unblocked")
CODES: dict[str, type[StrEnum]] = {"rule": Rule, "removed": Removed, "rung": Rung}


def words(language: str, area: str) -> set[str]:
    path = ROOT / f"console/web/src/language/{language}/{area}.json"
    return set(json.loads(path.read_text()))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", CODES)
def test_every_reason_of_a_choice_has_words(kind: str, language: str) -> None:
    known = words(language, "customer")
    assert {one.value for one in CODES[kind] if f"{kind}_{one.value}" not in known} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mark_of_a_thread_has_words(language: str) -> None:
    known = words(language, "conversations")
    # What is of no kind that has words is not shown of customers.
    marks = {f"mark_{event}" for event in MARKED if event != "CustomerActed"}
    assert {one for one in marks if not known & {one, f"{one}_by"}} == set()
    assert {how for how in ASSIGNED if f"mark_ConversationAssigned_{how}" not in known} == set()
    assert {how for how in ACTED if f"mark_CustomerActed_{how}" not in known} == set()

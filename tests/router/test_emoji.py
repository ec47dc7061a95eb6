"""What is under a message, and what it adds up to: `router.emoji`."""

from datetime import timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from router.emoji import MOST, Reaction, Tally, ours, tallied, with_reaction
from router.ids import OperatorId, new_id
from tests.clock import NOON

ANNA = OperatorId(new_id())


def of(who: str, *emoji: str, at_s: int = 0, order: int = 0, on: str = "1") -> Reaction:
    at = NOON + timedelta(seconds=at_s)
    return Reaction(emoji, at, order=order, address=who, external_id=on)


def after(*changes: Reaction) -> tuple[Reaction, ...]:
    known: tuple[Reaction, ...] = ()
    for one in changes:
        known = with_reaction(known, one) or known
    return known


def test_in_whatever_order_they_come_the_last_one_holds() -> None:
    changes = (of("a", "👍", at_s=1), of("a", "❤", at_s=2, order=7), of("a", at_s=2, order=8))
    for order in permutations(changes):
        assert tallied(after(*order, *changes)) == []


def test_what_is_known_or_old_says_nothing() -> None:
    known = after(of("a", "❤", at_s=2))
    assert with_reaction(known, of("a", "❤", at_s=2)) is None
    assert with_reaction(known, of("a", "👍", at_s=1)) is None


def test_everybodys_count_and_one_person_once_for_one_answer_in_two_pieces() -> None:
    ours_too = Reaction(("👍",), NOON, operator_id=ANNA)
    known = after(
        of("a", "👍", "🔥"),
        of("a", "👍", on="2"),
        of("b", "👍"),
        Reaction(("👍", "✨"), NOON, counts=(3, 1), external_id="1"),
        ours_too,
    )
    assert tallied(known) == [Tally("👍", 6, ANNA), Tally("🔥", 1), Tally("✨", 1)]
    assert ours(known) == "👍"


@given(st.integers(0, 5))
def test_of_a_crowd_the_latest_are_kept(more: int) -> None:
    known = after(*(of(str(n), "👍", at_s=n) for n in range(MOST + more)))
    assert len(known) == MOST
    assert known[-1].address == str(MOST + more - 1)

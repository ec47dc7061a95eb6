"""Secrets at rest and signed tokens: `router.sealing`."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.sealing import Sealing, Unsealable
from tests.clock import NOON

OLD, NEW = "old-" * 8, "new-" * 8
TOMORROW = NOON + timedelta(days=1)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def sealing() -> Sealing:
    return Sealing([OLD])


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_again(plain: bytes, place: str) -> None:
    sealing = Sealing([OLD])
    sealed = sealing.seal(plain, purpose="inbox", place=place)
    assert sealing.open(sealed, purpose="inbox", place=place) == plain
    assert len(plain) < 4 or plain not in sealed


def test_same_secret_never_looks_the_same(sealing: Sealing) -> None:
    sealed = {sealing.seal(b"token", purpose="inbox", place="7") for _ in range(20)}
    assert len(sealed) == 20


@pytest.mark.parametrize(("purpose", "place"), [("inbox", "8"), ("unread", "7")])
def test_sealed_secret_cannot_be_used_elsewhere(sealing: Sealing, purpose: str, place: str) -> None:
    sealed = sealing.seal(b"token", purpose="inbox", place="7")
    with pytest.raises(Unsealable):
        sealing.open(sealed, purpose=purpose, place=place)


@given(st.integers(0, 40), st.integers(1, 255))
def test_changed_seal_does_not_open(at: int, by: int) -> None:
    sealing = Sealing([OLD])
    sealed = bytearray(sealing.seal(b"a token of some length", purpose="inbox", place="7"))
    sealed[at] ^= by
    with pytest.raises(Unsealable):
        sealing.open(bytes(sealed), purpose="inbox", place="7")


@given(st.binary(max_size=60))
def test_noise_does_not_open(noise: bytes) -> None:
    with pytest.raises(Unsealable):
        Sealing([OLD]).open(noise, purpose="inbox", place="7")


def test_replaced_key_still_opens_and_verifies() -> None:
    before, between, after = Sealing([OLD]), Sealing([NEW, OLD]), Sealing([NEW])
    sealed = before.seal(b"token", purpose="inbox", place="7")
    token = before.sign("file", purpose="file", until=TOMORROW)
    assert between.open(sealed, purpose="inbox", place="7") == b"token"
    assert between.verified(token, purpose="file", now=NOON) == "file"
    again = between.seal(b"token", purpose="inbox", place="7")
    assert after.open(again, purpose="inbox", place="7") == b"token"
    newly = between.sign("file", purpose="file", until=TOMORROW)
    assert after.verified(newly, purpose="file", now=NOON) == "file"
    assert after.verified(token, purpose="file", now=NOON) is None


def test_each_purpose_has_a_key_of_its_own(sealing: Sealing) -> None:
    keys = {key for purpose in ("inbox", "file", "visitor") for key in sealing.keys(purpose)}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}
    assert Sealing([NEW, OLD]).keys("inbox")[1] in keys


def test_what_an_old_key_sealed_is_renewed_once() -> None:
    before, between, after = Sealing([OLD]), Sealing([NEW, OLD]), Sealing([NEW])
    sealed = before.seal(b"token", purpose="inbox", place="7")
    renewed = between.renewed(sealed, purpose="inbox", place="7")
    assert renewed is not None
    assert after.open(renewed, purpose="inbox", place="7") == b"token"
    assert between.renewed(renewed, purpose="inbox", place="7") is None
    with pytest.raises(Unsealable):
        after.renewed(sealed, purpose="inbox", place="7")


@pytest.mark.parametrize("secret_keys", [[], ["short"], [OLD, ""]])
def test_weak_key_is_refused(secret_keys: list[str]) -> None:
    with pytest.raises(ValueError, match="32 characters"):
        Sealing(secret_keys)


@given(values)
def test_signed_value_comes_back(value: object) -> None:
    sealing = Sealing([OLD])
    token = sealing.sign(value, purpose="visitor", until=TOMORROW)
    assert sealing.verified(token, purpose="visitor", now=NOON) == value


def test_token_ends_at_its_time(sealing: Sealing) -> None:
    token = sealing.sign("file", purpose="file", until=TOMORROW)
    just_before = TOMORROW - timedelta(seconds=1)
    assert sealing.verified(token, purpose="file", now=just_before) == "file"
    assert sealing.verified(token, purpose="file", now=TOMORROW) is None


def test_token_is_good_for_one_purpose(sealing: Sealing) -> None:
    token = sealing.sign("7", purpose="file", until=TOMORROW)
    assert sealing.verified(token, purpose="visitor", now=NOON) is None


def test_same_promise_is_the_same_token(sealing: Sealing) -> None:
    """So that a browser keeps a picture it has."""
    first, second = (sealing.sign("7", purpose="file", until=TOMORROW) for _ in range(2))
    assert first == second


@given(st.text())
def test_whatever_is_no_token_of_ours_is_nothing(token: str) -> None:
    assert Sealing([OLD]).verified(token, purpose="file", now=NOON) is None


def test_changed_token_is_nothing(sealing: Sealing) -> None:
    token = sealing.sign("7", purpose="file", until=TOMORROW)
    for at, char in enumerate(token):
        forged = token[:at] + ("A" if char != "A" else "B") + token[at + 1 :]
        assert sealing.verified(forged, purpose="file", now=NOON) is None

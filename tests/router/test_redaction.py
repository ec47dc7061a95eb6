"""Secrets taken out of what is kept and shown: `router.redaction`."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.redaction import HIDDEN, redacted

secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=40)
encodings = st.sampled_from(
    [
        str,
        quote,
        quote_plus,
        lambda secret: json.dumps({"t": secret}),
        lambda secret: json.dumps({"t": secret}, ensure_ascii=False),
        lambda secret: base64.b64encode(secret.encode()).decode(),
    ]
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://api.test/bot12:Ab/send", f"https://api.test/bot{HIDDEN}/send"),
        ("https://u:p@host.test/x", f"https://{HIDDEN}@host.test/x"),
        ("/m?access_token=abc&v=5.199", f"/m?access_token={HIDDEN}&v=5.199"),
        ('{"refresh_token": "abc", "id": 5}', f'{{"refresh_token": "{HIDDEN}", "id": 5}}'),
        ("login=shop&psw=abc&mes=Hi", f"login=shop&psw={HIDDEN}&mes=Hi"),
        ("?code=abc&key=def", f"?code={HIDDEN}&key={HIDDEN}"),
        ('{"code": 200, "error_code": 5}', '{"code": 200, "error_code": 5}'),
        ('{"text": "my key is under the mat"}', '{"text": "my key is under the mat"}'),
    ],
)
def test_secrets_are_hidden_and_the_rest_stays(text: str, kept: str) -> None:
    assert redacted(text, secrets=["12:Ab", ""]) == kept


@given(secrets, encodings)
def test_secret_is_hidden_however_it_is_written(secret: str, encoded: Callable[[str], str]) -> None:
    kept = redacted(f"<< {encoded(secret)} >>", secrets=[secret])
    assert encoded(secret) not in kept
    assert kept.startswith("<< ")
    assert kept.endswith(" >>")


def test_longer_secret_is_hidden_before_one_that_begins_like_it() -> None:
    assert redacted("abcdef", secrets=["abc", "abcdef"]) == HIDDEN


@pytest.mark.timeout(5)
@pytest.mark.parametrize("unit", ["x", "token", "://", "secret=", 'password" : ', "a.-_"])
def test_hostile_text_is_read_in_time(unit: str) -> None:
    redacted(unit * 20_000, secrets=["12:Ab"])

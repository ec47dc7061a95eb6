"""Secrets taken out of what is kept and shown."""

import base64
import json
import re
from collections.abc import Collection
from urllib.parse import quote, quote_plus

HIDDEN = "•••"
USER_INFO = re.compile(r"(?<=://)[^/?#@\s]+(?=@)")
TELLING = re.compile(
    r"""(?P<name>(?:token|secret|passw(?:or)?d|pwd|psw|api_?key|auth|signature|session|credential)
    [\w-]{0,24}(?:=|"\s*:\s*"?)|\b(?:sig|key|code)=)[^&\s"<>]+""",
    re.IGNORECASE | re.VERBOSE,
)


def redacted(text: str, *, secrets: Collection[str]) -> str:
    """`text` without the values of `secrets`, however encoded, and without what looks like one.

    What follows the name of a secret (`access_token=`, `"password": "`) and the user before the
    host of a URL are hidden too, known or not.
    """
    for form in sorted({form for secret in secrets for form in _forms(secret)}, key=_longest_first):
        text = text.replace(form, HIDDEN)
    text = USER_INFO.sub(HIDDEN, text)
    return TELLING.sub(lambda match: match["name"] + HIDDEN, text)


def _forms(secret: str) -> set[str]:
    """A secret as it may stand in a URL, in JSON or in a header."""
    if not secret:
        return set()
    plain = secret.encode()
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(plain).decode(),
        base64.urlsafe_b64encode(plain).decode(),
        base64.b64encode(plain).decode().rstrip("="),
    }


def _longest_first(form: str) -> tuple[int, str]:
    return -len(form), form

"""Where a calendar's days off are read from: an iCalendar feed that somebody else keeps. Values.

An address often is the only key to the calendar behind it, so it is sealed like a secret; people
are shown its host.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from router.errors import Invalid
from router.ids import CalendarId

PURPOSE = "feed"
MAX_URL_CHARS = 2_000
# What calendar programs copy: the same as https, says who made the scheme up.
WEBCAL = "webcal://"


@dataclass(frozen=True, slots=True)
class Feed:
    """`sealed` is its address. `free_too`: events that leave one free are days off, too.

    `fetched_at`: when it was last read well; what it said then holds until it is read again.
    `error` is what went wrong the last time, None if nothing did.
    """

    calendar_id: CalendarId
    sealed: bytes
    host: str
    free_too: bool = False
    etag: str | None = None
    tried_at: datetime | None = None
    fetched_at: datetime | None = None
    error: str | None = None
    failures: int = 0


def address_of(text: str) -> str:
    """A feed's address as it is called: https alone. Raises `Invalid`."""
    plain = text.strip()
    if plain.lower().startswith(WEBCAL):
        plain = "https://" + plain[len(WEBCAL) :]
    try:
        parts = urlsplit(plain)
        right = parts.scheme == "https" and bool(parts.hostname) and not parts.username
    except ValueError:
        right = False
    if not right or len(plain) > MAX_URL_CHARS or any(one.isspace() for one in plain):
        raise Invalid(
            "the feed is not right", fields={"url": "is no address that begins with https"}
        )
    return plain


def host_of(address: str) -> str:
    return urlsplit(address).hostname or ""

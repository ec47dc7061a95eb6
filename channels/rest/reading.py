"""What a program sends: its shape, what is wrong with it, and the arrivals that it means."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta, Struct

from router.cards import MOST_FIELDS
from router.channel import Attachment, IncomingMessage, Receipt, Sender
from router.contacts import email, phone
from router.errors import Malformed
from router.model import Contact, ContactKind, DeliveryState

MAX_MESSAGES = 1000
MAX_TEXT_CHARS = 20_000
MAX_ID_CHARS = 255
MAX_NAME_CHARS = 255
MAX_URL_CHARS = 2048
MAX_FILES = 10
SENDER = "from"
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Name = Annotated[str, Meta(max_length=MAX_NAME_CHARS)]
Text = Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]
Url = Annotated[str, Meta(max_length=MAX_URL_CHARS)]
Aware = Annotated[datetime, Meta(tz=True)]


class From(Struct):
    """`fields` are those of the customer's card, as administrators named them; null empties one."""

    address: str
    name: Name | None = None
    phone: Name | None = None
    email: Name | None = None
    fields: Annotated[dict[str, str | float | bool | None], Meta(max_length=MOST_FIELDS)] = {}


class GivenFile(Struct):
    """Either to be fetched from `url`, or here as `base64` with a `name`."""

    url: Url | None = None
    name: Name | None = None
    base64: str | None = None


class GivenMessage(Struct, rename={"sender": SENDER}):
    external_id: str
    sender: From
    text: Text | None = None
    sent_at: Aware | None = None
    files: Annotated[list[GivenFile], Meta(max_length=MAX_FILES)] = []
    thread_key: str | None = None


class GivenReceipt(Struct):
    external_id: str
    state: Literal["delivered", "read", "failed"]
    at: Aware | None = None
    reason: Name | None = None


class Body(Struct):
    messages: list[GivenMessage] = []
    receipts: list[GivenReceipt] = []


BODY = msgspec.json.Decoder(Body)
LISTS: Mapping[str, type[GivenMessage | GivenReceipt]] = {
    "messages": GivenMessage,
    "receipts": GivenReceipt,
}


def read(raw: bytes) -> Body:
    try:
        return BODY.decode(raw)
    except msgspec.ValidationError as error:
        raise Malformed("nothing was stored", problems=_places(raw, error), refuse=True) from None
    except UNREADABLE:
        raise Malformed("the body is not JSON", refuse=True) from None


def _places(raw: bytes, first: msgspec.ValidationError) -> Mapping[str, str]:
    """What is wrong in any message or receipt, once the shape of one is."""
    found: dict[str, str] = {}
    try:
        body = msgspec.json.decode(raw)
    except UNREADABLE:
        body = None
    for name, kind in LISTS.items():
        given = body.get(name) if isinstance(body, dict) else None
        for index, one in enumerate(given if isinstance(given, list) else ()):
            try:
                found |= _placed(f"{name}[{index}]", _wrong(msgspec.convert(one, kind)))
            except msgspec.ValidationError as error:
                problem, _, place = str(error).partition(" - at `$")
                found[f"{name}[{index}]{place.rstrip('`')}"] = problem
    return found or {"body": str(first)}


def problems_of(body: Body) -> Mapping[str, str]:
    """What has the right shape and still makes no sense, by place."""
    if max(len(body.messages), len(body.receipts)) > MAX_MESSAGES:
        return {"messages": f"at most {MAX_MESSAGES} at once"}
    found: dict[str, str] = {}
    for index, message in enumerate(body.messages):
        found |= _placed(f"messages[{index}]", _wrong(message))
    for index, receipt in enumerate(body.receipts):
        found |= _placed(f"receipts[{index}]", _wrong(receipt))
    return found


def _placed(place: str, problems: Iterator[tuple[str, str]]) -> Mapping[str, str]:
    return {f"{place}.{name}": problem for name, problem in problems}


def _wrong(given: GivenMessage | GivenReceipt) -> Iterator[tuple[str, str]]:
    if not is_id(given.external_id):
        yield "external_id", ID_PROBLEM
    at = given.at if isinstance(given, GivenReceipt) else given.sent_at
    if at is not None and not 1970 <= at.year <= 9000:
        yield "at" if isinstance(given, GivenReceipt) else "sent_at", "there was no such time"
    if isinstance(given, GivenMessage):
        yield from _message_problems(given)


ID_PROBLEM = f"1 to {MAX_ID_CHARS} printable characters"


def _message_problems(message: GivenMessage) -> Iterator[tuple[str, str]]:
    if not is_id(message.sender.address):
        yield f"{SENDER}.address", ID_PROBLEM
    if message.thread_key is not None and not is_id(message.thread_key):
        yield "thread_key", ID_PROBLEM
    if not message.files and not (message.text or "").strip():
        yield "text", "neither text nor files"
    for index, file in enumerate(message.files):
        if problem := _file_problem(file):
            yield f"files[{index}]", problem


def is_id(given: str) -> bool:
    # A database compares ids byte by byte: what a person cannot see must not tell two apart.
    return 0 < len(given) <= MAX_ID_CHARS and given.isprintable() and bool(given.strip())


def _file_problem(file: GivenFile) -> str | None:
    if (file.url is None) == (file.base64 is None):
        return "either url, or name and base64"
    if file.url is not None:
        return None if _is_web(file.url) else "url is no http or https address"
    if not (file.name or "").strip():
        return "name is missing"
    return None if _bytes(file) else "base64 is empty or not base64"


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _bytes(file: GivenFile) -> bytes:
    try:
        return b64decode(file.base64 or "", validate=True)
    except ValueError:
        return b""


def message_of(given: GivenMessage, scope: str) -> IncomingMessage:
    who = given.sender
    return IncomingMessage(
        external_id=given.external_id,
        thread_key=given.thread_key or who.address,
        sender=Sender(
            address=who.address,
            scope=scope,
            name=who.name or "",
            contacts=_contacts(who),
            fields=tuple(who.fields.items()),
        ),
        text=given.text or "",
        sent_at=given.sent_at and given.sent_at.astimezone(UTC),
        attachments=tuple(map(_attachment, given.files)),
    )


def _contacts(who: From) -> tuple[Contact, ...]:
    """What can be reached; a number that cannot exist is no reason to refuse a message."""
    found = (
        (ContactKind.PHONE, phone(who.phone) if who.phone else None),
        (ContactKind.EMAIL, email(who.email) if who.email else None),
    )
    return tuple(Contact(kind, value) for kind, value in found if value)


def _attachment(file: GivenFile) -> Attachment:
    if file.url is None:
        data = _bytes(file)
        return Attachment(name=file.name or "", data=data, size_bytes=len(data))
    last = unquote(urlsplit(file.url).path.rpartition("/")[2])
    return Attachment(name=file.name or last[:MAX_NAME_CHARS] or "file", url=file.url)


def receipt_of(given: GivenReceipt) -> Receipt:
    at = given.at and given.at.astimezone(UTC)
    state = DeliveryState(given.state)
    return Receipt(state, external_id=given.external_id, at=at, reason=given.reason)

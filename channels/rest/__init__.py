"""Your own channel: a program of yours brings messages to the hook and takes answers at a URL.

In: `POST /hooks/{inbox_id}` with `Authorization: Bearer <secret>` and
`{"messages": [...], "receipts": [...]}`. All of a request is stored, or nothing. The same
`external_id` again is found stored, so whoever heard no answer repeats.

Out: each message is posted to the callback URL with `X-Router-Signature: sha256=<hex>`, the
HMAC-SHA256 of the exact body under the same secret. `id` is the same at every attempt (and
stands in `Idempotency-Key`): a program that has seen it answers 2xx again and sends nothing.
"""

import hmac
import secrets as random_secrets
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta, Struct
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr

from channels._proof import is_same
from router.channel import (
    Attachment,
    Capabilities,
    Hook,
    IncomingMessage,
    OutgoingMessage,
    Parsed,
    Receipt,
    Secrets,
    Sender,
    Sent,
)
from router.contacts import email, phone
from router.errors import BadCredentials, Malformed, RecipientGone, Rejected, Unauthenticated
from router.http import Http, Reply
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
    address: str
    name: Name | None = None
    phone: Name | None = None
    email: Name | None = None


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


class Account(BaseModel):
    """Where your program takes our messages."""

    model_config = ConfigDict(
        title="Your own channel", json_schema_extra={"title_ru": "Свой канал"}
    )

    callback_url: HttpUrl | None = Field(
        default=None,
        title="Where to post operators' messages",
        json_schema_extra={"title_ru": "Куда отправлять ответы операторов"},
    )


class SecretSettings(BaseModel):
    """What both sides prove themselves with."""

    model_config = ConfigDict(hide_input_in_errors=True)

    secret: SecretStr = Field(
        default_factory=lambda: SecretStr(random_secrets.token_urlsafe(32)),
        min_length=8,
        title="Secret",
        json_schema_extra={"title_ru": "Секрет"},
    )


class Rest:
    """A program of the company's own."""

    capabilities: ClassVar = Capabilities(
        max_text_chars=MAX_TEXT_CHARS,
        max_files=MAX_FILES,
        receipts=frozenset({DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED}),
        send_is_idempotent=True,
        can_start=True,
    )
    account_type: ClassVar[type[BaseModel]] = Account
    secrets_type: ClassVar[type[BaseModel]] = SecretSettings

    def __init__(self, account: Account, http: Http, secrets: Secrets) -> None:
        self._callback_url = str(account.callback_url) if account.callback_url else None
        self._http = http
        self._secrets = secrets

    def authenticate(self, hook: Hook) -> None:
        scheme, _, given = hook.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not is_same(given.strip(), self._secrets.get("secret")):
            raise Unauthenticated("the secret does not match")

    def parse(self, hook: Hook) -> Parsed:
        """As the contract says; a request in which anything is wrong is refused as a whole."""
        body = _read(hook.body)
        problems = _problems(body)
        if problems:
            raise Malformed("nothing was stored", problems=problems, refuse=True)
        # Two programs may both call somebody "1": an address is unique in its inbox.
        scope = urlsplit(hook.url).path.rpartition("/")[2]
        messages = (_message(given, scope) for given in body.messages)
        receipts = (_receipt(given) for given in body.receipts)
        return Parsed(arrivals=(*messages, *receipts), counts_answer=True)

    async def send(self, message: OutgoingMessage) -> Sent:
        if self._callback_url is None:
            raise Rejected("the inbox has no callback URL", code="no_callback_url")
        body = msgspec.json.encode(_outgoing(message))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.token,
            "X-Router-Signature": signature(body, self._secrets.get("secret")),
        }
        reply = await self._http.call("POST", self._callback_url, data=body, headers=headers)
        return Sent(external_id=_external_id(reply) or message.token)

    async def check(self) -> None:
        """Whether anybody is at the callback URL; whether they take messages, a message shows."""
        if self._callback_url is not None:
            reply = await self._http.call("HEAD", self._callback_url)
            if reply.status == 403:
                raise BadCredentials("the callback refused us", code="403")


def signature(body: bytes, secret: str) -> str:
    """What stands in `X-Router-Signature` over that body."""
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def _read(raw: bytes) -> Body:
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


def _problems(body: Body) -> Mapping[str, str]:
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
    if not _is_id(given.external_id):
        yield "external_id", ID_PROBLEM
    at = given.at if isinstance(given, GivenReceipt) else given.sent_at
    if at is not None and not 1970 <= at.year <= 9000:
        yield "at" if isinstance(given, GivenReceipt) else "sent_at", "there was no such time"
    if isinstance(given, GivenMessage):
        yield from _message_problems(given)


ID_PROBLEM = f"1 to {MAX_ID_CHARS} printable characters"


def _message_problems(message: GivenMessage) -> Iterator[tuple[str, str]]:
    if not _is_id(message.sender.address):
        yield f"{SENDER}.address", ID_PROBLEM
    if message.thread_key is not None and not _is_id(message.thread_key):
        yield "thread_key", ID_PROBLEM
    if not message.files and not (message.text or "").strip():
        yield "text", "neither text nor files"
    for index, file in enumerate(message.files):
        if problem := _file_problem(file):
            yield f"files[{index}]", problem


def _is_id(given: str) -> bool:
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


def _message(given: GivenMessage, scope: str) -> IncomingMessage:
    who = given.sender
    return IncomingMessage(
        external_id=given.external_id,
        thread_key=given.thread_key or who.address,
        sender=Sender(
            address=who.address, scope=scope, name=who.name or "", contacts=_contacts(who)
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


def _receipt(given: GivenReceipt) -> Receipt:
    at = given.at and given.at.astimezone(UTC)
    state = DeliveryState(given.state)
    return Receipt(state, external_id=given.external_id, at=at, reason=given.reason)


def _outgoing(message: OutgoingMessage) -> Mapping[str, Any]:
    files: Sequence[Mapping[str, Any]] = [
        {"name": file.name, "mime": file.mime, "size_bytes": file.size_bytes, "url": file.url}
        for file in message.files
    ]
    return {
        "id": message.token,
        "thread_key": message.thread_key,
        "to": message.to,
        "text": message.text,
        "files": files,
        "in_reply_to": message.in_reply_to,
        "author": message.author_name,
    }


def _external_id(reply: Reply) -> str | None:
    """Their id of the message, if they named one. Raises `Rejected` unless they took it."""
    if not 200 <= reply.status < 300:
        gone = RecipientGone if reply.status == 410 else Rejected
        raise gone("the callback refused the message", code=str(reply.status))
    try:
        answer = msgspec.json.decode(reply.body)
    except UNREADABLE:
        return None
    given = answer.get("external_id") if isinstance(answer, dict) else None
    return given if isinstance(given, str) and _is_id(given) else None

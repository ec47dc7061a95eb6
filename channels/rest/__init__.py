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
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr

from channels._proof import is_same
from channels.rest.reading import (
    MAX_FILES,
    MAX_TEXT_CHARS,
    SENDER,
    UNREADABLE,
    is_id,
    message_of,
    problems_of,
    read,
    receipt_of,
)
from router.channel import Capabilities, Hook, OutgoingMessage, Parsed, Secrets, Sent
from router.errors import BadCredentials, Malformed, RecipientGone, Rejected, Unauthenticated
from router.http import Http, Reply
from router.model import DeliveryState


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
        body = read(hook.body)
        problems = problems_of(body)
        if problems:
            raise Malformed("nothing was stored", problems=problems, refuse=True)
        # Two programs may both call somebody "1": an address is unique in its inbox.
        scope = urlsplit(hook.url).path.rpartition("/")[2]
        messages = (message_of(given, scope) for given in body.messages)
        receipts = (receipt_of(given) for given in body.receipts)
        fields_at: tuple[str, ...] = ()
        if any(given.sender.fields for given in body.messages):
            count = range(len(body.messages))
            fields_at = tuple(f"messages[{index}].{SENDER}.fields" for index in count)
        return Parsed((*messages, *receipts), counts_answer=True, fields_at=fields_at)

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
    return given if isinstance(given, str) and is_id(given) else None

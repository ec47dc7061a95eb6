"""Customers out of a script: for demonstrations, tests and load. There is no provider.

The script's messages come one after the other when the desk asks (`poll`), each after its
`delay_s`; the same cursor always brings the same message, so nothing doubles however often a
cursor is asked again. Customers answer what operators write with the script's `answers`, in turn.
Messages may also be thrown at the hook as JSON, with the secret in `X-Simulator-Secret`:
`{"messages": [{"id": "1", "customer": "anna", "text": "Hello"}]}`; and beside them `edits` of the
same shape, `withdrawals` without a text, `presses` of the button with that text, `reactions` with all
the `emoji` that a customer has now under a message (`sent`: under one of ours), and `answers` that our
side gave elsewhere. Messages and answers may have `files`, as addresses; messages with the
same `album` are one. What is changed or withdrawn here, is so for them.
"""

import asyncio
import secrets as random_secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, Struct
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from channels._proof import is_same
from router.abilities import Polled
from router.buttons import MAX_BUTTONS
from router.channel import (
    Action,
    Arrival,
    Attachment,
    Capabilities,
    CustomerAction,
    Deleted,
    Edited,
    Hook,
    IncomingMessage,
    OutgoingMessage,
    OutsideReply,
    Parsed,
    Secrets,
    Sender,
    Sent,
)
from router.emoji import Reacted
from router.errors import Malformed, Rejected, Unauthenticated
from router.http import Http
from router.model import DeliveryState

MAX_TEXT_CHARS = 4096
ANSWERS_HELD = 10_000
REACTIONS = ("👍", "❤", "🙏", "🎉", "😁", "😢")

Key = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[\w.:@+-]+$")]


class Picture(Struct):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    url: Annotated[str, Meta(max_length=2000, pattern=r"^https?://")]


class Thrown(Struct):
    """A message as it is thrown at the hook."""

    id: Key
    customer: Key
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARS)]
    name: Annotated[str, Meta(max_length=100)] = ""
    files: list[Picture] = []
    album: Key | None = None


class Pressed(Struct):
    """A press of a button: `value` is what it brings back."""

    id: Key
    customer: Key
    value: Annotated[str, Meta(max_length=100)]
    text: Annotated[str, Meta(max_length=100)] = ""


class Withdrawn(Struct):
    id: Key
    customer: Key


class Reactions(Struct):
    """All that a customer has now under a message of theirs, or under what was sent to them."""

    id: Key
    customer: Key
    emoji: Annotated[list[Annotated[str, Meta(min_length=1, max_length=16)]], Meta(max_length=12)]
    sent: bool = False


class Answered(Struct):
    """What our side wrote to a customer past the desk."""

    id: Key
    customer: Key
    text: Annotated[str, Meta(max_length=MAX_TEXT_CHARS)] = ""
    files: list[Picture] = []


class Body(Struct):
    messages: list[Thrown] = []
    edits: list[Thrown] = []
    withdrawals: list[Withdrawn] = []
    presses: list[Pressed] = []
    reactions: list[Reactions] = []
    answers: list[Answered] = []


BODY = msgspec.json.Decoder(Body)


class Customer(BaseModel):
    """Somebody in the script."""

    key: str = Field(pattern=r"^[\w.:@+-]{1,100}$")
    name: str = Field(default="", max_length=100)


class Line(BaseModel):
    """What they say, and how many seconds after the line before."""

    customer: str = Field(pattern=r"^[\w.:@+-]{1,100}$")
    text: str = Field(min_length=1, max_length=MAX_TEXT_CHARS)
    delay_s: float = Field(default=0, ge=0, le=50)


class Account(BaseModel):
    """The script."""

    model_config = ConfigDict(title="Simulator", json_schema_extra={"title_ru": "Имитатор"})

    customers: tuple[Customer, ...] = Field(
        default=(), title="Customers", json_schema_extra={"title_ru": "Клиенты"}
    )
    messages: tuple[Line, ...] = Field(
        default=(), title="What they write", json_schema_extra={"title_ru": "Что они пишут"}
    )
    answers: tuple[str, ...] = Field(
        default=(),
        title="What they answer to operators",
        json_schema_extra={"title_ru": "Что они отвечают операторам"},
    )
    rounds: int = Field(
        default=1,
        ge=0,
        title="How often the script is played",
        json_schema_extra={"title_ru": "Сколько раз сыграть сценарий"},
    )


class SecretSettings(BaseModel):
    """What the hook is thrown at with."""

    model_config = ConfigDict(hide_input_in_errors=True)

    secret: SecretStr = Field(
        default_factory=lambda: SecretStr(random_secrets.token_urlsafe(32)),
        min_length=8,
        title="Secret",
        json_schema_extra={"title_ru": "Секрет"},
    )


class Simulator:
    """Customers who write by themselves. A customer whose key ends with "gone" takes nothing."""

    capabilities: ClassVar = Capabilities(
        max_text_chars=MAX_TEXT_CHARS,
        max_buttons=MAX_BUTTONS,
        can_ask_phone=True,
        edits=True,
        reactions=REACTIONS,
        receipts=frozenset({DeliveryState.SENT}),
        send_is_idempotent=True,
        can_start=True,
    )
    account_type: ClassVar[type[BaseModel]] = Account
    secrets_type: ClassVar[type[BaseModel]] = SecretSettings
    polls = True

    def __init__(self, account: Account, http: Http, secrets: Secrets) -> None:
        self._script = account
        self._names = {customer.key: customer.name for customer in account.customers}
        self._secrets = secrets
        self._sends = 0
        self._answers: list[IncomingMessage] = []
        # Answers are forgotten once the cursor that they came with is asked from.
        self._handed_on: tuple[str, int] = ("", 0)

    def authenticate(self, hook: Hook) -> None:
        if not is_same(hook.headers.get("x-simulator-secret", ""), self._secrets.get("secret")):
            raise Unauthenticated("the secret does not match")

    def parse(self, hook: Hook) -> Parsed:
        try:
            body = BODY.decode(hook.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Malformed("not what the simulator says") from None
        said = [
            replace(
                self._said(f"thrown:{one.id}", one.customer, one.text, name=one.name),
                attachments=_pictures(one.files),
                album=one.album,
            )
            for one in body.messages
        ]
        edits = [Edited(f"thrown:{one.id}", one.customer, one.text) for one in body.edits]
        withdrawals = [Deleted(f"thrown:{one.id}", one.customer) for one in body.withdrawals]
        answers = [self._answered(one) for one in body.answers]
        presses = [self._pressed(one) for one in body.presses]
        reactions = [_reacted(one) for one in body.reactions]
        about: list[Arrival] = [*edits, *withdrawals, *presses, *reactions]
        arrivals: list[Arrival] = [*said, *about, *answers]
        return Parsed(tuple(arrivals), counts_answer=True)

    async def poll(self, cursor: str | None) -> Polled:
        """The answers that are due, else the next line of the script, after its delay."""
        position = int((cursor or "0").partition("+")[0])
        if cursor == self._handed_on[0]:
            del self._answers[: self._handed_on[1]]
            self._handed_on = ("", 0)
        if self._answers:
            self._handed_on = (f"{position}+{self._sends}", len(self._answers))
            return Polled(tuple(self._answers), self._handed_on[0])
        lines = self._script.messages
        if position >= len(lines) * self._script.rounds:
            return Polled((), cursor or "0")
        line = lines[position % len(lines)]
        await asyncio.sleep(line.delay_s)
        said = self._said(f"line:{position}", line.customer, line.text)
        return Polled((said,), str(position + 1))

    async def send(self, message: OutgoingMessage) -> Sent:
        _reach(message.to)
        if answers := self._script.answers:
            text = answers[self._sends % len(answers)]
            said = self._said(f"answer:{message.token}", message.thread_key, text)
            self._answers = [*self._answers, said][-ANSWERS_HELD:]
            self._sends += 1
        return Sent(external_id=message.token)

    async def edit(self, external_id: str, message: OutgoingMessage) -> None:
        _reach(message.to)

    async def delete(self, external_id: str) -> None:
        """They take back what they are asked to."""

    async def react(self, external_id: str, emoji: str) -> None:
        """They take what reactions they get."""

    async def check(self) -> None:
        return None

    def _pressed(self, one: Pressed) -> CustomerAction:
        return CustomerAction(
            Sender(one.customer, name=self._names.get(one.customer, "")),
            one.customer,
            Action.PRESSED,
            f"pressed:{one.id}",
            value=one.value,
            text=one.text,
        )

    def _answered(self, one: Answered) -> OutsideReply:
        return OutsideReply(
            f"answered:{one.id}",
            one.customer,
            one.text,
            attachments=_pictures(one.files),
            to=Sender(address=one.customer, name=self._names.get(one.customer, "")),
        )

    def _said(self, id_: str, customer: str, text: str, *, name: str = "") -> IncomingMessage:
        sender = Sender(address=customer, name=name or self._names.get(customer, ""))
        return IncomingMessage(id_, thread_key=customer, sender=sender, text=text)


def _reach(customer: str) -> None:
    if customer.endswith("gone"):
        raise Rejected("this customer takes nothing", code="gone")


def _reacted(one: Reactions) -> Reacted:
    id_ = one.id if one.sent else f"thrown:{one.id}"
    return Reacted(id_, by=one.customer, emoji=tuple(one.emoji), thread_key=one.customer)


def _pictures(files: Iterable[Picture]) -> tuple[Attachment, ...]:
    return tuple(Attachment(file.name, url=file.url) for file in files)

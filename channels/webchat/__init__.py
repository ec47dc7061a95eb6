"""The chat on the company's website: its visitors hold sockets to us.

What the browser and we say to each other: docs/widget-protocol.md. There is no provider, so an
operator's message has been sent once it stands in the thread; who is there hears of it, who
comes later reads it.

    frames     what the two sides say, as values and as bytes
    visitors   who somebody is: signed tokens, and the host site's proof
    rooms      one visitor's open sockets, and what they are told
    socket     one socket, from its hello to its close
    uploads    files on their way in
    pages      the loader, the chat's page and their parts, with their headers
    doors      which address leads to which of these
"""

import secrets as random_secrets
from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from channels.webchat.doors import Doors
from router.buttons import MAX_BUTTONS
from router.channel import Capabilities, OutgoingMessage, Secrets, Sent
from router.clock import Clock
from router.http import Http
from router.model import DeliveryState
from router.visitor import Fronts, Served


class Account(BaseModel):
    """Where the button stands. What a line has for all its channels is the line's look."""

    model_config = ConfigDict(title="Website chat", json_schema_extra={"title_ru": "Чат на сайте"})

    corner: Literal["left", "right"] = Field(
        default="right",
        title="Corner of the button",
        json_schema_extra={"title_ru": "Угол, в котором стоит кнопка"},
    )
    offset_px: int = Field(
        default=20,
        ge=0,
        le=200,
        title="Distance from the edges, px",
        json_schema_extra={"title_ru": "Отступ от краёв, px"},
    )


class SecretSettings(BaseModel):
    """What the host site proves its users with."""

    model_config = ConfigDict(hide_input_in_errors=True)

    identity_secret: SecretStr = Field(
        default_factory=lambda: SecretStr(random_secrets.token_urlsafe(32)),
        min_length=16,
        title="Secret that signs your users' ids",
        json_schema_extra={"title_ru": "Секрет для подписи id ваших пользователей"},
    )


class Webchat:
    """The website chat of one line."""

    capabilities: ClassVar = Capabilities(
        max_text_chars=4000,
        max_file_bytes=20_000_000,
        max_files=10,
        receipts=frozenset({DeliveryState.DELIVERED, DeliveryState.READ}),
        emphasis=True,
        typing=True,
        send_is_idempotent=True,
        in_browser=True,
        max_buttons=MAX_BUTTONS,
        can_ask_phone=True,
    )
    account_type: ClassVar[type[BaseModel]] = Account
    secrets_type: ClassVar[type[BaseModel]] = SecretSettings

    def __init__(self, account: Account, http: Http, secrets: Secrets) -> None:
        self._account = account

    @classmethod
    def serve(cls, fronts: Fronts, *, signing_keys: Sequence[bytes], clock: Clock) -> Served:
        return Doors(fronts, cls.capabilities, signing_keys=signing_keys, clock=clock)

    async def send(self, message: OutgoingMessage) -> Sent:
        """It stands in the thread already, which is where visitors read it."""
        return Sent(external_id=message.token)

    async def check(self) -> None:
        return None

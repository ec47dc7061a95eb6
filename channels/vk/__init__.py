"""VK: a community's messages, by Callback API or by Bots Long Poll.

Manual: https://dev.vk.com/api/community-messages/getting-started, API version 5.199, read
2026-08-01.

- VK wants exactly `ok` for an answer, makes sure of an address by asking for a string that only
  the community knows, and puts the secret into the body of each callback.
- `random_id` makes sending idempotent; we make it of the message's token.
- A message may have 9000 characters, but people's apps show 4096 of them well: that is no matter of
  taste, so no setting of an inbox.
- Only customers who wrote to the community, or allowed it to write, can be written to.
- Comments under the community's posts are conversations, where that is switched on: public ones.
  Those under photos, videos, goods and in discussions are not read.

    events      the shape of what VK sends
    reading     updates become arrivals
    comments    comments under posts become arrivals
    attached    what hangs on a message
    whole       messages that VK cut for bots
    asking      the long poll
    missed      what it has forgotten, from the conversations
    subscribing callback servers, and the string that VK wants to hear
    posts       what is commented
    team        managers who comment as themselves
    reactions   what stands under a message
    sending     messages, files, buttons, edits
    commenting  answers under posts
    uploading   files on their way to VK
    people      who customers are, and who we are
    refusals    VK's errors by number
    api         VK's methods
    library     vk_api over our client
"""

import re
import secrets as random_secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, field_validator

from channels._proof import is_same
from channels.vk.api import Api
from channels.vk.asking import Asking
from channels.vk.commenting import Commenting
from channels.vk.comments import is_on_wall
from channels.vk.events import update_in
from channels.vk.people import introduction, ourselves, profiles
from channels.vk.posts import Posts
from channels.vk.reactions import OFFERED, react
from channels.vk.reading import arrivals
from channels.vk.sending import MAX_BUTTONS, Sending
from channels.vk.subscribing import Subscribing
from channels.vk.whole import Whole
from router.abilities import Introduction, Polled, Profile, Subscription
from router.channel import (
    Action,
    Answer,
    Capabilities,
    Hook,
    OutgoingMessage,
    Pace,
    Parsed,
    Secrets,
    Sent,
)
from router.errors import Malformed, ProviderError, Unauthenticated
from router.http import Http
from router.model import DeliveryState

# Of a community that has no name of its own.
ADDRESS = re.compile(r"(?:https?://)?(?:m\.)?(?:vk\.(?:com|ru|me)/)?(?:club|public|event)(\d+)/?")
TAKEN = Answer(body=b"ok")
CONFIRMATION = "confirmation"
# VK takes 9000, and shows 4096 of them well.
MAX_TEXT_CHARS = 4096
# VK's own apps let so many hang on a comment.
MAX_COMMENT_FILES = 2
# By then VK has come again so often that the rest of a message is not worth waiting for.
PATIENCE = 3


class Account(BaseModel):
    """A community."""

    model_config = ConfigDict(title="VK", json_schema_extra={"title_ru": "ВКонтакте"})

    group_id: int = Field(
        gt=0,
        lt=2_000_000_000,
        title="Number of the community",
        description="Or its address, if the number stands there: vk.com/club123",
        json_schema_extra={
            "title_ru": "Номер сообщества",
            "description_ru": "Или адрес, если номер есть в нём: vk.com/club123",
        },
    )
    by: Literal["polling", "webhook"] = Field(
        default="polling",
        title="How messages come",
        description="To be called, the desk needs a public https address.",
        json_schema_extra={
            "title_ru": "Как приходят сообщения",
            "description_ru": "Чтобы обращался провайдер, нужен публичный адрес https.",
        },
    )
    comments: bool = Field(
        default=False,
        title="Comments under the community’s posts are conversations",
        description="Everybody reads the answers.",
        json_schema_extra={
            "title_ru": "Комментарии к записям сообщества — тоже диалоги",
            "description_ru": "Ответы на них видны всем.",
        },
    )
    buttons: Literal["callback", "text"] = Field(
        default="callback",
        title="What becomes of a pressed button",
        json_schema_extra={"title_ru": "Что делает нажатая кнопка", "advanced": True},
    )
    api_url: HttpUrl = Field(
        default=HttpUrl("https://api.vk.ru"),
        title="Address of the API",
        json_schema_extra={"title_ru": "Адрес API", "advanced": True},
    )

    @field_validator("group_id", mode="before")
    @classmethod
    def _number_in(cls, given: object) -> object:
        found = ADDRESS.fullmatch(given.strip()) if isinstance(given, str) else None
        return found[1] if found else given


class SecretSettings(BaseModel):
    """What we prove ourselves with, and VK to us."""

    model_config = ConfigDict(hide_input_in_errors=True)

    token: SecretStr = Field(
        min_length=8,
        title="Access token of the community",
        json_schema_extra={"title_ru": "Ключ доступа сообщества"},
    )
    secret: SecretStr = Field(
        default_factory=lambda: SecretStr(random_secrets.token_hex(20)),
        min_length=8,
        max_length=50,
        title="Secret key of the callback server",
        json_schema_extra={"title_ru": "Секретный ключ Callback API", "advanced": True},
    )
    posts_key: SecretStr = Field(
        default=SecretStr(""),
        title="Service key of a VK application",
        description="Not needed: with it, the post that is commented is shown.",
        json_schema_extra={
            "title_ru": "Сервисный ключ приложения VK",
            "description_ru": "Не обязателен: с ним видно запись, которую комментируют.",
            "advanced": True,
        },
    )


class Vk:
    """The messages of one community."""

    capabilities: ClassVar = Capabilities(
        max_text_chars=MAX_TEXT_CHARS,
        max_file_bytes=50_000_000,
        max_files=10,
        max_buttons=MAX_BUTTONS,
        receipts=frozenset({DeliveryState.SENT, DeliveryState.READ}),
        edits=True,
        reactions=OFFERED,
        typing=True,
        pace=Pace(per_second=20),
        send_is_idempotent=True,
        in_public=Capabilities(
            max_text_chars=MAX_TEXT_CHARS,
            max_file_bytes=50_000_000,
            max_files=MAX_COMMENT_FILES,
            receipts=frozenset({DeliveryState.SENT}),
            send_is_idempotent=True,
            aside=True,
        ),
    )
    account_type: ClassVar[type[BaseModel]] = Account
    secrets_type: ClassVar[type[BaseModel]] = SecretSettings

    def __init__(self, account: Account, http: Http, secrets: Secrets) -> None:
        self._group_id = account.group_id
        self._secrets = secrets
        self._api = Api(http, secrets, base=str(account.api_url))
        self._sending = Sending(self._api, quiet=account.buttons == "callback")
        self._commenting = Commenting(self._api, group_id=account.group_id)
        self._posts = Posts(self._api, secrets)
        self._whole = Whole(
            self._api, self._posts, group_id=account.group_id, comments=account.comments
        )
        self._comments = account.comments
        self._subscribing = Subscribing(
            self._api, secrets, group_id=account.group_id, comments=account.comments
        )
        self._asking = Asking(
            self._api, self._whole, group_id=account.group_id, comments=account.comments
        )
        self.polls = account.by == "polling"

    async def prepare(self) -> None:
        await self._api.prepare()

    # --- in -----------------------------------------------------------------

    def authenticate(self, hook: Hook) -> None:
        try:
            update = update_in(hook.body)
        except Malformed:
            raise Unauthenticated("not an update of VK's") from None
        if not is_same(update.secret, self._secrets.get("secret")):
            raise Unauthenticated("the secret does not match")
        if update.group_id != self._group_id:
            raise Unauthenticated("this is another community")

    async def complete(self, hook: Hook) -> Hook | Answer:
        """The string that VK makes sure of us by; what it tells by halves, whole."""
        try:
            update = update_in(hook.body)
            if update.type == CONFIRMATION:
                return Answer(body=(await self._subscribing.confirmation()).encode())
            whole = await self._whole.of(update)
        except Malformed:
            return hook
        except ProviderError:
            if _tries(hook) < PATIENCE:
                raise
            return hook
        return hook if whole is update else replace(hook, body=msgspec.json.encode(whole))

    def parse(self, hook: Hook) -> Parsed:
        return Parsed(arrivals(update_in(hook.body), comments=self._comments), answer=TAKEN)

    def taken(self) -> Answer:
        return TAKEN

    async def poll(self, cursor: str | None) -> Polled:
        return await self._asking.poll(cursor)

    async def subscribe(self, url: str) -> None:
        await self._subscribing.subscribe(url)

    async def subscription(self, url: str) -> Subscription:
        return await self._subscribing.subscription(url)

    async def acknowledge(self, token: str) -> None:
        """Stop the waiting of who pressed a button."""
        event_id, user_id, peer_id = msgspec.json.decode(token, type=tuple[str, int, int])
        waiting: dict[str, str | int] = {
            "event_id": event_id, "user_id": user_id, "peer_id": peer_id,
        }  # fmt: skip
        await self._api.call("messages.sendMessageEventAnswer", waiting)

    # --- out ----------------------------------------------------------------

    async def send(self, message: OutgoingMessage) -> Sent:
        if is_on_wall(message.thread_key):
            return await self._commenting.send(message)
        return await self._sending.send(message)

    async def edit(self, external_id: str, message: OutgoingMessage) -> None:
        await self._sending.edit(external_id, message)

    async def delete(self, external_id: str) -> None:
        await self._sending.delete(external_id)

    async def react(self, external_id: str, emoji: str) -> None:
        await react(self._api, external_id, emoji)

    async def signal(self, to: str, action: Action) -> None:
        """Show that we type, where that shows. Who types has read."""
        if action is not Action.TYPING or is_on_wall(to):
            return
        of_peer: dict[str, str | int] = {"peer_id": to, "group_id": self._group_id}
        await self._api.call("messages.setActivity", {**of_peer, "type": "typing"})
        await self._api.call("messages.markAsRead", {**of_peer, "mark_conversation_as_read": 1})

    # --- who ----------------------------------------------------------------

    async def profiles(self, addresses: Sequence[str]) -> Mapping[str, Profile]:
        return await profiles(self._api, addresses)

    async def approach(self, address: str) -> str:
        return await self._commenting.approach(address)

    async def introduce(self) -> Introduction:
        return await introduction(
            self._api, self._posts, self._group_id, polls=self.polls, comments=self._comments
        )

    async def check(self) -> None:
        await ourselves(self._api, self._group_id)


def _tries(hook: Hook) -> int:
    """How often VK has brought it before."""
    given = hook.headers.get("x-retry-counter", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0

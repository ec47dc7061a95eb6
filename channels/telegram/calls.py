"""Everything that we ask of Telegram. Imported with the first call: aiogram takes its time."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteBusinessMessages,
    DeleteMessage,
    DeleteWebhook,
    GetChat,
    GetFile,
    GetMe,
    GetUpdates,
    GetUserProfilePhotos,
    GetWebhookInfo,
    SendChatAction,
    SetMessageReaction,
    SetWebhook,
    TelegramMethod,
)
from aiogram.types import ReactionTypeEmoji, ReactionTypeUnion

from channels.telegram import business
from channels.telegram.contents import full_name
from channels.telegram.places import chat_of, external_id, is_business, place_of
from channels.telegram.reactions import why_not
from channels.telegram.reading import arrivals_of
from channels.telegram.sending import Manner, call_of, edit_of, plainer
from channels.telegram.session import Session, bot_of
from channels.telegram.shapes import ALLOWED
from router.abilities import Introduction, Polled, Profile, Subscription
from router.channel import Arrival, Attachment, Hook, OutgoingMessage, Secrets, Sent
from router.errors import (
    BadCredentials,
    Malformed,
    ProviderError,
    RecipientGone,
    Rejected,
    Unconfirmed,
    Unreachable,
)
from router.http import Http

POLL_S = 25
POLL_TIMEOUT_S = 40
POLLED_AT_ONCE = 100
UNREADABLE = "the answer cannot be read"


class Calls:
    """A bot's calls. Raises only `ProviderError`s."""

    def __init__(self, http: Http, secrets: Secrets, api_url: str) -> None:
        self._session = Session(http, api_url)
        self._secrets = secrets

    async def ask(self, method: TelegramMethod[Any], *, timeout_s: int | None = None) -> Any:
        """The result as it came."""
        bot = bot_of(self._secrets.get("token"), self._session)
        return await bot(method, request_timeout=timeout_s)

    # --- messages -----------------------------------------------------------

    async def send(self, message: OutgoingMessage) -> Sent:
        try:
            return await self._said(message)
        except Rejected as error:
            if is_business(message.thread_key):
                raise business.named(error) from None
            if not isinstance(error, RecipientGone) or not message.thread_key.startswith("-"):
                raise
            # A group is out of reach; whoever wrote there may still be written to.
            gone = Rejected(error.reason, code=error.code)
        raise gone

    async def _said(self, message: OutgoingMessage) -> Sent:
        manner = Manner()
        while True:
            try:
                result = await self.ask(await call_of(message, manner))
            except Rejected as refusal:
                next_manner = plainer(manner, refusal.reason)
                if next_manner is None:
                    raise
                manner = next_manner
            else:
                return _sent(result, chat_of(message.thread_key).connection)

    async def edit(self, external_id: str, message: OutgoingMessage) -> None:
        manner = Manner()
        while True:
            try:
                await self.ask(edit_of(external_id, message, manner))
            except Rejected as refusal:
                if "not modified" in refusal.reason:
                    return
                next_manner = plainer(manner, refusal.reason)
                if next_manner is None:
                    raise _named(refusal, external_id) from None
                manner = next_manner
            else:
                return

    async def delete(self, external_id: str) -> None:
        chat_id, message_id, connection = place_of(external_id)
        asking: TelegramMethod[Any] = DeleteMessage(chat_id=chat_id, message_id=message_id)
        if connection is not None:
            asking = DeleteBusinessMessages(
                business_connection_id=connection, message_ids=[message_id]
            )
        try:
            await self.ask(asking)
        except Rejected as refusal:
            if "to delete not found" not in refusal.reason:
                raise _named(refusal, external_id) from None

    async def react(self, external_id: str, emoji: str) -> None:
        chat_id, message_id, connection = place_of(external_id)
        if connection is not None:
            raise Rejected(business.NO_REACTIONS, code="no_reactions")
        wanted: list[ReactionTypeUnion] = [ReactionTypeEmoji(emoji=emoji)] if emoji else []
        try:
            await self.ask(
                SetMessageReaction(chat_id=chat_id, message_id=message_id, reaction=wanted)
            )
        except RecipientGone:
            raise
        except Rejected as refusal:
            if "not modified" in refusal.reason.lower():
                return
            raise Rejected(why_not(refusal.reason), code=refusal.code) from None

    async def show_typing(self, thread_key: str) -> None:
        chat_id, topic, connection, is_direct = chat_of(thread_key)
        if is_direct:
            # There nobody is shown it.
            return
        await self.ask(
            SendChatAction(
                chat_id=chat_id,
                action="typing",
                message_thread_id=topic,
                business_connection_id=connection,
            )
        )

    async def acknowledge(self, token: str) -> None:
        await self.ask(AnswerCallbackQuery(callback_query_id=token))

    # --- updates ------------------------------------------------------------

    async def poll(self, cursor: str | None) -> Polled:
        """Ask once, and take a webhook away that is in the way."""
        asking = GetUpdates(
            offset=int(cursor) if cursor else None,
            limit=POLLED_AT_ONCE,
            timeout=POLL_S,
            allowed_updates=list(ALLOWED),
        )
        try:
            updates = await self.ask(asking, timeout_s=POLL_TIMEOUT_S)
        except Unreachable as trouble:
            if trouble.code != "409" or not (await self.webhook()).get("url"):
                raise
            await self.ask(DeleteWebhook())
            return Polled((), cursor or "")
        return _polled(updates, cursor)

    async def subscribe(self, url: str) -> None:
        secret = self._secrets.get("webhook_secret")
        await self.ask(SetWebhook(url=url, secret_token=secret, allowed_updates=list(ALLOWED)))

    async def subscription(self, url: str) -> Subscription:
        told = await self.webhook()
        wanted = set(ALLOWED) <= set(told.get("allowed_updates") or ())
        failed_at = told.get("last_error_date")
        return Subscription(
            ok=told.get("url") == url and wanted,
            url=told.get("url") or "",
            pending=told.get("pending_update_count"),
            last_error=told.get("last_error_message"),
            last_error_at=datetime.fromtimestamp(failed_at, UTC) if failed_at else None,
        )

    async def webhook(self) -> dict[str, Any]:
        return _object(await self.ask(GetWebhookInfo()))

    # --- who is who ---------------------------------------------------------

    async def introduce(self) -> Introduction:
        me, told = _object(await self.ask(GetMe())), await self.webhook()
        username = me.get("username") or ""
        warnings = []
        if me.get("can_join_groups") and not me.get("can_read_all_group_messages"):
            warnings.append("group_privacy")
        if told.get("url"):
            warnings.append("used_elsewhere")
        return Introduction(
            name=me.get("first_name") or "",
            username=username,
            link=f"https://t.me/{username}" if username else "",
            source_key="start",
            picture=await self._picture(me.get("id")),
            warnings=tuple(warnings),
        )

    async def _picture(self, user_id: Any) -> bytes | None:
        """The bot's picture; without one it is introduced all the same."""
        try:
            found = _object(await self.ask(GetUserProfilePhotos(user_id=user_id, limit=1)))
            sizes = found["photos"][0]
            return await self.fetch(sizes[-1]["file_id"])
        except (ProviderError, ValueError, LookupError, TypeError):
            return None

    async def profiles(self, addresses: Sequence[str]) -> Mapping[str, Profile]:
        known = {}
        for address in addresses:
            with suppress(RecipientGone, Rejected):
                known[address] = _profile(_object(await self.ask(GetChat(chat_id=address))))
        return known

    async def check(self) -> None:
        if not _object(await self.ask(GetMe())).get("id"):
            raise BadCredentials("this is no bot")

    async def fetch(self, ref: str) -> bytes:
        path = _object(await self.ask(GetFile(file_id=ref))).get("file_path")
        if not isinstance(path, str):
            raise Rejected("the file is not there any more")
        bot = bot_of(self._secrets.get("token"), self._session)
        url = self._session.api.file_url(bot.token, path)
        return b"".join([part async for part in self._session.stream_content(url)])


def _polled(updates: Any, cursor: str | None) -> Polled:
    """What a poll brought. What cannot be read stands beside it, as if it had come to the hook."""
    arrivals: list[Arrival] = []
    unread = []
    following = int(cursor) if cursor else 0
    if not isinstance(updates, list):
        raise Unconfirmed(UNREADABLE)
    for update in updates:
        number = _object(update).get("update_id")
        if not isinstance(number, int):
            raise Unconfirmed(UNREADABLE)
        following = max(following, number + 1)
        body = msgspec.json.encode(update)
        try:
            arrivals += arrivals_of(body)
        except Malformed as error:
            unread.append((_as_hook(body), error.reason))
    return Polled(tuple(arrivals), str(following) if following else "", tuple(unread))


def _as_hook(body: bytes) -> Hook:
    return Hook("POST", "/", "", headers={"content-type": "application/json"}, query={}, body=body)


def _named(refusal: Rejected, external_id: str) -> ProviderError:
    return business.named(refusal) if is_business(external_id) else refusal


def _sent(result: Any, connection: str | None) -> Sent:
    """What Telegram calls it; an album by the message that carries its words."""
    messages = result if isinstance(result, list) else [result]
    names: list[str] = []
    for one in messages:
        try:
            name = external_id(int(one["chat"]["id"]), int(one["message_id"]), connection)
        except (LookupError, TypeError, ValueError):
            continue
        names.insert(0 if one.get("caption") else len(names), name)
    if not names:
        raise Unconfirmed(UNREADABLE)
    return Sent(names[0], also=tuple(names[1:]))


def _profile(chat: dict[str, Any]) -> Profile:
    photo = chat.get("photo")
    ref = photo.get("big_file_id") if isinstance(photo, dict) else None
    picture = Attachment("picture.jpg", mime="image/jpeg", ref=ref) if ref else None
    name = full_name(chat.get("first_name") or "", chat.get("last_name") or "")
    name = name or chat.get("title") or ""
    return Profile(name, username=chat.get("username") or "", picture=picture)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unconfirmed(UNREADABLE)
    return value

"""How a message becomes VK's: `messages.send`, files, buttons, quotations.

Limits: https://dev.vk.com/method/messages.send and https://dev.vk.com/api/bots/development/keyboard,
read 2026-08-01.

- `peer_ids` with one peer gives the message's number in its peer; `peer_id` gives only a number
  that chats do not have.
- A keyboard under a message has at most 10 buttons in 6 rows of 5; a label has 40 characters.
- Files are first posted to an address that VK names, then saved, then attached.
"""

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import FormData

from channels.vk.api import Api, Values
from channels.vk.events import GROUP_PEER_FROM
from channels.vk.reading import external_id, random_id
from channels.vk.refusals import DENIED, QUOTE_REFUSED, refusal_in
from router.buttons import Button
from router.channel import OutgoingFile, OutgoingMessage, Sent
from router.errors import BadCredentials, RecipientGone, Rejected, Unconfirmed

MAX_BUTTONS = 10
MAX_LABEL_CHARS = 40
# By the longest label: how many stand side by side.
PER_ROW = ((6, 5), (18, 2))
ROWS = 6
PICTURES = frozenset({"image/jpeg", "image/png"})
UPLOAD_TIMEOUT_S = 120.0


class Sending:
    """Messages of one community. `quiet`: a pressed button writes nothing into the chat."""

    def __init__(self, api: Api, *, quiet: bool) -> None:
        self._api = api
        self._quiet = quiet

    async def send(self, message: OutgoingMessage) -> Sent:
        """Send it; again with the same token gives the same message."""
        values: Values = {
            "peer_ids": message.thread_key,
            "random_id": random_id(message.token),
            "payload": _json({"t": message.token}),
            **await self._content(message),
        }
        try:
            return Sent(_sent_id(await self._said(values, _quotation(message))))
        except RecipientGone as error:
            if int(message.thread_key) < GROUP_PEER_FROM:
                raise
            # A chat is out of reach; whoever wrote there may still be written to.
            gone = Rejected(error.reason, code=error.code)
        raise gone

    async def _said(self, values: Values, quoting: Values) -> Any:
        try:
            return await self._api.call("messages.send", {**values, **quoting})
        except Rejected as error:
            if not quoting or error.code != QUOTE_REFUSED:
                raise
        # What it answers is gone; the answer is not.
        return await self._api.call("messages.send", values)

    async def edit(self, id_: str, message: OutgoingMessage) -> None:
        """Put `message` in the place of the message `id_`; without files of its own it keeps those
        that hang there.
        """
        peer, number = _parts(id_)
        kept = "" if message.files else await self._hanging(peer, number)
        values: Values = {
            "peer_id": peer,
            "cmid": number,
            "keep_forward_messages": 1,
            "keep_snippets": 1,
            **({"attachment": kept} if kept else {}),
            **await self._content(message),
        }
        await self._changed("messages.edit", values)

    async def delete(self, id_: str) -> None:
        """Withdraw the message `id_` for everybody."""
        peer, number = _parts(id_)
        values: Values = {"peer_id": peer, "cmids": number, "delete_for_all": 1}
        given = await self._changed("messages.delete", values)
        # One answer for each message, where it has an error of its own.
        for one in given if isinstance(given, list) else ():
            if isinstance(one, dict) and one.get("error"):
                raise refusal_in(one["error"])

    async def _hanging(self, peer: str, number: str) -> str:
        """What hangs on a message. An edit that does not name it takes it away."""
        given = await self._api.call(
            "messages.getByConversationMessageId",
            {"peer_id": peer, "conversation_message_ids": number},
        )
        items = given.get("items") if isinstance(given, dict) else None
        found = items[0] if isinstance(items, list) and items else None
        hanging = found.get("attachments") if isinstance(found, dict) else None
        shown = hanging if isinstance(hanging, list) else []
        # A link's preview has no name; VK keeps it by `keep_snippets`.
        things = ((one.get("type"), one.get(one.get("type"))) for one in shown)
        return ",".join(_named(str(kind), thing) for kind, thing in things if _has_name(thing))

    async def _changed(self, method: str, values: Values) -> Any:
        try:
            return await self._api.call(method, values)
        except BadCredentials as error:
            # About this message VK says so too, and that must not pause the account.
            if error.code not in DENIED:
                raise
        raise Rejected("VK does not let us change this message", code="15")

    async def _content(self, message: OutgoingMessage) -> dict[str, str | int]:
        """What both a new message and a changed one consist of."""
        content: dict[str, str | int] = {"message": message.text}
        if message.files:
            attached = [await self._attached(file, message.thread_key) for file in message.files]
            content["attachment"] = ",".join(attached)
        if message.buttons:
            content["keyboard"] = keyboard(message.buttons, quiet=self._quiet)
        return content

    async def _attached(self, file: OutgoingFile, peer: str) -> str:
        """The file at VK, as a message names it."""
        if file.mime in PICTURES:
            try:
                return await self._photo(file, peer)
            except Rejected:
                # A picture that VK cannot read is still a file.
                pass
        return await self._document(file, peer)

    async def _photo(self, file: OutgoingFile, peer: str) -> str:
        place = await self._api.call("photos.getMessagesUploadServer", {"peer_id": peer})
        told = await self._posted(place, "photo", file)
        names = ("server", "photo", "hash")
        if any(name not in told for name in names) or told["photo"] in {"", "[]"}:
            raise Rejected("VK cannot read this picture", code="photo")
        values = {name: _plain(told[name]) for name in names}
        saved = await self._api.call("photos.saveMessagesPhoto", values)
        return _named("photo", saved[0] if isinstance(saved, list) and saved else None)

    async def _document(self, file: OutgoingFile, peer: str) -> str:
        values: Values = {"peer_id": peer, "type": "doc"}
        place = await self._api.call("docs.getMessagesUploadServer", values)
        told = await self._posted(place, "file", file)
        if not isinstance(told.get("file"), str):
            raise Rejected("VK does not take files of this kind", code="file")
        saved = await self._api.call("docs.save", {"file": told["file"], "title": file.name})
        return _named("doc", saved.get("doc") if isinstance(saved, dict) else None)

    async def _posted(self, place: Any, field: str, file: OutgoingFile) -> dict[str, Any]:
        """What the upload address says to the file's bytes."""
        url = place.get("upload_url") if isinstance(place, dict) else None
        if not isinstance(url, str):
            raise Unconfirmed("VK names no address for files")
        form = FormData()
        form.add_field(field, await file.read(), filename=file.name, content_type=file.mime)
        told = await self._api.post(url, form, timeout_s=UPLOAD_TIMEOUT_S)
        return told if isinstance(told, dict) else {}


def keyboard(buttons: Sequence[Button], *, quiet: bool) -> str:
    """The buttons as they stand under the message, in as few rows as reads well."""
    shown = [_button(one, quiet=quiet) for one in buttons[:MAX_BUTTONS]]
    longest = max(len(one.label) for one in buttons)
    width = next((count for chars, count in PER_ROW if longest <= chars), 1)
    while -(-len(shown) // width) > ROWS:
        width += 1
    rows = [shown[start : start + width] for start in range(0, len(shown), width)]
    return _json({"inline": True, "buttons": rows})


def _button(button: Button, *, quiet: bool) -> dict[str, Any]:
    label = button.label
    if len(label) > MAX_LABEL_CHARS:
        label = label[: MAX_LABEL_CHARS - 1] + "…"
    if button.url is not None:
        return {"action": {"type": "open_link", "link": button.url, "label": label}}
    kind = "callback" if quiet else "text"
    payload = _json({"v": button.value, "l": label} if quiet else {"v": button.value})
    return {"action": {"type": kind, "label": label, "payload": payload}, "color": "secondary"}


def _quotation(message: OutgoingMessage) -> dict[str, str | int]:
    """What it answers, if that stands in the same peer."""
    peer, _, number = (message.in_reply_to or "").partition(":")
    if peer != message.thread_key or not number.isdecimal():
        return {}
    quoted = {"peer_id": int(peer), "conversation_message_ids": [int(number)], "is_reply": 1}
    return {"forward": _json(quoted)}


def _sent_id(given: Any) -> str:
    """Our id of the message that was sent. Raises what VK says of its one peer."""
    one = given[0] if isinstance(given, list) and given else None
    if not isinstance(one, dict):
        raise Unconfirmed("VK does not say what became of the message")
    if one.get("error"):
        raise refusal_in(one["error"])
    peer, number = one.get("peer_id"), one.get("conversation_message_id")
    if not isinstance(peer, int) or not isinstance(number, int) or number <= 0:
        raise Unconfirmed("VK does not say which message it is")
    return external_id(peer, number)


def _named(kind: str, saved: Any) -> str:
    """What was saved, as a message names it."""
    if not _has_name(saved):
        raise Unconfirmed("VK does not say where it saved the file")
    key = f"_{saved['access_key']}" if saved.get("access_key") else ""
    return f"{kind}{saved['owner_id']}_{saved['id']}{key}"


def _has_name(thing: Any) -> bool:
    return isinstance(thing, dict) and {"owner_id", "id"} <= thing.keys()


def _parts(id_: str) -> tuple[str, str]:
    peer, _, number = id_.partition(":")
    if not number.isdecimal():
        raise Rejected("this message has no number at VK", code="id")
    return peer, number


def _plain(value: Any) -> str | int:
    return value if isinstance(value, str | int) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

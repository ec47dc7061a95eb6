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

from channels.vk.api import Api, Values
from channels.vk.events import GROUP_PEER_FROM
from channels.vk.reading import external_id, random_id
from channels.vk.refusals import DENIED, QUOTE_REFUSED, refusal_in
from channels.vk.uploading import document, has_name, named, photo
from router.buttons import Button, in_rows
from router.channel import OutgoingFile, OutgoingMessage, Sent
from router.errors import BadCredentials, RecipientGone, Rejected, Unconfirmed

MAX_BUTTONS = 10
MAX_LABEL_CHARS = 40
# By the longest label: how many stand side by side.
PER_ROW = ((6, 5), (18, 2))
ROWS = 6
PICTURES = frozenset({"image/jpeg", "image/png"})


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
        return ",".join(named(str(kind), thing) for kind, thing in things if has_name(thing))

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
                return await photo(self._api, file, peer=peer)
            except Rejected:
                # A picture that VK cannot read is still a file.
                pass
        values: Values = {"peer_id": peer, "type": "doc"}
        place = await self._api.call("docs.getMessagesUploadServer", values)
        return await document(self._api, file, place)


def keyboard(buttons: Sequence[Button], *, quiet: bool) -> str:
    """The buttons as they stand under the message, in as few rows as reads well."""
    rows = in_rows(buttons[:MAX_BUTTONS], side_by_side=PER_ROW, most=ROWS)
    shown = [[_button(one, quiet=quiet) for one in row] for row in rows]
    return _json({"inline": True, "buttons": shown})


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


def _parts(id_: str) -> tuple[str, str]:
    peer, _, number = id_.partition(":")
    if not number.isdecimal():
        raise Rejected("this message has no number at VK", code="id")
    return peer, number


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""VK's updates read into arrivals. Pure.

- `conversation_message_id` counts the messages of one peer, so ours is "<peer>:<message>".
- A peer is a person's id, or 2000000000 and the number of a chat.
- `message_reply` is any message of our side; ours carries our token in its `payload`, and the
  `random_id` that we made of it.
- The `event_id` of a pressed button is another thing than that of the envelope.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec

from channels.vk.attached import excerpt, files_of, moment, plain, words_of
from channels.vk.comments import commented
from channels.vk.events import (
    GROUP_PEER_FROM,
    UNREADABLE,
    Comment,
    CommentGone,
    NewMessage,
    Permission,
    Press,
    ReactionEvent,
    Read,
    Said,
    Typing,
    Update,
)
from channels.vk.reactions import reacted
from router.channel import (
    Action,
    Arrival,
    CustomerAction,
    Edited,
    IncomingMessage,
    OutsideReply,
    Receipt,
    Sender,
)
from router.errors import Malformed
from router.model import DeliveryState, Visit

# https://dev.vk.com/reference/objects/client-info and the lists of languages in VK's settings.
LANGUAGES: Mapping[int, str] = {
    0: "ru", 1: "uk", 2: "be", 3: "en", 4: "es", 5: "fi", 6: "de", 7: "it", 97: "kk",
}  # fmt: skip
SHAPES: Mapping[str, Any] = {
    "message_new": NewMessage,
    "message_reply": Said,
    "message_edit": Said,
    "message_allow": Permission,
    "message_deny": Permission,
    "message_event": Press,
    "message_typing_state": Typing,
    "message_read": Read,
    "message_reaction_event": ReactionEvent,
    "wall_reply_new": Comment,
    "wall_reply_edit": Comment,
    "wall_reply_restore": Comment,
    "wall_reply_delete": CommentGone,
}
Spoken = NewMessage | Said | Comment | CommentGone
Given = Spoken | Permission | Press | Typing | Read | ReactionEvent
ON_WALL = "wall_"
START = "start"
# What a button of somebody else's making says.
PRESSED = "🔘"


def random_id(token: str) -> int:
    """The key under which VK recognises a repeat: 31 bits, and never 0, which would mean none."""
    return int.from_bytes(sha256(token.encode()).digest()[:4]) & 0x7FFF_FFFF or 1


def external_id(peer_id: int, message_id: int) -> str:
    return f"{peer_id}:{message_id}"


def arrivals(update: Update, *, comments: bool) -> tuple[Arrival, ...]:
    """What an update brings; of those about comments nothing without `comments`. Raises
    `Malformed`.
    """
    if update.type.startswith(ON_WALL) and not comments:
        return ()
    found = _arrival(update)
    return () if found is None else (found,)


def said_in(update: Update) -> Said | None:
    """The message that an update brings, if it brings one. Raises `Malformed`."""
    match given_in(update):
        case NewMessage(message=said) | (Said() as said):
            return said
        case _:
            return None


def given_in(update: Update) -> Given | None:
    """The object of an update; None if it is of a kind that we do not use. Raises `Malformed`."""
    shape = SHAPES.get(update.type)
    if shape is None:
        return None
    try:
        given: Given = msgspec.json.decode(update.object, type=shape)
    except UNREADABLE:
        raise Malformed(f"not a {update.type} of VK's") from None
    return given


def _arrival(update: Update) -> Arrival | None:
    match given_in(update):
        case NewMessage() as new:
            return _new(new, update.group_id)
        case Said() as said:
            return _reply(said) if update.type == "message_reply" else _edit(said)
        case Permission() as given:
            is_given = update.type == "message_allow"
            return _permission(given, Action.UNBLOCKED if is_given else Action.BLOCKED)
        case Press() as press:
            return _press(press)
        case Typing() as typing:
            return _typing(typing)
        case Read() as read:
            return _seen(read)
        case ReactionEvent() as event:
            return reacted(event, update.group_id)
        case Comment() | CommentGone() as comment:
            return commented(comment, update)
        case None:
            return None


# --- what was said -----------------------------------------------------------


def _new(new: NewMessage, group_id: int) -> Arrival | None:
    said = new.message
    if said.out or said.from_id == -group_id or said.action is not None:
        # Ours comes as a reply; what happens to a chat is nothing that anybody says.
        return None
    is_chat = said.peer_id >= GROUP_PEER_FROM
    sender = _sender(
        said.peer_id if is_chat else said.from_id, language=LANGUAGES.get(new.client_info.lang_id)
    )
    visit = _visit(said, group_id)
    given = _payload(said.payload)
    if given.get("command") == START and said.peer_id < GROUP_PEER_FROM:
        at = moment(said.date)
        return CustomerAction(
            sender, str(said.peer_id), Action.STARTED, visit=visit, value=said.ref or None, at=at
        )
    if isinstance(given.get("v"), str):
        return CustomerAction(
            sender,
            str(said.peer_id),
            Action.PRESSED,
            external_id=_id(said),
            value=given["v"],
            text=plain(said.text),
            at=moment(said.date),
            writer=said.writer if is_chat else "",
        )
    return IncomingMessage(
        external_id=_id(said),
        thread_key=str(said.peer_id),
        sender=sender,
        text=words_of(said),
        sent_at=moment(said.date),
        attachments=files_of(said),
        in_reply_to=_answered(said),
        quoted=excerpt(said.reply_message.text) if said.reply_message is not None else "",
        source=visit,
        writer=said.writer if is_chat else "",
    )


def _reply(said: Said) -> Arrival | None:
    if said.action is not None:
        return None
    is_chat = said.peer_id >= GROUP_PEER_FROM
    return OutsideReply(
        external_id=_id(said),
        thread_key=str(said.peer_id),
        text=words_of(said),
        attachments=files_of(said),
        sent_at=moment(said.date),
        to=None if is_chat else _sender(said.peer_id),
        token=our_token(said),
    )


def _edit(said: Said) -> Arrival | None:
    if our_token(said) is not None:
        # Our own edit, and the desk knows what it wrote.
        return None
    at = moment(said.update_time)
    return Edited(
        _id(said),
        thread_key=str(said.peer_id),
        text=words_of(said),
        quoted=excerpt(said.reply_message.text) if said.reply_message is not None else "",
        at=at,
        sent_at=moment(said.date),
        attachments=files_of(said),
    )


def our_token(said: Said) -> str | None:
    """The token of the `send` that this is the echo of, if it is one."""
    token = _payload(said.payload).get("t")
    is_ours = isinstance(token, str) and said.random_id == random_id(token)
    return token if is_ours else None


def _id(said: Said) -> str:
    if said.peer_id == 0 or said.conversation_message_id == 0:
        raise Malformed("a message of VK's without an id")
    return external_id(said.peer_id, said.conversation_message_id)


def _answered(said: Said) -> str | None:
    answered = said.reply_message
    if answered is None or answered.conversation_message_id == 0:
        return None
    return external_id(answered.peer_id or said.peer_id, answered.conversation_message_id)


def _visit(said: Said, group_id: int) -> Visit | None:
    """Where they came from: the link that they followed to write to us."""
    if not said.ref and not said.ref_source:
        return None
    query = urlencode({"ref": said.ref, "ref_source": said.ref_source})
    at = moment(said.date) or datetime.fromtimestamp(0, UTC)
    url = f"https://vk.me/club{group_id}?{query}"
    return Visit(url=url, title=said.ref, referrer=said.ref_source, at=at)


def _sender(user_id: int, *, language: str | None = None) -> Sender:
    return Sender(address=str(user_id), language=language)


def _payload(text: str | None) -> Mapping[str, Any]:
    """What a button or a message of ours carries; nothing if it is none of ours."""
    try:
        given = msgspec.json.decode(text or "null")
    except UNREADABLE:
        return {}
    return given if isinstance(given, dict) else {}


# --- what was done -----------------------------------------------------------


def _permission(given: Permission, action: Action) -> CustomerAction:
    key = str(given.user_id)
    return CustomerAction(_sender(given.user_id), key, action, value=given.key or None)


def _press(press: Press) -> Arrival:
    # The schema says text, the manual shows an object.
    text = press.payload if isinstance(press.payload, str) else None
    given = press.payload if isinstance(press.payload, dict) else _payload(text)
    value, label = str(given.get("v") or ""), str(given.get("l") or "")
    under = press.conversation_message_id
    waiting = [press.event_id, press.user_id, press.peer_id]
    is_chat = press.peer_id >= GROUP_PEER_FROM
    return CustomerAction(
        # Of a chat the whole is the customer.
        _sender(press.peer_id if is_chat else press.user_id),
        str(press.peer_id),
        Action.PRESSED,
        external_id=f"press:{press.event_id}",
        value=value,
        text=label if label or value else PRESSED,
        in_reply_to=external_id(press.peer_id, under) if under else None,
        reply_token=msgspec.json.encode(waiting).decode(),
        writer=press.writer if is_chat else "",
    )


def _typing(typing: Typing) -> Arrival | None:
    if typing.from_id <= 0:
        return None
    return CustomerAction(_sender(typing.from_id), str(typing.from_id), Action.TYPING)


def _seen(read: Read) -> Arrival | None:
    if read.from_id <= 0 or read.conversation_message_id == 0:
        return None
    return Receipt(
        DeliveryState.READ,
        thread_key=str(read.peer_id),
        external_id=external_id(read.peer_id, read.conversation_message_id),
        earlier_too=True,
    )

"""What a visitor's browser and we say to each other, as docs/widget-protocol.md draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from router.buttons import MAX_VALUE_BYTES, Button
from router.channel import Capabilities
from router.model import Author, File, FileState, State
from router.visitor import Face, Outlook, Said, Standing

MAX_FRAME_BYTES = 64 * 1024

ClientId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Seq = Annotated[int, Meta(ge=0, le=2**31 - 1)]

STATES = {
    None: "none",
    State.BOT: "waiting",
    State.WAITING: "waiting",
    State.OFFERED: "waiting",
    State.OPEN: "open",
    State.SNOOZED: "open",
    State.CLOSED: "closed",
}


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that is no frame of ours. `client_id` is that of what it would have said."""

    client_id: str | None = None


class Page(Struct):
    url: str = ""
    title: str = ""
    referrer: str = ""


class Identity(Struct):
    """Who the host site says the visitor is; until `expires_at`, in seconds, if it says so."""

    user_id: str | None = None
    signature: str | None = None
    expires_at: int | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None


class Hello(Struct, tag="hello"):
    token: str | None = None
    after_seq: Seq = 0
    page: Page = msgspec.field(default_factory=Page)
    language: str = ""
    identity: Identity | None = None
    build: str = ""


class Send(Struct, tag="send"):
    client_id: ClientId
    text: str = ""
    files: list[str] = []
    press: Annotated[str, Meta(max_length=MAX_VALUE_BYTES)] = ""


class GiveContact(Struct, tag="contact"):
    client_id: ClientId
    name: str = ""
    phone: str = ""
    email: str = ""


class Received(Struct, tag="received"):
    seq: Seq


class Read(Struct, tag="read"):
    seq: Seq


class Typing(Struct, tag="typing"):
    pass


class PageChanged(Struct, tag="page"):
    url: str
    title: str = ""


class History(Struct, tag="history"):
    before_seq: Seq


Frame = Hello | Send | GiveContact | Received | Read | Typing | PageChanged | History

FRAMES = msgspec.json.Decoder(Frame)
UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


class _Named(Struct):
    client_id: ClientId


NAMED = msgspec.json.Decoder(_Named)


def read(text: str) -> Frame | Malformed:
    """The frame in `text`."""
    try:
        frame: Frame = FRAMES.decode(text)
        return frame
    except UNREADABLE:
        return Malformed(_client_id(text))


def _client_id(text: str) -> str | None:
    try:
        return NAMED.decode(text).client_id
    except UNREADABLE:
        return None


def problem(frame: Send, capabilities: Capabilities) -> tuple[str, str] | None:
    """Why this can never be stored: the protocol's code and a sentence."""
    if not frame.text.strip() and not frame.files:
        return "empty", "neither text nor files"
    if len(frame.text) > capabilities.max_text_chars:
        return "too_long", f"at most {capabilities.max_text_chars} characters"
    if len(frame.files) > capabilities.max_files:
        return "bad_file", f"at most {capabilities.max_files} files"
    if not all(map(_is_uuid, frame.files)):
        return "bad_file", "there is no such file"
    return None


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


# --- ours --------------------------------------------------------------------


def welcome(
    *,
    token: str,
    standing: Standing,
    outlook: Outlook,
    seq: int,
    messages: Sequence[Said],
    reset: bool,
) -> bytes:
    return _frame(
        "welcome",
        token=token,
        seq=seq,
        messages=[_message(said) for said in messages],
        more=_is_more(messages),
        reset=reset,
        read_seq=standing.seen_seq,
        **_standing(standing, outlook),
    )


def message(said: Said) -> bytes:
    return _frame("message", message=_message(said))


def history(messages: Sequence[Said]) -> bytes:
    return _frame(
        "history", messages=[_message(said) for said in messages], more=_is_more(messages)
    )


def status(standing: Standing, outlook: Outlook) -> bytes:
    return _frame("status", **_standing(standing, outlook))


def typing(name: str) -> bytes:
    return _frame("typing", name=name)


def read_up_to(seq: int) -> bytes:
    return _frame("read", seq=seq)


def ack(client_id: str, *, seq: int | None, id: str, at: datetime) -> bytes:  # noqa: A002
    return _frame("ack", client_id=client_id, seq=seq, id=id, at=at)


def refused(client_id: str, code: str, reason: str) -> bytes:
    return _frame("refused", client_id=client_id, code=code, reason=reason)


def later(client_id: str | None, retry_after_s: int) -> bytes:
    return _frame("later", client_id=client_id, retry_after_s=retry_after_s)


def stored_file(file: File, url: str) -> Mapping[str, Any]:
    return {
        "id": file.id,
        "name": file.name,
        "mime": file.mime,
        "size_bytes": file.size_bytes,
        "url": url,
        "width": file.width,
        "height": file.height,
    }


def _frame(type_: str, **fields: Any) -> bytes:
    return msgspec.json.encode({"type": type_, **fields})


def _is_more(messages: Sequence[Said]) -> bool:
    return bool(messages) and messages[0].message.seq > 1


def _message(said: Said) -> Mapping[str, Any]:
    said_by, face = said.message, said.face
    mine = said_by.author is Author.CUSTOMER
    urls = said.file_urls
    shown = {
        "id": said_by.id,
        "seq": said_by.seq,
        "author": said_by.author.value,
        "name": face.name if face else None,
        "avatar_url": face.avatar_url if face else None,
        "client_id": said_by.client_id if mine else None,
        "text": "" if said_by.deleted_at else said_by.text,
        "files": [
            stored_file(file, urls[str(file.id)])
            for file in said_by.files
            if file.state is FileState.STORED and str(file.id) in urls
        ],
        "at": said_by.sent_at,
    }
    if said_by.buttons and not said_by.deleted_at:
        shown["buttons"] = [_button(one) for one in said_by.buttons]
    return shown


def _button(button: Button) -> Mapping[str, Any]:
    return {
        "label": button.label,
        "value": button.value,
        "url": button.url,
        "asks_phone": button.asks_phone,
    }


def _standing(standing: Standing, outlook: Outlook) -> Mapping[str, Any]:
    return {
        "operator": _face(standing.face),
        "state": STATES[standing.state],
        "outlook": {
            "open": outlook.open,
            "opens_at": outlook.opens_at,
            "online": outlook.online,
        },
    }


def _face(face: Face | None) -> Mapping[str, Any] | None:
    return {"name": face.name, "avatar_url": face.avatar_url} if face else None

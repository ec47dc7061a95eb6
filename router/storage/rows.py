"""Rows ↔ values, explicitly: a value never loads anything behind its reader's back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter

from router.buttons import Button
from router.changes import Change, ChangeState
from router.emoji import Reaction
from router.ids import OperatorId
from router.limits import Limits
from router.model import (
    Author,
    Contact,
    ContactKind,
    Conversation,
    Customer,
    Delivery,
    DeliveryState,
    File,
    FileState,
    Health,
    Identity,
    Inbox,
    Last,
    Line,
    Message,
    Note,
    Offer,
    OfferState,
    State,
    Thread,
    Visit,
)
from router.queueing import WHOLE, Scale, Shift
from router.ratings import Answer, Rating
from router.staff import Load, Operator, Presence, Role, Status
from router.urgency import NEVER, urgent_at

Row = sa.Row[*tuple[Any, ...]] | Mapping[str, Any]

LINE = TypeAdapter(Line)
BUTTONS = TypeAdapter(tuple[Button, ...])
CHANGE = TypeAdapter(Change)
REACTIONS = TypeAdapter(tuple[Reaction, ...])
LINE_COLUMNS = ("id", "key", "name", "language", "active", "calendar_id")


def fields(row: Row) -> Mapping[str, Any]:
    # SQLAlchemy's name is public in spite of its underscore; `_mapping` takes half as long again.
    if isinstance(row, (sa.Row, tuple)):
        return dict(zip(row._fields, row, strict=True))
    return row


# --- desk --------------------------------------------------------------------


def line_row(line: Line) -> dict[str, Any]:
    """Its columns; every setting besides them stands in `settings`."""
    settings = LINE.dump_python(line, mode="json")
    row = {name: getattr(line, name) for name in LINE_COLUMNS}
    return row | {"settings": {k: v for k, v in settings.items() if k not in LINE_COLUMNS}}


def line_of(row: Row) -> Line:
    """What was stored before a setting existed has its default."""
    f = fields(row)
    return LINE.validate_python(f["settings"] | {name: f[name] for name in LINE_COLUMNS})


def inbox_of(row: Row) -> Inbox:
    f = fields(row)
    return Inbox(
        id=f["id"],
        line_id=f["line_id"],
        kind=f["kind"],
        name=f["name"],
        account=f["account"],
        active=f["active"],
        health=Health(f["health"]),
        last_error=f["last_error"],
    )


def operator_of(row: Row) -> Operator:
    f = fields(row)
    return Operator(
        id=f["id"],
        email=f["email"],
        name=f["name"],
        role=Role(f["role"]),
        active=f["active"],
        language=f["language"],
        max_conversations=f["max_conversations"],
        avatar=f["avatar"],
        languages=tuple(f["languages"]),
        skills=tuple(f["skills"]),
        shift=Shift(f["shift"]),
        calendar_id=f["calendar_id"],
        deputy_id=f["deputy_id"],
    )


def operator_row(operator: Operator) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(operator, name) for name in Operator.__slots__}
    return row | {
        "role": operator.role.value,
        "email": operator.email.strip().lower(),
        "languages": list(operator.languages),
        "skills": list(operator.skills),
        "shift": operator.shift.value,
    }


def presence_of(row: Row) -> Presence:
    f = fields(row)
    return Presence(
        operator_id=f["operator_id"],
        status=Status(f["status"]),
        status_since=f["status_since"],
        reachable_until=f["reachable_until"],
        missed_offers=f["missed_offers"],
        clocked_in_at=f["clocked_in_at"],
        break_since=f["break_since"],
        pushed_until=f["pushed_until"],
    )


def load_of(row: Row) -> Load:
    f = fields(row)
    opened, held_out = f["open_count"], f["offered_count"]
    return Load(
        f["operator_id"],
        open_count=opened,
        offered_count=held_out,
        open_weight=opened * WHOLE + f["open_extra"],
        offered_weight=held_out * WHOLE + f["offered_extra"],
        idle_since=f["idle_since"],
        given_at=f["given_at"],
    )


def offer_of(row: Row) -> Offer:
    f = fields(row)
    return Offer(
        id=f["id"],
        conversation_id=f["conversation_id"],
        line_id=f["line_id"],
        operator_id=f["operator_id"],
        state=OfferState(f["state"]),
        made_at=f["made_at"],
        deadline=f["deadline"],
        reason=f["reason"],
        weight=f["weight"],
        return_to=f["return_to"],
    )


def rating_of(row: Row) -> Rating:
    f = fields(row)
    scale = Scale(f["scale"]) if f["scale"] is not None else None
    rest = {name: f[name] for name in Rating.__slots__ if name not in ("scale", "answers")}
    answers = tuple(Answer(**one) for one in f["answers"] or ())
    return Rating(scale=scale, answers=answers, **rest)


# --- people ------------------------------------------------------------------


def contact_of(row: Row) -> Contact:
    f = fields(row)
    return Contact(ContactKind(f["kind"]), f["value"], proven=f["proven"])


def customer_of(row: Row, contacts: Sequence[Contact] = ()) -> Customer:
    f = fields(row)
    return Customer(
        id=f["id"],
        created_at=f["created_at"],
        name=f["name"],
        language=f["language"],
        contacts=tuple(contacts),
        responsible_id=f["responsible_id"],
        merged_into=f["merged_into"],
        tier=f["tier"],
        blocked=f["blocked"],
        crm_fields=f["crm_fields"],
    )


def identity_of(row: Row) -> Identity:
    f = fields(row)
    return Identity(*map(f.__getitem__, Identity.__slots__))


# --- talk --------------------------------------------------------------------


def thread_of(row: Row) -> Thread:
    f = fields(row)
    return Thread(*map(f.__getitem__, Thread.__slots__))


# In the order of `Conversation`, the time of the last message in the place of `last`; then the rest
# of it.
CONVERSATION_COLUMNS = (
    *(name if name != "last" else "last_at" for name in Conversation.__slots__),
    "last_author",
    "last_preview",
    "last_file_count",
)
in_order = itemgetter(*CONVERSATION_COLUMNS)
STATE, LAST, PARTICIPANTS, SKILLS, ASKED = (
    Conversation.__slots__.index(name)
    for name in ("state", "last", "participants", "skills", "asked")
)
PLAIN = tuple(
    name
    for name in Conversation.__slots__
    if name not in ("state", "last", "participants", "skills", "asked")
)
plain = attrgetter(*PLAIN)


def conversation_row(conversation: Conversation) -> dict[str, Any]:
    last = conversation.last
    row: dict[str, Any] = dict(zip(PLAIN, plain(conversation), strict=True))
    row["state"] = conversation.state.value
    row["participants"] = [str(one) for one in conversation.participants]
    row["skills"] = list(conversation.skills)
    row["asked"] = [str(one) for one in conversation.asked]
    row["last_author"] = last.author.value if last else None
    row["last_preview"] = last.preview if last else None
    row["last_file_count"] = last.file_count if last else None
    row["last_at"] = last.at if last else None
    row["urgent_at"] = urgent_at(conversation) or NEVER
    return row


def conversation_of(row: Row) -> Conversation:
    return conversation_in(in_order(fields(row)))


def conversation_in(values: Sequence[Any]) -> Conversation:
    """Of the values of `CONVERSATION_COLUMNS`."""
    *own, author, preview, file_count = values
    at = own[LAST]
    own[LAST] = None if at is None else Last(Author(author), preview, file_count, at)
    own[STATE] = State(own[STATE])
    own[SKILLS] = tuple(own[SKILLS])
    for place in (PARTICIPANTS, ASKED):
        own[place] = tuple([OperatorId(UUID(one)) for one in own[place]])
    return Conversation(*own)


def message_row(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "thread_id": message.thread_id,
        "conversation_id": message.conversation_id,
        "seq": message.seq,
        "author": message.author.value,
        "operator_id": message.operator_id,
        "text": message.text,
        "html": message.html,
        "subject": message.subject,
        "client_id": message.client_id,
        "external_id": None,
        "in_reply_to": message.in_reply_to,
        "automatic": message.automatic,
        "writer": message.writer or None,
        "file_count": len(message.files),
        "sent_at": message.sent_at,
        "stored_at": message.stored_at,
        "edited_at": message.edited_at,
        "deleted_at": message.deleted_at,
        "buttons": BUTTONS.dump_python(message.buttons, mode="json") if message.buttons else None,
        "limits": asdict(message.limits) if message.limits else None,
        **change_row(message.change),
        "reactions": reactions_row(message.reactions),
    }


def change_row(change: Change | None) -> dict[str, Any]:
    """`change_due_at` is set while there is something to do."""
    if change is None:
        return {"change": None, "change_due_at": None}
    due_at = change.due_at or change.made_at
    return {
        "change": CHANGE.dump_python(change, mode="json"),
        "change_due_at": due_at if change.state is ChangeState.QUEUED else None,
    }


def reactions_row(reactions: Sequence[Reaction]) -> Any:
    return REACTIONS.dump_python(tuple(reactions), mode="json") if reactions else None


def message_of(
    row: Row, files: Sequence[File] = (), deliveries: Sequence[Delivery] = ()
) -> Message:
    f = fields(row)
    return Message(
        id=f["id"],
        thread_id=f["thread_id"],
        conversation_id=f["conversation_id"],
        seq=f["seq"],
        author=Author(f["author"]),
        text=f["text"],
        sent_at=f["sent_at"],
        stored_at=f["stored_at"],
        operator_id=f["operator_id"],
        client_id=f["client_id"],
        html=f["html"],
        subject=f["subject"],
        in_reply_to=f["in_reply_to"],
        automatic=f["automatic"],
        writer=f["writer"] or "",
        edited_at=f["edited_at"],
        deleted_at=f["deleted_at"],
        files=tuple(files),
        buttons=BUTTONS.validate_python(f["buttons"]) if f["buttons"] else (),
        change=CHANGE.validate_python(f["change"]) if f["change"] else None,
        limits=Limits(**f["limits"]) if f["limits"] else None,
        reactions=REACTIONS.validate_python(f["reactions"]) if f["reactions"] else (),
        deliveries=tuple(deliveries),
    )


def note_of(row: Row) -> Note:
    f = fields(row)
    return Note(**{name: f[name] for name in Note.__slots__})


def file_of(row: Row) -> File:
    f = fields(row)
    return File(
        id=f["id"],
        name=f["name"],
        mime=f["mime"],
        size_bytes=f["size_bytes"],
        state=FileState(f["state"]),
        blob_key=f["blob_key"],
        width=f["width"],
        height=f["height"],
        source=f["source"],
    )


def delivery_of(row: Row) -> Delivery:
    f = fields(row)
    return Delivery(
        id=f["id"],
        message_id=f["message_id"],
        thread_id=f["thread_id"],
        piece=f["piece"],
        state=DeliveryState(f["state"]),
        attempts=f["attempts"],
        next_attempt_at=f["next_attempt_at"],
        external_id=f["external_id"],
        reason=f["reason"],
        also=tuple(f["also"] or ()),
    )


def visit_of(row: Row) -> Visit:
    f = fields(row)
    return Visit(url=f["url"], title=f["title"], referrer=f["referrer"], at=f["at"])

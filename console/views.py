"""Nouns → the shapes that the console shows. Pure.

What a view needs beside its noun (who is here, what is signed) it is given.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from console.api.shapes import (
    ChangeView,
    ContactView,
    ConversationView,
    DecisionView,
    DeliveryView,
    FileView,
    LineView,
    MessageItem,
    NoteItem,
    OperatorView,
    PageVisit,
    RatingView,
    Removed,
    ThreadItem,
)
from console.api.shapes.talk import AnswerView
from router.changes import Change
from router.emoji import tallied
from router.ids import LineId, OperatorId
from router.model import (
    Contact,
    Conversation,
    Delivery,
    File,
    FileState,
    Last,
    Line,
    Message,
    Note,
    Visit,
)
from router.news import Mark
from router.ratings import Rating
from router.staff import Load, Operator, Presence, Status
from router.urgency import urgent_at

FileUrl = Callable[[File], str]
MAX_NAMED = 20
ITEM = TypeAdapter[ThreadItem](ThreadItem)


@dataclass(frozen=True, slots=True)
class Staff:
    """What is known of operators at one moment."""

    presence: Mapping[OperatorId, Presence]
    loads: Mapping[OperatorId, Load]
    line_ids: Mapping[OperatorId, Sequence[LineId]]
    now: datetime


# --- the desk ---------------------------------------------------------------------


def operator_view(operator: Operator, staff: Staff, avatar_url: str | None = None) -> OperatorView:
    presence = staff.presence.get(operator.id)
    load = staff.loads.get(operator.id) or Load(operator.id)
    until = presence.reached_until if presence else None
    return OperatorView(
        id=operator.id,
        name=operator.name,
        email=operator.email,
        role=operator.role.value,
        active=operator.active,
        language="en" if operator.language == "en" else "ru",
        avatar_url=avatar_url,
        status=(presence.status if presence else Status.OFF).value,
        status_since=presence.status_since if presence else None,
        reachable=until is not None and until > staff.now,
        max_conversations=operator.max_conversations,
        open_count=load.open_count,
        offered_count=load.offered_count,
        line_ids=list(staff.line_ids.get(operator.id, ())),
        languages=list(operator.languages),
        skills=list(operator.skills),
        shift=operator.shift.value,
        calendar_id=operator.calendar_id,
        deputy_id=operator.deputy_id,
    )


def lines_of_operators(
    queues: Mapping[LineId, Sequence[OperatorId]],
) -> dict[OperatorId, list[LineId]]:
    """In whose queues each operator stands."""
    found: dict[OperatorId, list[LineId]] = {}
    for line_id in sorted(queues):
        for operator_id in queues[line_id]:
            found.setdefault(operator_id, []).append(line_id)
    return found


def line_view(line: Line, queue: Sequence[OperatorId]) -> LineView:
    queueing, look = line.queueing, line.look
    return LineView(
        id=line.id,
        key=line.key,
        name=line.name,
        active=line.active,
        language="en" if line.language == "en" else "ru",
        strategy=queueing.strategy.value,
        auto_accept=queueing.auto_accept,
        offer_timeout_s=queueing.offer_timeout_s,
        missed_offers_until_away=queueing.missed_offers_until_away,
        reopen_window_s=line.reopen_window_s,
        lead_when=line.lead_when.value,
        allowed_sites=list(look.allowed_sites),
        colour=look.colour,
        title=look.title,
        greeting=dict(look.greeting),
        ask_contact=look.ask_contact,
        consent_url=look.consent_url,
        operator_ids=list(queue),
    )


# --- conversations ----------------------------------------------------------------


def conversation_view(one: Conversation) -> ConversationView:
    return ConversationView(**conversation_fields(one))


def conversation_fields(one: Conversation) -> dict[str, Any]:
    """The fields of a conversation's row, as plain values: a list makes its JSON of them."""
    return {
        "id": one.id,
        "version": one.version,
        "thread_id": one.thread_id,
        "line_id": one.line_id,
        "inbox_id": one.inbox_id,
        "channel": one.channel,
        "customer_id": one.customer_id,
        "title": one.title,
        "state": one.state.value,
        "owner_id": one.owner_id,
        "offered_to": one.offered_to,
        "asked_ids": list(one.asked),
        "offer_deadline": one.offer_deadline,
        "opened_at": one.opened_at,
        "waiting_since": one.waiting_since,
        "rank_at": one.rank_at,
        "unanswered_since": one.unanswered_since,
        "reply_due_at": one.reply_due_at,
        "resolve_due_at": one.resolve_due_at,
        "warned_at": one.warned_at,
        "breached_at": one.breached_at,
        "urgent_at": urgent_at(one),
        "pinned": one.pinned,
        "snoozed_until": one.snoozed_until,
        "closed_at": one.closed_at,
        "close_reason": one.close_reason,
        "merged_into": one.merged_into,
        "public": one.public,
        "last_activity_at": one.last_activity_at,
        "last_message": one.last and _last_message(one.last),
        "last_seq": one.last_seq,
        "seen_seq": one.seen_seq,
        "customer_seen_seq": one.customer_seen_seq,
        "lead_id": one.lead_id,
        "participant_ids": list(one.participants),
        **_split(one),
    }


def _split(one: Conversation) -> dict[str, Any]:
    return {"split_from": one.split_from, "first_seq": one.first_seq, "subject": one.subject}


def _last_message(last: Last) -> dict[str, Any]:
    return {
        "author": last.author.value,
        "preview": last.preview,
        "file_count": last.file_count,
        "at": last.at,
    }


def file_view(file: File, url: FileUrl) -> FileView:
    return FileView(
        id=file.id,
        name=file.name,
        mime=file.mime,
        size_bytes=file.size_bytes,
        state=file.state.value,
        url=url(file) if file.state is FileState.STORED else None,
        width=file.width,
        height=file.height,
    )


def delivery_view(delivery: Delivery) -> DeliveryView:
    return DeliveryView(id=delivery.id, state=delivery.state.value, reason=delivery.reason)


def change_view(change: Change) -> ChangeView:
    return ChangeView(
        kind=change.kind.value, state=change.state.value, text=change.text, reason=change.reason
    )


def message_item(message: Message, url: FileUrl) -> MessageItem:
    return MessageItem(**message_fields(message, url))


def message_fields(message: Message, url: FileUrl) -> dict[str, Any]:
    """A message as plain values: a frame of the feed makes its JSON of them.

    A withdrawn message keeps its place, and neither its text nor its files.
    """
    gone = message.deleted_at is not None
    return {
        "type": "message",
        "id": message.id,
        "conversation_id": message.conversation_id,
        "seq": message.seq,
        "author": message.author.value,
        "operator_id": message.operator_id,
        "writer": message.writer or None,
        "text": "" if gone else message.text,
        "files": [] if gone else [file_view(file, url).model_dump() for file in message.files],
        "at": message.sent_at,
        "edited_at": message.edited_at,
        "deleted_at": message.deleted_at,
        "in_reply_to": message.in_reply_to,
        "buttons": [
            {"label": one.label, "url": one.url, "asks_phone": one.asks_phone}
            for one in message.buttons
        ],
        "change": change_view(message.change).model_dump() if message.change else None,
        "reactions": [] if gone else [asdict(one) for one in tallied(message.reactions)],
        "deliveries": [delivery_view(one).model_dump() for one in message.deliveries],
    }


def note_item(note: Note) -> NoteItem:
    return NoteItem(**note_fields(note))


def note_fields(note: Note) -> dict[str, Any]:
    return {
        "type": "note",
        "id": note.id,
        "conversation_id": note.conversation_id,
        "after_seq": note.after_seq,
        "operator_id": note.operator_id,
        "text": note.text,
        "at": note.at,
    }


def mark_fields(mark: Mark) -> dict[str, Any]:
    return {
        "type": "mark",
        "id": mark.id,
        "conversation_id": mark.conversation_id,
        "after_seq": mark.after_seq,
        "event": mark.event,
        "operator_id": mark.operator_id,
        "to_operator_id": mark.to_operator_id,
        "to_line_id": mark.to_line_id,
        "reason": mark.reason,
        "merged_id": mark.merged_id,
        "at": mark.at,
    }


def items_fields(
    messages: Iterable[Message], notes: Iterable[Note], marks: Iterable[Mark], url: FileUrl
) -> list[dict[str, Any]]:
    """Oldest first; what stands after a message follows it, in the order in which it happened."""
    items: list[tuple[tuple[int, int, datetime], dict[str, Any]]] = [
        ((one.seq, 0, one.sent_at), message_fields(one, url)) for one in messages
    ]
    items += [((one.after_seq, 1, one.at), note_fields(one)) for one in notes]
    items += [((one.after_seq, 1, one.at), mark_fields(one)) for one in marks]
    return [item for _, item in sorted(items, key=lambda one: one[0])]


def thread_items(
    messages: Iterable[Message], notes: Iterable[Note], marks: Iterable[Mark], url: FileUrl
) -> list[ThreadItem]:
    return [ITEM.validate_python(one) for one in items_fields(messages, notes, marks, url)]


def page_visit(visit: Visit) -> PageVisit:
    return PageVisit(url=visit.url, title=visit.title, referrer=visit.referrer, at=visit.at)


def decision_view(row: Mapping[str, Any]) -> DecisionView:
    """Of a row as the distributor wrote it."""
    removed, named = row["removed"], row["named"]
    return DecisionView(
        at=row["at"],
        outcome=row["outcome"],
        operator_id=row["operator_id"],
        rule=row["rule"],
        rung=row.get("rung"),
        known_id=row.get("known_id"),
        until=row.get("until"),
        policy_version=row["policy_version"],
        removed=[Removed(reason=reason, count=count) for reason, count in sorted(removed.items())],
        named={UUID(one): reason for one, reason in list(named.items())[:MAX_NAMED]},
        look_again_at=row["look_again_at"],
    )


def rating_view(rating: Rating) -> RatingView:
    return RatingView(
        scale=rating.scale.value if rating.scale else None,
        asked_at=rating.asked_at,
        score=rating.score,
        comment=rating.comment,
        rated_at=rating.rated_at,
        supervisor_id=rating.supervisor_id,
        supervisor_score=rating.supervisor_score,
        supervisor_comment=rating.supervisor_comment,
        answers=[AnswerView(**asdict(one)) for one in rating.answers],
    )


# --- customers --------------------------------------------------------------------


def contact_view(contact: Contact) -> ContactView:
    return ContactView(kind=contact.kind.value, value=contact.value, proven=contact.proven)

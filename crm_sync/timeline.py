"""A conversation as entries of a lead's timeline, in order, cut to a CRM's posts. Pure.

The same facts give the same entries with the same keys, from wherever one starts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crm_sync.crm import EntryKind, TimelineEntry
from crm_sync.mapping import Talk, words_of
from router.ids import OperatorId
from router.model import Author, Message
from router.news import Mark
from router.storage.crm import Position, Rewording

AUTHOR_CHARS = 100
FILE_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry, and how far its conversation is logged once it is."""

    entry: TimelineEntry
    then: Position


def placed(talk: Talk, since: Position, *, max_chars: int) -> list[Placed]:
    """The entries that are not logged yet, in order; each fits into a post of `max_chars`."""
    found: list[Placed] = []
    here = since
    items: list[Message | Mark | Rewording] = [*talk.messages, *talk.marks, *talk.rewordings]
    for item in sorted(items, key=_order):
        entry = _entry(item, talk)
        parts = cut(entry, max_chars=max_chars) if entry is not None else []
        # What was begun has more parts than were logged; what has fewer stands before it.
        logged = here.parts if len(parts) > here.parts else 0
        rest = 0 if logged else here.parts
        if isinstance(item, Message):
            after = replace(here, seq=item.seq, parts=rest)
        else:
            after = replace(here, event_id=item.id, parts=rest)
        for number, part in enumerate(parts, start=1):
            here = after if number == len(parts) else replace(here, parts=number)
            if number > logged:
                found.append(Placed(part, here))
        here = after
    return found


def end(talk: Talk, since: Position) -> Position:
    """How far the conversation is logged once all of `talk` is."""
    seq = max([since.seq, *(message.seq for message in talk.messages)])
    marked = [mark.id for mark in talk.marks]
    reworded = [one.id for one in talk.rewordings]
    return Position(seq, 0, max([since.event_id, *marked, *reworded]))


def first_post(waiting: Sequence[Placed], *, max_chars: int, ends_with: str | None) -> list[Placed]:
    """The longest beginning that fits into one post, and at least one entry.

    `ends_with`: the last key of a post that may have been made; the same one is made again.
    """
    keys = [one.entry.key for one in waiting]
    if ends_with in keys:
        return list(waiting[: keys.index(ends_with) + 1])
    chars, count = 0, 0
    for one in waiting:
        # What separates entries, and the key of the last one.
        chars += len(written(one.entry)) + 2
        if count and chars + len(one.entry.key) + 2 > max_chars:
            break
        count += 1
    return list(waiting[:count])


def joined(entries: Sequence[TimelineEntry]) -> str:
    """The text of a post, for CRMs that have posts; it ends with the key to be looked for."""
    return "\n\n".join([*map(written, entries), f"[{entries[-1].key}]"])


def written(entry: TimelineEntry) -> str:
    """One entry, as people read it; times are UTC."""
    head = " ".join(part for part in (_time(entry.at), entry.author, entry.about) if part)
    files = [f"[{name}]" for name in entry.file_names]
    return "\n".join(part for part in (head, entry.text, *files) if part)


def cut(entry: TimelineEntry, *, max_chars: int) -> list[TimelineEntry]:
    """An entry as several that each fit into a post; the first one has the entry's own key."""
    bare = len(written(replace(entry, text=""))) + len(entry.key) + len("/999") + 8
    room = max(max_chars - bare, max_chars // 4)
    texts = list(_pieces(entry.text, room)) or [""]
    parts = []
    for number, text in enumerate(texts, start=1):
        parts.append(
            replace(
                entry,
                key=entry.key if number == 1 else f"{entry.key}/{number}",
                text=text,
                file_names=entry.file_names if number == len(texts) else (),
            )
        )
    return parts


def _pieces(text: str, room: int) -> Iterable[str]:
    while len(text) > room:
        at = max(text.rfind("\n", room // 2, room), text.rfind(" ", room // 2, room)) + 1
        yield text[: at or room]
        text = text[at or room :]
    if text:
        yield text


def _order(item: Message | Mark | Rewording) -> tuple[int, int, int]:
    if isinstance(item, Message):
        return (item.seq, 0, 0)
    return (item.after_seq, 1, item.id)


def _entry(item: Message | Mark | Rewording, talk: Talk) -> TimelineEntry | None:
    """None: it is not logged."""
    match item:
        case Message():
            return _message(item, talk)
        case Mark():
            return _marked(item, talk)
        case Rewording():
            return _rewording(item, talk)


def _message(message: Message, talk: Talk) -> TimelineEntry:
    is_new = message.subject and message.subject != talk.conversation.subject
    text = f"{message.subject}\n\n{message.text}" if is_new else message.text
    withdrawn = message.deleted_at is not None
    return TimelineEntry(
        key=f"message:{message.id}",
        kind=EntryKind.MESSAGE,
        author=_author(message, talk)[:AUTHOR_CHARS],
        text=words_of(talk.line)["withdrawn"] if withdrawn else text,
        at=message.sent_at,
        conversation_id=message.conversation_id,
        file_names=() if withdrawn else tuple(_short(file.name) for file in message.files),
        message_id=message.id,
        withdrawn_at=message.deleted_at,
        data=_nameless(message, talk),
    )


def _rewording(rewording: Rewording, talk: Talk) -> TimelineEntry | None:
    """An edit or a withdrawal. What an edit made of the message is told by its last one alone."""
    message = talk.reworded.get(rewording.message_id)
    if message is None:
        return None
    of_it = [one.id for one in talk.rewordings if one.message_id == message.id]
    stands = rewording.id == max(of_it) and message.deleted_at is None
    said = "withdrew_that" if rewording.withdrawn else "edited_that"
    return TimelineEntry(
        key=f"event:{rewording.id}",
        kind=EntryKind.WITHDRAWAL if rewording.withdrawn else EntryKind.EDIT,
        author=_author(message, talk)[:AUTHOR_CHARS],
        text=message.text if stands else "",
        at=rewording.at,
        conversation_id=talk.conversation.id,
        about=words_of(talk.line)[said].format(at=_time(message.sent_at)),
        message_id=message.id,
        withdrawn_at=message.deleted_at,
        data=_nameless(message, talk),
    )


def _marked(mark: Mark, talk: Talk) -> TimelineEntry | None:
    turn = _turn(mark)
    if turn is None:
        return None
    words, data = words_of(talk.line), _data(mark, talk)
    named = {name: value or words["operator"] for name, value in data.items()}
    return TimelineEntry(
        key=f"event:{mark.id}",
        kind=EntryKind.EVENT,
        author="",
        text=words[turn].format(**named),
        at=mark.at,
        conversation_id=talk.conversation.id,
        turn=turn,
        data=data,
    )


def _author(message: Message, talk: Talk) -> str:
    return _name(message, talk) or words_of(talk.line).get(message.author.value, "")


def _nameless(message: Message, talk: Talk) -> dict[str, str]:
    """Who said it, where nobody has a name."""
    return {} if _name(message, talk) else {"by": message.author.value}


def _name(message: Message, talk: Talk) -> str:
    match message.author:
        case Author.CUSTOMER:
            return message.writer or talk.customer.name
        case Author.OPERATOR:
            return _who(message.operator_id, talk)
        case Author.BOT:
            return ""
        case Author.DESK:
            return talk.line.name


def _turn(mark: Mark) -> str | None:
    """The code of a turn in a conversation; None for one that is not logged."""
    match mark.event:
        case "ConversationAssigned" if mark.reason != "transferred":
            return "assigned"
        case "ConversationIntercepted":
            return "assigned"
        case "ConversationTransferred" | "ConversationReturned" if mark.to_operator_id is not None:
            return "to_operator"
        case "ConversationTransferred" if mark.to_line_id is not None:
            return "to_line"
        case "ConversationReopened":
            return "reopened"
        case "ConversationClosed":
            return "closed_because" if mark.reason else "closed"
        case _:
            return None


def _data(mark: Mark, talk: Talk) -> dict[str, str]:
    data = {"who": _who(mark.operator_id, talk)}
    if mark.to_line_id is not None:
        data["to"] = talk.lines.get(mark.to_line_id, "?")
    elif mark.to_operator_id is not None:
        data["to"] = _who(mark.to_operator_id, talk)
    if mark.event == "ConversationClosed" and mark.reason:
        data["reason"] = mark.reason
    return data


def _who(operator_id: OperatorId | None, talk: Talk) -> str:
    return talk.operators.get(operator_id, "") if operator_id else ""


def _time(at: datetime) -> str:
    return f"{at:%d.%m.%Y %H:%M}"


def _short(name: str) -> str:
    if len(name) <= FILE_NAME_CHARS:
        return name
    return f"{name[: FILE_NAME_CHARS - 20]}…{name[-19:]}"

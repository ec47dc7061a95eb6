"""What of a thread is logged, where conversations were split from each other, and taken back. Pure.

A log says how far its conversation was logged, and that conversation may have lost its end to
another since, or got it back. So what one log holds the others leave out: everything is logged once,
to the lead of whose it was then.
"""

from collections.abc import Sequence
from dataclasses import replace

from router.model import Conversation, Message
from router.storage.crm import Log, Part, Position


def continued(talk: Conversation, log: Log, parts: Sequence[Part]) -> Log:
    """The log as it goes on: behind what others hold of the conversation's beginning, and, where it
    wants no lead of its own, with theirs. `parts` are all that were parted in its thread.
    """
    if not any(part.conversation_id == talk.id for part in parts):
        return log
    others = [part for part in parts if part.conversation_id != talk.id and part.log is not None]
    seq = max(log.position.seq, talk.first_seq - 1)
    while (further := max((one.end for one in others if one.begins <= seq + 1), default=0)) > seq:
        seq = further
    inherited = [one.log.position.parts for one in others if one.log and one.end == seq]
    begun = log.position.parts if seq == log.position.seq else 0
    there = Position(seq, begun or max(inherited, default=0), log.position.event_id)
    return replace(_led(talk, log, parts), position=there)


def _led(talk: Conversation, log: Log, parts: Sequence[Part]) -> Log:
    by_id = {part.conversation_id: part for part in parts}
    if talk.own_lead or by_id[talk.id].log is not None:
        return log
    before = by_id.get(talk.split_from) if talk.split_from else None
    while before is not None:
        if before.log is not None and before.log.lead_id is not None:
            return replace(log, lead_id=before.log.lead_id, owner_id=before.log.owner_id)
        before = by_id.get(before.split_from) if before.split_from else None
    return log


def unlogged(
    talk: Conversation, messages: Sequence[Message], parts: Sequence[Part]
) -> list[Message]:
    """Those of these that are the conversation's, and that no other's log holds."""
    others = [part for part in parts if part.conversation_id != talk.id]
    return [
        one
        for one in messages
        if one.conversation_id == talk.id
        and not any(part.begins <= one.seq <= part.end for part in others)
    ]


def own(talk: Conversation, noted: Position) -> Position:
    """Where the conversation's own log goes on: what was begun of a message may be another's now."""
    return noted if noted.seq < talk.last_seq else replace(noted, parts=0)


def noting(noted: Position, then: Position) -> Position:
    """Where the log stands then; how much of the next message was begun stays noted for whose it is."""
    return replace(then, parts=noted.parts) if then.seq == noted.seq and not then.parts else then

"""Arrivals without what no database can hold. Pure."""

import re
from dataclasses import fields, is_dataclass, replace
from operator import attrgetter
from typing import Any

from router.channel import Arrival, IncomingMessage
from router.shaping import clean

DIRT = re.compile("[\0\r\ud800-\udfff]")
SAID = attrgetter(
    *("external_id", "thread_key", "text", "html", "subject"),
    *("in_reply_to", "client_id", "writer"),
)


def cleaned(arrival: Arrival) -> Arrival:
    """An arrival without what no database can hold, however deep."""
    if isinstance(arrival, IncomingMessage) and _is_clean(arrival):
        return arrival
    without: Arrival = _cleaned(arrival)
    return without


def _is_clean(message: IncomingMessage) -> bool:
    """Told at a glance; nearly every message is. What has more parts is looked through."""
    sender, m = message.sender, message
    if m.attachments or m.source or m.quoted or sender.contacts or sender.fields:
        return False
    own = SAID(m)
    theirs = (sender.address, sender.scope, sender.name, sender.username, sender.language)
    return DIRT.search("".join(filter(None, own + theirs))) is None


def _cleaned(value: Any) -> Any:
    if type(value) is str:
        return clean(value)
    if type(value) is tuple:
        return tuple(map(_cleaned, value))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    return replace(value, **{one.name: _cleaned(getattr(value, one.name)) for one in fields(value)})

"""Inboxes → the shapes that the console shows. Pure."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from console.api.shapes import Can, DelegationView, InboxView, StandingView, Tried
from router.abilities import Introduction, Standing
from router.blobs import PICTURES, sniffed
from router.channel import Capabilities
from router.delegations import Delegation
from router.model import Inbox
from router.trials import Trial

MAX_PICTURE_BYTES = 300_000


def inbox_view(
    inbox: Inbox,
    can: Capabilities,
    *,
    last_arrival_at: datetime | None,
    hook_url: str | None,
    standing: Standing | None,
    delegations: Sequence[Delegation],
    whole: bool,
) -> InboxView:
    """`whole`: for those who may change it, its account and where its webhook comes in."""
    return InboxView(
        id=inbox.id,
        line_id=inbox.line_id,
        kind=inbox.kind,
        name=inbox.name,
        active=inbox.active,
        health=inbox.health.value,
        last_error=inbox.last_error,
        last_arrival_at=last_arrival_at,
        settings=dict(inbox.account) if whole else {},
        hook_url=hook_url if whole else None,
        can=can_view(can),
        standing=standing and StandingView(**asdict(standing)),
        delegations=[
            DelegationView(
                name=one.name, username=one.username, enabled=one.enabled, may_reply=one.may_reply
            )
            for one in delegations
        ],
    )


def can_view(can: Capabilities) -> Can:
    return Can(
        max_text_chars=can.max_text_chars,
        max_file_bytes=can.max_file_bytes,
        max_files=can.max_files,
        max_buttons=can.max_buttons,
        can_ask_phone=can.can_ask_phone,
        edits=can.edits,
        emphasis=can.emphasis,
        in_browser=can.in_browser,
        reactions=list(can.reactions),
        reply_window_s=can.reply_window,
        aside=can.aside,
        in_public=can_view(can.in_public) if can.in_public else None,
    )


def tried(trial: Trial) -> Tried:
    who = trial.introduction or Introduction("")
    return Tried(
        problem=trial.reason,
        name=who.name,
        username=who.username,
        link=who.link,
        source_key=who.source_key,
        picture=_shown(who.picture),
        warnings=list(trial.warnings),
    )


def _shown(picture: bytes | None) -> str | None:
    """As an address that holds it; a picture that nobody would wait for is left out."""
    if picture is None or len(picture) > MAX_PICTURE_BYTES:
        return None
    mime = sniffed(picture)
    return f"data:{mime};base64,{b64encode(picture).decode()}" if mime in PICTURES else None

"""Inboxes: a channel's accounts on a line. Their secrets go in and never come out."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from console.access import must_administer, must_supervise
from console.api.route import Ask, Route
from console.api.shapes import (
    InboxChange,
    InboxMade,
    InboxView,
    MessageItem,
    NewInbox,
    TestMessage,
    Tried,
    TryInbox,
)
from console.inboxes import tried
from console.staff import inboxes_now
from console.views import message_item
from router import outbound
from router.errors import Invalid, NotFound, ProviderError
from router.events import InboxChanged
from router.ids import ConversationId, InboxId, LineId, MessageId, new_id
from router.model import Inbox, Message
from router.news import DeskNews
from router.staff import Role
from router.storage import Transaction


async def inboxes(ask: Ask) -> list[InboxView]:
    whole = ask.viewer.role is Role.ADMINISTRATOR
    async with ask.storage.reading() as tx:
        return await inboxes_now(tx, ask.desk, whole=whole)


async def channels(ask: Ask) -> list[dict[str, Any]]:
    """The kinds of channels there are, and what their inboxes have to be told."""
    must_administer(ask.viewer)
    return [dict(form) for form in ask.desk.accounts.forms()]


async def attempt(ask: Ask, body: TryInbox) -> Tried:
    """Ask the provider who it is before anything is stored. Of an inbox that there is, what is not
    given is as it is stored.
    """
    must_administer(ask.viewer)
    inbox_id = InboxId(body.inbox_id or new_id())
    account, sealed, kind = None, None, body.kind
    if body.inbox_id is not None:
        async with ask.storage.reading() as tx:
            known = await _one(tx, inbox_id)
            account, kind = known.account, known.kind
            sealed = await tx.inboxes.secrets(inbox_id)
    accounts = ask.desk.accounts
    trial = await accounts.tried(inbox_id, kind, body.settings, account=account, sealed=sealed)
    return tried(trial)


async def make(ask: Ask, body: NewInbox) -> InboxMade:
    """Secrets that were left out are made, where that makes sense, and told in this answer only."""
    must_administer(ask.viewer)
    id_ = InboxId(new_id())
    account, secrets = ask.desk.accounts.settled(id_, body.kind, body.settings)
    inbox = Inbox(id_, LineId(body.line_id), body.kind, body.name.strip() or body.kind, account)

    async def step(tx: Transaction) -> InboxView:
        if await tx.lines.get(inbox.line_id) is None:
            raise Invalid("no such line", fields={"line_id": "does not exist"})
        await tx.inboxes.insert(inbox, secrets=secrets)
        await _tell(tx, ask, "inbox_added", inbox)
        return await _view(tx, ask, id_)

    view = await ask.storage.run(step)
    made = ask.desk.accounts.made(id_, secrets, given=body.settings)
    return InboxMade(**view.model_dump(), made_secrets=dict(made))


async def change(ask: Ask, inbox_id: InboxId, body: InboxChange) -> InboxView:
    """A setting that is not given stays as it is, secrets too."""
    must_administer(ask.viewer)

    async def step(tx: Transaction) -> InboxView:
        before = await _one(tx, inbox_id)
        after = before
        if body.settings is not None:
            sealed = await tx.inboxes.secrets(inbox_id, lock=True)
            account, secrets = ask.desk.accounts.settled(
                inbox_id, before.kind, body.settings, account=before.account, sealed=sealed
            )
            await tx.inboxes.set_secrets(inbox_id, secrets)
            after = replace(after, account=account)
        if body.name is not None:
            after = replace(after, name=body.name.strip() or before.name)
        if body.active is not None:
            after = replace(after, active=body.active)
        await tx.inboxes.save(after)
        await _tell(tx, ask, "inbox_changed", after, body.model_fields_set)
        return await _view(tx, ask, inbox_id)

    return await ask.storage.run(step)


async def check(ask: Ask, inbox_id: InboxId) -> InboxView:
    """Ask the provider whether the account works now; the answer stands in the view."""
    must_supervise(ask.viewer)
    async with ask.storage.reading() as tx:
        await _one(tx, inbox_id)
    with suppress(ProviderError):
        await ask.desk.accounts.check(inbox_id)
    async with ask.storage.reading() as tx:
        return await _view(tx, ask, inbox_id)


async def register(ask: Ask, inbox_id: InboxId) -> InboxView:
    """Have the provider call our hook, once more; how it stands then is in the view."""
    must_administer(ask.viewer)
    async with ask.storage.reading() as tx:
        await _one(tx, inbox_id)
    await ask.desk.accounts.register(inbox_id)
    async with ask.storage.reading() as tx:
        return await _view(tx, ask, inbox_id)


async def test(ask: Ask, inbox_id: InboxId, body: TestMessage) -> MessageItem:
    """Send a message through an inbox, to see it arrive; the same `id` again is the same message."""
    must_administer(ask.viewer)

    async def step(tx: Transaction) -> Message:
        inbox = await _one(tx, inbox_id)
        head = await tx.conversations.get(ConversationId(body.conversation_id))
        if head is None or head.inbox_id != inbox.id:
            wrong = {"conversation_id": "does not exist"}
            raise Invalid("no such conversation here", fields=wrong)
        return await outbound.reply(
            tx,
            head.id,
            message_id=MessageId(body.id),
            text=body.text,
            author=None,
            capabilities=ask.desk.accounts.capabilities(inbox.kind),
            now=ask.now(),
        )

    return message_item(await ask.storage.run(step), ask.desk.file_url)


async def _one(tx: Transaction, inbox_id: InboxId) -> Inbox:
    inbox = await tx.inboxes.get(inbox_id)
    if inbox is None:
        raise NotFound("no such inbox")
    return inbox


async def _view(tx: Transaction, ask: Ask, inbox_id: InboxId) -> InboxView:
    whole = ask.viewer.role is Role.ADMINISTRATOR
    views = await inboxes_now(tx, ask.desk, whole=whole)
    return next(view for view in views if view.id == inbox_id)


async def _tell(
    tx: Transaction, ask: Ask, act: str, inbox: Inbox, fields: set[str] | None = None
) -> None:
    tx.record.emit(InboxChanged(at=ask.now(), inbox_id=inbox.id, line_id=inbox.line_id))
    tx.record.tell(DeskNews())
    await ask.audit(tx, act, inbox.id, fields or ())


ROUTES = (
    Route("GET", "/channels", channels),
    Route("GET", "/inboxes", inboxes),
    Route("POST", "/inboxes", make, status=201),
    Route("POST", "/inboxes/try", attempt),
    Route("PATCH", "/inboxes/{inbox_id}", change),
    Route("POST", "/inboxes/{inbox_id}/check", check),
    Route("POST", "/inboxes/{inbox_id}/register", register),
    Route("POST", "/inboxes/{inbox_id}/test", test, status=202),
)

"""A conversation: with all that stands beside it, its thread, and the acts on it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import UUID

from pydantic import Field

from console.access import (
    Viewer,
    is_theirs,
    must_hold,
    must_supervise,
    person,
    seen,
    sees,
)
from console.api.route import Ask, Route
from console.api.shapes import (
    Close,
    ConversationDetail,
    ConversationView,
    DecisionView,
    Decline,
    RatingView,
    Score,
    Seen,
    Shape,
    Snooze,
    ThreadPage,
    Transfer,
)
from console.customers import customer_whole
from console.leads import standing_of
from console.views import (
    conversation_view,
    decision_view,
    page_visit,
    rating_view,
    thread_items,
)
from router import handling
from router.errors import Invalid, TooLate
from router.ids import ConversationId, LineId, OperatorId
from router.model import Conversation, State
from router.shaping import clean
from router.staff import Operator
from router.storage import Transaction

PAGE = 50
FURTHEST_SNOOZE = timedelta(days=366)
MAX_SEQ = 2**31 - 1


class ThreadQuery(Shape):
    before_seq: int | None = Field(default=None, ge=1, le=MAX_SEQ)
    limit: int = Field(default=PAGE, ge=1, le=200)


async def one(tx: Transaction, viewer: Viewer, conversation_id: ConversationId) -> Conversation:
    """Raises `NotFound` also for what they may not see."""
    return seen(viewer, await tx.conversations.get(conversation_id))


async def handled(tx: Transaction, head: Conversation) -> Conversation:
    """Who may answer in it, says the conversation in which it goes on, if it was merged."""
    return (await tx.conversations.survivor(head) or head) if head.merged_into else head


def beside(seen: Mapping[UUID, int]) -> dict[ConversationId, int]:
    """What was seen of the conversations that go on as one with it."""
    return {ConversationId(id_): seq for id_, seq in seen.items()}


# --- reading ----------------------------------------------------------------------


async def conversation(ask: Ask, conversation_id: ConversationId) -> ConversationDetail:
    async with ask.storage.reading() as tx:
        head = await one(tx, ask.viewer, conversation_id)
        lead, sync = await standing_of(tx, ask.desk, head)
        visit = await tx.visits.get(head.thread_id)
        others = await tx.conversations.of_thread(head.thread_id, limit=20)
        merged = await tx.conversations.merged_into(head.id)
        decisions = await tx.decisions.of_conversation(head.id, limit=1)
        rating = await tx.ratings.get(head.id)
        return ConversationDetail(
            conversation=conversation_view(head),
            customer=await customer_whole(tx, head.customer_id, ask.desk.file_url),
            lead=lead,
            sync=sync,
            page=page_visit(visit) if visit else None,
            earlier=[
                conversation_view(other)
                for other in others
                if other.first_seq < head.first_seq and sees(ask.viewer, other)
            ],
            merged=[conversation_view(other) for other in merged if sees(ask.viewer, other)],
            decision=decision_view(decisions[0]) if decisions else None,
            rating=rating_view(rating) if rating else None,
        )


async def thread(ask: Ask, conversation_id: ConversationId, query: ThreadQuery) -> ThreadPage:
    """The newest items before `before_seq`: notes and marks come with the message they follow."""
    async with ask.storage.reading() as tx:
        head = await one(tx, ask.viewer, conversation_id)
        messages = await tx.messages.of_thread(
            head.thread_id, before_seq=query.before_seq, limit=query.limit
        )
        older = bool(messages) and messages[0].seq > 1
        low = messages[0].seq if older else 0
        high = MAX_SEQ if query.before_seq is None else query.before_seq - 1
        notes = await tx.notes.of_thread(head.thread_id, after_seq=low, up_to_seq=high)
        cycles = await tx.conversations.of_thread(head.thread_id, limit=500)
        concerned = [cycle.id for cycle in cycles if cycle.first_seq - 1 <= high]
        marks = await tx.record.marks(concerned, after_seq=low, up_to_seq=high)
    return ThreadPage(
        items=thread_items(messages, notes, marks, ask.desk.file_url),
        before_seq=low if older else None,
    )


async def decisions(ask: Ask, conversation_id: ConversationId) -> list[DecisionView]:
    async with ask.storage.reading() as tx:
        head = await one(tx, ask.viewer, conversation_id)
        return [decision_view(row) for row in await tx.decisions.of_conversation(head.id)]


# --- acts -------------------------------------------------------------------------

Act = Callable[[Transaction, Conversation], Awaitable[Conversation]]


async def done(ask: Ask, conversation_id: ConversationId, act: Act) -> ConversationView:
    """Do something with a conversation which they may see; the same again after a lost race."""

    async def step(tx: Transaction) -> Conversation:
        return await act(tx, await one(tx, ask.viewer, conversation_id))

    return conversation_view(await ask.storage.run(step))


async def accept(ask: Ask, conversation_id: ConversationId) -> ConversationView:
    who = person(ask.viewer)
    return await done(
        ask,
        conversation_id,
        lambda tx, head: handling.accept(tx, head.id, who.id, now=ask.now()),
    )


async def decline(ask: Ask, conversation_id: ConversationId, body: Decline) -> ConversationView:
    who = person(ask.viewer)
    return await done(
        ask,
        conversation_id,
        lambda tx, head: handling.decline(tx, head.id, who.id, reason=body.reason, now=ask.now()),
    )


async def take(ask: Ask, conversation_id: ConversationId) -> ConversationView:
    who = person(ask.viewer)
    return await done(
        ask, conversation_id, lambda tx, head: handling.take(tx, head.id, who, now=ask.now())
    )


async def join(ask: Ask, conversation_id: ConversationId) -> ConversationView:
    """Taking part without being asked is for those who supervise."""
    who = person(ask.viewer)

    async def act(tx: Transaction, head: Conversation) -> Conversation:
        if not is_theirs(ask.viewer, head):
            must_supervise(ask.viewer)
        return await handling.join(tx, head.id, who.id, now=ask.now())

    return await done(ask, conversation_id, act)


async def leave(ask: Ask, conversation_id: ConversationId) -> ConversationView:
    who = person(ask.viewer)
    return await done(
        ask, conversation_id, lambda tx, head: handling.leave(tx, head.id, who.id, now=ask.now())
    )


async def whither(
    tx: Transaction, *, operator_id: UUID | None, line_id: UUID | None
) -> tuple[Operator | None, LineId | None]:
    """To whom something is to be given. Raises `Invalid` for what is not there."""
    to = await tx.operators.get(OperatorId(operator_id)) if operator_id is not None else None
    if operator_id is not None and to is None:
        raise Invalid("no such operator", fields={"operator_id": "does not exist"})
    line = await tx.lines.get(LineId(line_id)) if line_id is not None else None
    if line_id is not None and (line is None or not line.active):
        raise Invalid("no such line", fields={"line_id": "does not exist"})
    return to, line.id if line is not None else None


async def transfer(ask: Ask, conversation_id: ConversationId, body: Transfer) -> ConversationView:
    by = person(ask.viewer)

    async def act(tx: Transaction, head: Conversation) -> Conversation:
        must_hold(ask.viewer, head)
        to, to_line = await whither(tx, operator_id=body.operator_id, line_id=body.line_id)
        return await handling.transfer(
            tx,
            head.id,
            by.id,
            to_operator=to,
            to_line=to_line,
            comment=body.comment.strip(),
            now=ask.now(),
        )

    return await done(ask, conversation_id, act)


async def close(ask: Ask, conversation_id: ConversationId, body: Close) -> ConversationView:
    async def act(tx: Transaction, head: Conversation) -> Conversation:
        must_hold(ask.viewer, head)
        who = ask.viewer.operator_id
        return await handling.close(
            tx,
            head.id,
            who,
            reason=body.reason,
            seen_seq=body.seen_seq,
            seen_beside=beside(body.seen_beside),
            now=ask.now(),
        )

    return await done(ask, conversation_id, act)


async def reopen(ask: Ask, conversation_id: ConversationId) -> ConversationView:
    who = person(ask.viewer)
    return await done(
        ask, conversation_id, lambda tx, head: handling.reopen(tx, head.id, who.id, now=ask.now())
    )


async def snooze(ask: Ask, conversation_id: ConversationId, body: Snooze) -> ConversationView:
    who = person(ask.viewer)
    if body.until is not None and body.until > ask.now() + FURTHEST_SNOOZE:
        raise Invalid("that is too far away", fields={"until": "is more than a year away"})

    async def act(tx: Transaction, head: Conversation) -> Conversation:
        must_hold(ask.viewer, head)
        return await handling.snooze(
            tx,
            head.id,
            who.id,
            until=body.until,
            seen_seq=body.seen_seq,
            seen_beside=beside(body.seen_beside),
            now=ask.now(),
        )

    return await done(ask, conversation_id, act)


async def score(ask: Ask, conversation_id: ConversationId, body: Score) -> RatingView:
    """A supervisor says how a closed conversation was; the customer does not hear of it."""
    must_supervise(ask.viewer)
    who = person(ask.viewer)

    async def step(tx: Transaction) -> RatingView:
        head = await one(tx, ask.viewer, conversation_id)
        if head.state is not State.CLOSED:
            raise TooLate("it is open")
        await tx.ratings.judge(
            head.id, by=who.id, score=body.score, comment=clean(body.comment).strip()
        )
        await ask.audit(tx, "conversation_scored", head.id)
        rating = await tx.ratings.get(head.id)
        assert rating is not None
        return rating_view(rating)

    return await ask.storage.run(step)


async def see(ask: Ask, conversation_id: ConversationId, body: Seen) -> None:
    who = person(ask.viewer)

    async def step(tx: Transaction) -> None:
        head = await one(tx, ask.viewer, conversation_id)
        await handling.see(tx, head.id, who.id, seq=body.seq, now=ask.now())

    await ask.storage.run(step)


async def typing(ask: Ask, conversation_id: ConversationId) -> None:
    who = person(ask.viewer)
    async with ask.storage.reading() as tx:
        head = await one(tx, ask.viewer, conversation_id)
    ask.desk.show_typing(head, who)


async def wake(ask: Ask, conversation_id: ConversationId) -> ConversationView:
    who = person(ask.viewer)

    async def act(tx: Transaction, head: Conversation) -> Conversation:
        must_hold(ask.viewer, head)
        return await handling.wake(tx, head.id, who.id, now=ask.now())

    return await done(ask, conversation_id, act)


ONE = "/conversations/{conversation_id}"

ROUTES = (
    Route("GET", ONE, conversation),
    Route("GET", f"{ONE}/thread", thread),
    Route("GET", f"{ONE}/decisions", decisions),
    Route("PUT", f"{ONE}/seen", see),
    Route("POST", f"{ONE}/accept", accept),
    Route("POST", f"{ONE}/decline", decline),
    Route("POST", f"{ONE}/take", take),
    Route("POST", f"{ONE}/join", join),
    Route("POST", f"{ONE}/leave", leave),
    Route("POST", f"{ONE}/transfer", transfer),
    Route("POST", f"{ONE}/close", close),
    Route("POST", f"{ONE}/reopen", reopen),
    Route("POST", f"{ONE}/snooze", snooze),
    Route("POST", f"{ONE}/wake", wake),
    Route("PUT", f"{ONE}/score", score),
    Route("POST", f"{ONE}/typing", typing),
)

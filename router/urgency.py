"""When a conversation becomes late: by that the most urgent come first. Pure."""

from datetime import UTC, datetime, timedelta

from router.model import Conversation, State

# Without a promise, somebody who waits so long waits too long: `lateAfter_s` of the console's.
LATE_AFTER = timedelta(minutes=10)
# A list by urgency needs a time of everybody: who never becomes late has this one.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def urgent_at(one: Conversation) -> datetime | None:
    """When it becomes late: when the first promise that runs is due; without one, ten minutes after
    the customer began to wait, and earlier by its head start. None: nobody waits.
    """
    if one.state is State.CLOSED:
        return None
    promised = [at for at in (one.reply_due_at, one.resolve_due_at) if at is not None]
    if promised:
        return min(promised)
    since = one.unanswered_since or one.waiting_since
    if since is None or one.state is State.SNOOZED:
        return None
    return since + LATE_AFTER - timedelta(seconds=one.head_start_s)

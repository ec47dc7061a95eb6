"""One open tab: what it may see, and the frames that wait for it."""

import asyncio
from collections import deque

from console.access import Viewer, is_theirs, sees_line
from router.ids import ConversationId, LineId, ThreadId
from router.model import Conversation
from router.storage.access import Session

# More than the largest batch that one commit stores: its news come all at once.
MOST_WAITING = 2_000
MOST_WAITING_BYTES = 8_388_608
MOST_THREADS = 500
MOST_TOGETHER_BYTES = 65_536
SIGNED_OUT = 4401


class Socket:
    """Frames wait in order, up to `MOST_WAITING`, `MOST_WAITING_BYTES`; whoever reads more slowly
    begins again.
    """

    def __init__(self, viewer: Viewer, session: Session) -> None:
        self.viewer = viewer
        self.session = session
        self.counts_due = False
        # Conversations that they see though not their lines: their own, and where they take part.
        self._guest: dict[ConversationId, ThreadId] = {}
        self._received: dict[ThreadId, int] = {}
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._stirred = asyncio.Event()
        self._starts_again = True
        self.close_code: int | None = None
        self.lost = False

    # --- what they see ----------------------------------------------------------

    def shown(self, conversation: Conversation) -> None:
        """It stands on their screen."""
        if is_theirs(self.viewer, conversation) and not sees_line(
            self.viewer, conversation.line_id
        ):
            self._guest[conversation.id] = conversation.thread_id
        else:
            self._guest.pop(conversation.id, None)

    def hidden(self, conversation_id: ConversationId) -> None:
        self._guest.pop(conversation_id, None)

    def follows(self, thread_id: ThreadId, line_id: LineId) -> bool:
        return sees_line(self.viewer, line_id) or thread_id in self._guest.values()

    def lines_of(self, thread_id: ThreadId) -> frozenset[LineId] | None:
        """On which lines they see the thread; None: on any."""
        return None if thread_id in self._guest.values() else self.viewer.line_ids

    # --- what they hold -----------------------------------------------------------

    def received(self, thread_id: ThreadId, seq: int) -> None:
        """Their client holds a thread up to there."""
        if thread_id in self._received or len(self._received) < MOST_THREADS:
            self._received[thread_id] = max(seq, self._received.get(thread_id, 0))

    def take_received(self) -> list[tuple[ThreadId, int]]:
        taken, self._received = self._received, {}
        return list(taken.items())

    # --- frames -----------------------------------------------------------------

    def put(self, frame: bytes) -> None:
        """Never waits."""
        if self._starts_again:
            return
        if len(self._waiting) >= MOST_WAITING or self._waiting_bytes >= MOST_WAITING_BYTES:
            self.lose()
            return
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)
        self._stirred.set()

    def lose(self) -> None:
        """What they know is not to be trusted: after `start_again` comes a snapshot."""
        self.lost = True
        self.start_again()

    def start_again(self) -> None:
        """Send a snapshot in the place of what waits."""
        self._starts_again = True
        self._waiting.clear()
        self._waiting_bytes = 0
        self._stirred.set()

    def close(self, code: int) -> None:
        """Nobody is signed in here any more, or the desk stops."""
        self.close_code = code
        self._stirred.set()

    @property
    def is_closed(self) -> bool:
        return self.close_code is not None

    def begin(self) -> bool:
        """Whether a snapshot is due. If so, what happens from now on waits until after it."""
        due, self._starts_again = self._starts_again, False
        return due

    async def next(self) -> bytes | None:
        """What waits: a frame, or a list of several; None once a snapshot is due, or the socket is
        closed.
        """
        while not self.is_closed and not self._starts_again:
            if self._waiting:
                return self._together()
            self._stirred.clear()
            await self._stirred.wait()
        return None

    def _together(self) -> bytes:
        taken = [self._waiting.popleft()]
        size_bytes = len(taken[0])
        while self._waiting and size_bytes < MOST_TOGETHER_BYTES:
            taken.append(self._waiting.popleft())
            size_bytes += len(taken[-1])
        self._waiting_bytes -= size_bytes
        return taken[0] if len(taken) == 1 else b"[" + b",".join(taken) + b"]"

"""Up to where operators' clients hold each thread: the ledger's last column.

A word waits here until it is stored: it outlives its socket, and a database that is away.
"""

from collections.abc import Mapping, Sequence

from console.socket import Socket
from router.ids import LineId, ThreadId
from router.storage import Storage, Transaction

# What is said while the database is away; of what is beyond that, the next snapshot reminds.
MOST = 50_000
AT_ONCE = 1_000

# A thread, and the lines on which whoever spoke sees it; None: on any.
Told = tuple[ThreadId, frozenset[LineId] | None]


class Received:
    """What was said and is not yet stored."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._words: dict[Told, int] = {}

    def take(self, socket: Socket) -> None:
        """What the socket's client has said since."""
        for thread_id, seq in socket.take_received():
            told = (thread_id, socket.lines_of(thread_id))
            if told in self._words or len(self._words) < MOST:
                self._words[told] = max(seq, self._words.get(told, 0))

    async def keep(self) -> None:
        """Store it; what could not be stored stays. Raises `Busy`, `Conflict`, `TimeoutError`."""
        told = sorted(self._words, key=lambda one: one[0])
        for start in range(0, len(told), AT_ONCE):
            words = {one: self._words[one] for one in told[start : start + AT_ONCE]}
            await self._store(words)
            for one, seq in words.items():
                if self._words[one] == seq:
                    del self._words[one]

    async def _store(self, words: Mapping[Told, int]) -> None:
        async with self._storage.reading() as tx:
            news = await _news(tx, words)
        if news:
            await self._storage.run(lambda tx: tx.threads.got(news))


async def _news(tx: Transaction, words: Mapping[Told, int]) -> Mapping[ThreadId, int]:
    """What is not known yet, of what was said by those who see the thread."""
    named: Sequence[ThreadId] = sorted({thread_id for thread_id, _ in words})
    threads = await tx.threads.many(named)
    lines = await tx.conversations.lines_of(named)
    news: dict[ThreadId, int] = {}
    for (thread_id, line_ids), said in words.items():
        thread = threads.get(thread_id)
        if thread is None:
            continue
        if line_ids is not None and lines.get(thread_id, thread.line_id) not in line_ids:
            continue
        seq = min(said, thread.last_seq)
        if seq > max(thread.operator_got_seq, news.get(thread_id, 0)):
            news[thread_id] = seq
    return news

"""Keeping the index of words: what was written is found a moment later."""

from router.storage import Storage

# What waits for one commit of ours is a customer's message: a moment of work at a time.
AT_ONCE = 200
# A flood is indexed behind it, with a share of the processor that nobody misses.
MOST_STEPS = 5


async def index(storage: Storage, *, steps: int = MOST_STEPS) -> bool:
    """Index what waits, `AT_ONCE` in each of so many steps; gives whether more may wait."""
    async with storage.reading() as tx:
        if not await tx.index.waits():
            return False
    for _ in range(steps):
        if not await storage.run(lambda tx: tx.index.step(limit=AT_ONCE)):
            return False
    return True


async def index_all(storage: Storage) -> None:
    """Index all that waits."""
    while await index(storage):
        pass

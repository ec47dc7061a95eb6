"""Fresh databases with the desk's schema, on either engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from router.storage import Storage
from router.storage.migrate import migrate


@asynccontextmanager
async def migrated(url: str) -> AsyncIterator[Storage]:
    """A database at `url` with the newest schema, where nobody listens."""
    await migrate(url)
    storage = Storage.open(url, on_commit=lambda _: None, reactions=lambda _: ())
    try:
        yield storage
    finally:
        await storage.close()

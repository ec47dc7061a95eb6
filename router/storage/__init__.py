"""The one seam to the database: `async with storage.transaction() as tx:`.

Leaving the block commits; an exception rolls back. `tx.messages`, `tx.conversations` … take and
give the nouns of `router.model`; rows never leave this folder.
"""

from router.storage.engine import Conflict, Refused
from router.storage.lanes import Lane, LostLease, Stuck
from router.storage.statements import Page
from router.storage.transaction import Storage, Transaction

__all__ = ["Conflict", "Lane", "LostLease", "Page", "Refused", "Storage", "Stuck", "Transaction"]

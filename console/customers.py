"""A customer as the console shows one: the card, where they write from, who else they may be."""

from console.access import Viewer, sees
from console.api.shapes import CustomerView
from console.views import customer_view
from router.errors import NotFound
from router.ids import CustomerId
from router.model import Conversation
from router.storage import Transaction

MAX_ASKED_CONTACTS = 10


async def customer_whole(tx: Transaction, customer_id: CustomerId) -> CustomerView:
    """Raises `NotFound`."""
    customer = await tx.customers.get(customer_id)
    if customer is None:
        raise NotFound("no such customer")
    identities = await tx.identities.of_customer(customer_id)
    may_be: dict[CustomerId, None] = {}
    for contact in customer.contacts[:MAX_ASKED_CONTACTS]:
        for other, _ in await tx.customers.with_contact(contact):
            may_be[other] = None
    may_be.pop(customer_id, None)
    return customer_view(customer, identities, may_be)


async def conversations_of(tx: Transaction, customer_id: CustomerId) -> list[Conversation]:
    """Their latest conversations: who may see one of them, may see the customer."""
    return await tx.conversations.of_customer(customer_id, limit=50)


def sees_customer(viewer: Viewer, conversations: list[Conversation]) -> bool:
    """Administrators also see a customer who has not written yet."""
    return viewer.line_ids is None or any(sees(viewer, one) for one in conversations)

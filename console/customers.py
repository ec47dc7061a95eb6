"""A customer as the console shows one: the card, where they write from, who else they may be."""

from console.access import Viewer, sees
from console.api.shapes import CustomerView
from console.views import customer_view
from router.errors import NotFound
from router.ids import CustomerId
from router.model import Conversation, Customer
from router.storage import Transaction

MAX_ASKED_CONTACTS = 10


async def customer_whole(tx: Transaction, customer_id: CustomerId) -> CustomerView:
    """Raises `NotFound`."""
    customer = await tx.customers.get(customer_id)
    if customer is None:
        raise NotFound("no such customer")
    identities = await tx.identities.of_customer(customer_id)
    return customer_view(customer, identities, await may_be(tx, customer))


async def may_be(tx: Transaction, customer: Customer) -> list[CustomerId]:
    """Who has the same contacts."""
    found: dict[CustomerId, None] = {}
    for contact in customer.contacts[:MAX_ASKED_CONTACTS]:
        for other, _ in await tx.customers.with_contact(contact):
            found[other] = None
    found.pop(customer.id, None)
    return list(found)


async def conversations_of(tx: Transaction, customer_id: CustomerId) -> list[Conversation]:
    """Their latest conversations: who may see one of them, may see the customer."""
    return await tx.conversations.of_customer(customer_id, limit=50)


def sees_customer(viewer: Viewer, conversations: list[Conversation]) -> bool:
    """Administrators also see a customer who has not written yet."""
    return viewer.line_ids is None or any(sees(viewer, one) for one in conversations)

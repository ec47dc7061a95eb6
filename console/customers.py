"""A customer as the console shows one: the card, where they write from, who else they may be."""

from collections.abc import Iterable, Mapping, Sequence

from console.access import Viewer, sees
from console.api.shapes import CustomerView, IdentityView
from console.views import FileUrl, contact_view
from router.errors import NotFound
from router.ids import CustomerId, IdentityId
from router.model import Conversation, Customer, Identity
from router.storage import Transaction

MAX_ASKED_CONTACTS = 10


async def customer_whole(
    tx: Transaction, customer_id: CustomerId, file_url: FileUrl
) -> CustomerView:
    """Raises `NotFound`."""
    customer = await tx.customers.get(customer_id)
    if customer is None:
        raise NotFound("no such customer")
    identities = await tx.identities.of_customer(customer_id)
    pictures = await _pictures(tx, identities, file_url)
    return customer_view(customer, identities, await may_be(tx, customer), pictures)


def customer_view(
    customer: Customer,
    identities: Iterable[Identity],
    may_be: Iterable[CustomerId],
    pictures: Mapping[IdentityId, str],
) -> CustomerView:
    return CustomerView(
        id=customer.id,
        name=customer.name,
        language=customer.language,
        contacts=[contact_view(one) for one in customer.contacts],
        identities=[
            IdentityView(
                **{name: getattr(one, name) for name in ("id", "address", "name", "active")},
                channel=one.kind,
                picture_url=pictures.get(one.id),
            )
            for one in identities
        ],
        created_at=customer.created_at,
        blocked=customer.blocked,
        tier=customer.tier,
        fields=dict(customer.crm_fields or {}),
        may_be=list(may_be),
    )


async def _pictures(
    tx: Transaction, identities: Sequence[Identity], file_url: FileUrl
) -> dict[IdentityId, str]:
    """Where browsers fetch how they show themselves."""
    held = await tx.profiles.pictures([one.id for one in identities])
    files = {id_: await tx.files.get(file_id) for id_, file_id in held.items()}
    return {id_: file_url(file) for id_, file in files.items() if file is not None}


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

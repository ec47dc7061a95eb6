"""The fields of customers' cards: everybody reads them, administrators name them."""

from console.access import must_administer
from console.api.route import Ask, Route
from console.api.shapes.cards import CardFields, CardFieldView
from router.cards import CardField, FieldKind, mistakes
from router.errors import Invalid
from router.news import DeskNews
from router.storage import Transaction


async def fields(ask: Ask) -> CardFields:
    async with ask.storage.reading() as tx:
        return _view(await tx.cards.fields())


async def change(ask: Ask, body: CardFields) -> CardFields:
    """These and no others from now on; what customers have of a field that went stays with them."""
    must_administer(ask.viewer)
    given = [_read(one) for one in body.fields]
    if found := mistakes(given):
        raise Invalid("the fields are not right", fields=found)

    async def step(tx: Transaction) -> CardFields:
        await tx.cards.set_fields(given)
        tx.record.tell(DeskNews())
        await ask.audit(tx, "card_fields_changed", None, [one.key for one in given])
        return _view(given)

    return await ask.storage.run(step)


def _read(one: CardFieldView) -> CardField:
    choices = tuple(dict.fromkeys(choice.strip() for choice in one.choices if choice.strip()))
    names: dict[str, str] = {word: name.strip() for word, name in one.names.items() if name.strip()}
    kind = FieldKind(one.kind)
    return CardField(one.key, kind, names, choices if kind is FieldKind.CHOICE else ())


def _view(fields: list[CardField]) -> CardFields:
    return CardFields(
        fields=[
            CardFieldView.model_validate(
                {
                    "key": one.key,
                    "kind": one.kind.value,
                    "names": dict(one.names),
                    "choices": list(one.choices),
                }
            )
            for one in fields
        ]
    )


ROUTES = (
    Route("GET", "/card-fields", fields),
    Route("PUT", "/card-fields", change),
)

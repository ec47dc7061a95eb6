"""What is wrong with a field, in sentences of ours: `router.wrong`."""

from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, ValidationError

from router.wrong import wrong


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=5)] = "Anna"
    secret: Annotated[str, Field(min_length=8)] = "a long one"
    load: Annotated[int, Field(ge=1, le=9)] = 5
    ids: Annotated[list[UUID], Field(max_length=2)] = []
    until: AwareDatetime | None = None
    role: Literal["operator"] = "operator"
    active: bool = True
    page: HttpUrl | None = None
    key: Annotated[str, Field(pattern="^[a-z]+$")] = "shop"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, {"name": "is empty"}),
        ({"name": "Annabel"}, {"name": "is longer than 5 characters"}),
        ({"secret": "short"}, {"secret": "is shorter than 8 characters"}),
        ({"load": 0}, {"load": "is less than 1"}),
        ({"load": "many"}, {"load": "is no number"}),
        ({"ids": ["x"]}, {"ids.0": "is no id"}),
        ({"ids": [UUID(int=0)] * 3}, {"ids": "has more than 2 entries"}),
        ({"until": "2026-08-01T12:00:00"}, {"until": "is no time"}),
        ({"role": "king"}, {"role": "is none of the choices"}),
        ({"active": "perhaps"}, {"active": "is neither yes nor no"}),
        ({"page": "shop"}, {"page": "is no address of a page"}),
        ({"key": "Shop"}, {"key": "is not right"}),
        ({"colour": "red"}, {"colour": "is not known"}),
    ],
)
def test_each_mistake_has_its_sentence(given: dict[str, object], said: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(given)
    assert wrong(caught.value) == said

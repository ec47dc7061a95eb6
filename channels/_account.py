"""An inbox's settings as an administrator fills them in, and the channel that they make.

To an administrator an inbox has one form; to the desk an account, stored as it is, and secrets,
stored sealed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from channels import load
from router.channel import Capabilities, Channel, Secrets
from router.errors import Invalid
from router.http import Http
from router.model import Inbox
from router.wrong import wrong


@dataclass(frozen=True, slots=True)
class Settings:
    """What an administrator filled in, checked and complete."""

    account: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)


def settle(kind: str, given: Mapping[str, Any]) -> Settings:
    """The settings of an inbox of that kind; secrets that were left out are made, where that
    makes sense. Make the settings of a change from the old ones and what was given.

    Raises:
        NotFound: there is no such kind.
        Invalid: names each field that is missing, wrong or unknown.
    """
    channel = load(kind)
    known = channel.account_type.model_fields.keys() | channel.secrets_type.model_fields.keys()
    problems = {name: "is not known" for name in given if name not in known}
    account = _checked(channel.account_type, given, problems)
    secrets = _checked(channel.secrets_type, given, problems)
    if problems or account is None or secrets is None:
        raise Invalid("these settings cannot be used", fields=problems)
    values = {name: getattr(secrets, name) for name in type(secrets).model_fields}
    return Settings(
        account=account.model_dump(mode="json"),
        secrets={
            name: value.get_secret_value()
            for name, value in values.items()
            if isinstance(value, SecretStr)
        },
    )


def form(kind: str) -> dict[str, Any]:
    """What an administrator may fill in: two JSON schemas with titles in English and (`title_ru`)
    Russian, `advanced` where most people leave it alone; what the channel can do; and whether its
    provider says whose an account is (`router.abilities.Introduced`).
    """
    channel = load(kind)
    return {
        "kind": kind,
        "account": channel.account_type.model_json_schema(),
        "secrets": channel.secrets_type.model_json_schema(),
        "capabilities": _shown(channel.capabilities),
        "introduces": hasattr(channel, "introduce"),
    }


def _shown(can: Capabilities) -> dict[str, Any]:
    in_public = _shown(can.in_public) if can.in_public else None
    return asdict(can) | {"receipts": sorted(can.receipts), "in_public": in_public}


def open_channel(inbox: Inbox, http: Http, secrets: Secrets) -> Channel:
    """The channel of an inbox."""
    channel = load(inbox.kind)
    return channel(channel.account_type.model_validate(dict(inbox.account)), http, secrets)


def _checked(
    model: type[BaseModel], given: Mapping[str, Any], problems: dict[str, str]
) -> BaseModel | None:
    mine = {name: value for name, value in given.items() if name in model.model_fields}
    try:
        return model.model_validate(mine)
    except ValidationError as error:
        problems.update(wrong(error))
        return None

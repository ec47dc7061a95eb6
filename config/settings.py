"""What a person may set from outside: environment variables that begin with ROUTER_.

A leaf: only `router.app` reads it, and hands every other object its own settings.
"""

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "ROUTER_"


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least important line that is still written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseSettings):
    """Everything that can be set; `Settings()` reads the environment.

    Raises:
        pydantic.ValidationError: a variable is set to something that cannot be used; it
            names the variable's field.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="The address to listen on; `0.0.0.0` for all of them.",
    )
    port: int = Field(default=8080, ge=0, le=65535, description="The port to listen on.")
    data_dir: Path = Field(
        default=Path("var"),
        description="The folder of the SQLite database, attached files and the made secret key.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description=(
            "The database: `postgresql://user:password@host:5432/name` or `sqlite:///path`."
            " Without it, SQLite in the data folder."
        ),
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis, needed as soon as there is more than one process: `redis://host:6379/0`.",
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+(/[^\s]*)?$",
        description=(
            "Where the world reaches this desk, for webhooks, the widget and links in mail."
            " Without it, the host and port above."
        ),
    )
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description=(
            "Encrypts provider secrets and signs visitors' tokens; at least 32 characters."
            " `all` makes one at its first start; every other process needs it set."
        ),
    )
    old_secret_keys: Annotated[tuple[Annotated[SecretStr, Field(min_length=32)], ...], NoDecode] = (
        Field(
            default=(),
            description=(
                "Former secret keys, separated by commas: what was sealed and signed with them is"
                " still good. `migrate`, and `all` at its start, seal it anew with the secret key."
            ),
        )
    )
    private_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description=(
            "Private hosts that outbound calls may reach, separated by commas:"
            " names, addresses or networks."
        ),
    )
    proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(),
        description=(
            "The proxies in front of the desk, separated by commas: addresses or networks whose"
            " `X-Forwarded-For`, `Forwarded` and `X-Forwarded-Proto` are believed."
        ),
    )
    log_format: LogFormat = Field(
        default=LogFormat.TEXT, description="`text` for people, `json` for machines."
    )
    log_level: LogLevel = Field(
        default=LogLevel.INFO,
        description="The least important line to write: `debug`, `info`, `warning` or `error`.",
    )

    @field_validator("private_hosts", "old_secret_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(one.strip() for one in value.split(",") if one.strip())

    @field_validator("proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(
            ip_network(one.strip(), strict=False) for one in value.split(",") if one.strip()
        )

    @property
    def database(self) -> str:
        """The database's URL, the default spelled out."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'liniya.sqlite3'}"

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The secret key, which there is, and then the former ones."""
        assert self.secret_key is not None
        return tuple(one.get_secret_value() for one in (self.secret_key, *self.old_secret_keys))

    @property
    def address(self) -> str:
        """Where the world reaches this desk, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def settings_page() -> str:
    """The text of docs/settings.md."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_shown(field.get_default())} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "Liniya reads its settings from environment variables. An empty variable counts as",
            "absent. This page is made by `make docs` from `config/settings.py`.",
            "",
            "| Variable | Default | Meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _shown(default: object) -> str:
    match default:
        case None | ():
            return "none"
        case _:
            return f"`{default}`"

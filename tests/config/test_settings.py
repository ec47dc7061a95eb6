"""What may be set from outside: `config.settings`."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from config.settings import Settings


def test_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_PROXIES", " 10.0.0.7/8, ::1 ,192.0.2.1,")
    assert Settings().proxies == (
        ip_network("10.0.0.0/8"),
        ip_network("::1"),
        ip_network("192.0.2.1"),
    )


def test_former_keys_stand_behind_the_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    new, old, older = "new-" * 8, "old-" * 8, "older-" * 8
    monkeypatch.setenv("ROUTER_SECRET_KEY", new)
    monkeypatch.setenv("ROUTER_OLD_SECRET_KEYS", f"{old}, {older}")
    assert Settings().secret_keys == (new, old, older)
    assert "old-" not in repr(Settings())


def test_a_former_key_is_as_long_as_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_OLD_SECRET_KEYS", "too-short")
    with pytest.raises(ValidationError, match="old_secret_keys") as told:
        Settings()
    assert "too-short" not in str(told.value)


def test_nobody_is_believed_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROUTER_PROXIES", raising=False)
    assert Settings().proxies == ()


def test_a_name_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_PROXIES", "10.0.0.1,proxy.example")
    with pytest.raises(ValidationError, match=r"proxies[\s\S]*proxy.example"):
        Settings()

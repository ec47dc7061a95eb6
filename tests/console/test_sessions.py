"""Signing in and out, one-time passwords, the throttle, tokens of scripts."""

import asyncio
from datetime import timedelta
from ipaddress import ip_network

import pytest
from aiohttp import ClientResponse

from console.sessions import (
    MAX_FAILURES_OF_ADDRESS,
    MAX_FAILURES_OF_EMAIL,
    add_operator,
    make_administrator,
)
from router.staff import Role
from tests.console.office import PASSWORD, Office, close_office, open_office
from tests.desk import Desk


async def test_operator_signs_in_and_is_known_by_the_cookie(office: Office) -> None:
    anna = await office.works("Anna")
    answer = await anna.ask("GET", "/session")
    assert (await answer.json())["me"]["name"] == "Anna"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


async def test_wrong_password_and_unknown_person_look_the_same(office: Office) -> None:
    await office.works("Anna")
    seat = await office.seat()
    answers = []
    for email, password in [("anna@example.com", "wrong"), ("nobody@example.com", PASSWORD)]:
        answer = await seat.ask("POST", "/session", {"email": email, "password": password})
        answers.append((answer.status, await answer.json()))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


async def test_without_a_session_nothing_is_told(office: Office) -> None:
    stranger = await office.seat()
    for path in ("/session", "/conversations", "/operators", "/feed", "/lines"):
        assert await stranger.refused("GET", path, status=401) == "not_signed_in"


async def test_a_change_needs_the_csrf_token(office: Office) -> None:
    anna = await office.works("Anna")
    answer = await anna.ask("PUT", "/session/status", {"status": "away"}, csrf=False)
    assert answer.status == 403
    assert (await anna.does("PUT", "/session/status", {"status": "away"}))["status"] == "away"


async def test_signing_out_ends_the_session(office: Office) -> None:
    anna = await office.works("Anna")
    await anna.does("DELETE", "/session", status=204)
    assert await anna.refused("GET", "/session", status=401) == "not_signed_in"


async def test_who_signs_in_is_available_and_who_signs_out_is_off(office: Office) -> None:
    boss = await office.works("Boss", role=Role.ADMINISTRATOR)
    anna = await office.works("Anna")

    async def status() -> str:
        (found,) = [one for one in await boss.gets("/operators") if one["name"] == "Anna"]
        return str(found["status"])

    await anna.does("DELETE", "/session", status=204)
    assert await status() == "off"
    await anna.sign_in("anna@example.com")
    assert await status() == "available"


async def test_a_break_goes_on_when_one_signs_in_elsewhere(office: Office) -> None:
    anna = await office.works("Anna")
    await anna.does("PUT", "/session/status", {"status": "away"})
    elsewhere = await office.seat()
    await elsewhere.sign_in("anna@example.com")
    assert (await elsewhere.gets("/session"))["me"]["status"] == "away"


async def test_a_new_operator_goes_on_in_the_language_of_their_browser(office: Office) -> None:
    boss = await office.works("Boss", role=Role.ADMINISTRATOR)
    new = {"email": "vera@example.com", "name": "Vera"}
    made = await boss.does("POST", "/operators", new, status=201)
    vera = await office.seat()
    await vera.sign_in("vera@example.com", made["one_time_password"])
    change = {"current": made["one_time_password"], "new": "a better one, and mine"}
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    answer = await vera.ask("PUT", "/session/password", change, headers=english)
    assert (await answer.json())["me"]["language"] == "en"


async def test_too_many_failures_of_an_email_are_told_to_wait(office: Office) -> None:
    await office.works("Anna")
    seat = await office.seat()
    wrong = {"email": "Anna@example.com", "password": "wrong"}
    for _ in range(MAX_FAILURES_OF_EMAIL):
        await seat.refused("POST", "/session", wrong, status=401)
    answer = await seat.ask("POST", "/session", wrong | {"password": PASSWORD})
    assert (answer.status, (await answer.json())["code"]) == (429, "too_many")
    assert int(answer.headers["Retry-After"]) > 0
    office.desk.clock.move(16 * 60)
    await seat.sign_in("anna@example.com")


async def test_guesses_made_at_once_are_counted_like_guesses_made_in_turn(office: Office) -> None:
    await office.works("Anna")
    seat = await office.seat()
    wrong = {"email": "anna@example.com", "password": "wrong"}
    answers = await asyncio.gather(*(seat.ask("POST", "/session", wrong) for _ in range(20)))
    statuses = [answer.status for answer in answers]
    assert statuses.count(401) == MAX_FAILURES_OF_EMAIL
    assert statuses.count(429) == 20 - MAX_FAILURES_OF_EMAIL


async def test_a_whole_office_signs_in_from_one_address(office: Office) -> None:
    await office.works("Anna")
    seat = await office.seat()
    for _ in range(MAX_FAILURES_OF_ADDRESS + 1):
        await seat.sign_in("anna@example.com")


async def test_a_stranger_behind_a_proxy_keeps_nobody_else_out(desk: Desk) -> None:
    office = await open_office(desk, proxies=(ip_network("127.0.0.1"),))
    try:
        await office.works("Anna")
        seat = await office.seat()

        async def tries(address: str, email: str, password: str) -> ClientResponse:
            return await seat.ask(
                "POST",
                "/session",
                {"email": email, "password": password},
                headers={"X-Forwarded-For": address},
            )

        for number in range(MAX_FAILURES_OF_ADDRESS):
            # Whatever a stranger writes into the header, the proxy notes them behind it.
            forged = f"198.51.100.{number}, 203.0.113.9"
            assert (await tries(forged, f"{number}@example.com", "a guess")).status == 401
        assert (await tries("203.0.113.9", "anna@example.com", PASSWORD)).status == 429
        assert (await tries("203.0.113.10", "anna@example.com", PASSWORD)).status == 200
    finally:
        await close_office(office)


@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False)])
async def test_a_cookie_that_came_over_https_stays_there(
    desk: Desk, scheme: str, secure: bool
) -> None:
    office = await open_office(desk, proxies=(ip_network("127.0.0.1"),))
    try:
        await office.works("Anna")
        seat = await office.seat()
        answer = await seat.ask(
            "POST",
            "/session",
            {"email": "anna@example.com", "password": PASSWORD},
            headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": scheme},
        )
        assert ("Secure" in answer.headers["Set-Cookie"]) is secure
    finally:
        await close_office(office)


async def test_a_session_ends_thirty_days_after_its_last_use(office: Office) -> None:
    anna = await office.works("Anna")
    for _ in range(3):
        office.desk.clock.move(timedelta(days=20).total_seconds())
        await anna.gets("/session")
    office.desk.clock.move(timedelta(days=31).total_seconds())
    assert await anna.refused("GET", "/session", status=401) == "not_signed_in"


async def test_a_one_time_password_must_be_changed_before_anything_else(office: Office) -> None:
    boss = await office.works("Boss", role=Role.ADMINISTRATOR)
    made = await boss.does(
        "POST", "/operators", {"email": "Vera@Example.com", "name": "Vera"}, status=201
    )
    vera = await office.seat()
    await vera.sign_in("vera@example.com", made["one_time_password"])
    assert (await vera.gets("/session"))["must_change_password"] is True
    assert await vera.refused("GET", "/operators", status=403) == "password_must_change"
    assert await vera.refused("GET", "/feed", status=403) == "forbidden"
    change = {"current": made["one_time_password"], "new": "a better one, and mine"}
    view = await vera.does("PUT", "/session/password", change)
    assert view["must_change_password"] is False
    assert len(await vera.gets("/operators")) == 2


async def test_a_changed_password_ends_the_other_sessions(office: Office) -> None:
    anna = await office.works("Anna")
    elsewhere = await office.seat()
    await elsewhere.sign_in("anna@example.com")
    wrong = {"current": "not this", "new": "something else entirely"}
    assert await anna.refused("PUT", "/session/password", wrong, status=400) == "wrong_password"
    await anna.does(
        "PUT", "/session/password", {"current": PASSWORD, "new": "something else entirely"}
    )
    await anna.gets("/session")
    await elsewhere.refused("GET", "/session", status=401)


async def test_a_dismissed_operator_is_out_at_once(office: Office) -> None:
    boss = await office.works("Boss", role=Role.ADMINISTRATOR)
    anna = await office.works("Anna")
    assert anna.operator is not None
    await boss.does("PATCH", f"/operators/{anna.operator.id}", {"active": False})
    await anna.refused("GET", "/session", status=401)
    seat = await office.seat()
    wrong = {"email": "anna@example.com", "password": PASSWORD}
    await seat.refused("POST", "/session", wrong, status=401)


async def test_the_last_administrator_stays(office: Office) -> None:
    boss = await office.works("Boss", role=Role.ADMINISTRATOR)
    assert boss.operator is not None
    for change in ({"active": False}, {"role": "operator"}):
        code = await boss.refused("PATCH", f"/operators/{boss.operator.id}", change, status=400)
        assert code == "invalid"


async def test_a_script_comes_in_by_its_token(office: Office) -> None:
    script = await office.script()
    assert await script.gets("/lines") == []
    assert await script.refused("PUT", "/session/status", {"status": "away"}, status=403)
    stranger = await office.seat()
    stranger.token = "made up"
    assert await stranger.refused("GET", "/lines", status=401) == "not_signed_in"


async def test_a_script_may_what_its_role_may(office: Office) -> None:
    script = await office.script(Role.OPERATOR)
    assert await script.refused("GET", "/stuck", status=403) == "forbidden"


async def test_the_command_line_makes_the_first_administrator_once(office: Office) -> None:
    storage, clock = office.desk.storage, office.desk.clock
    password = await make_administrator(
        storage, clock, office.passwords, email="boss@example.com", name="Boss"
    )
    assert password is not None
    again = await make_administrator(
        storage, clock, office.passwords, email="other@example.com", name="Other"
    )
    assert again is None
    seat = await office.seat()
    await seat.sign_in("boss@example.com", password)
    second = await add_operator(
        storage, clock, office.passwords, email="Anna@example.com", name="Anna"
    )
    await (await office.seat()).sign_in("anna@example.com", second)


async def test_what_was_done_is_kept_and_says_no_names(office: Office) -> None:
    boss = await office.works("Boss", role=Role.ADMINISTRATOR)
    await boss.does("POST", "/operators", {"email": "v@example.com", "name": "Vera"}, status=201)
    async with office.desk.storage.reading() as tx:
        acts = await tx.access.audited()
    assert [one.act for one in acts] == ["operator_added", "signed_in"]
    assert "Vera" not in repr(acts)

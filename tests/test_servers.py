"""The servers that tests rely on do what tests rely on."""

import asyncpg
import pytest
import redis.asyncio
from playwright.async_api import Browser

from tests.servers import Postgresql, ServerBroken, private_postgresql, private_redis


async def test_each_test_has_an_empty_database(postgresql_url: str) -> None:
    connection = await asyncpg.connect(postgresql_url)
    tables = await connection.fetchval(
        "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    await connection.close()
    assert tables == 0


def test_template_is_prepared_once(postgresql_server: Postgresql) -> None:
    prepared: list[str] = []
    name = postgresql_server.template("prepared_once", prepared.append)
    assert postgresql_server.template("prepared_once", prepared.append) == name
    copy = postgresql_server.create_database("copy_of_prepared", template=name)
    postgresql_server.drop_database("copy_of_prepared")
    assert prepared == [postgresql_server.url("prepared_once")]
    assert copy.endswith("/copy_of_prepared")


def test_committed_rows_outlive_a_kill() -> None:
    with private_postgresql(durable=True) as server:
        server.create_database("desk")
        server.execute("CREATE TABLE said (text text)", database="desk")
        server.execute("INSERT INTO said VALUES ('hello')", database="desk")
        server.kill()
        with pytest.raises(ServerBroken):
            server.execute("SELECT text FROM said", database="desk")
        server.start()
        assert server.execute("SELECT text FROM said", database="desk") == "hello"


def test_only_a_durable_server_waits_for_the_disk(postgresql_server: Postgresql) -> None:
    with private_postgresql(durable=True) as durable:
        assert durable.execute("SHOW fsync") == "on"
    assert postgresql_server.execute("SHOW fsync") == "off"


async def test_redis_forgets_when_killed() -> None:
    with private_redis() as server:
        async with redis.asyncio.from_url(server.url) as client:
            await client.set("wake", "up")
        server.kill()
        server.start()
        async with redis.asyncio.from_url(server.url) as client:
            assert await client.get("wake") is None


async def test_redis_is_empty_at_the_start_of_a_test(redis_url: str) -> None:
    async with redis.asyncio.from_url(redis_url) as client:
        assert await client.dbsize() == 0


async def test_browser_shows_a_page(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content("<h1>Liniya</h1>")
    assert await page.get_by_role("heading").inner_text() == "Liniya"

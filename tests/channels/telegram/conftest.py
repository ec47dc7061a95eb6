"""A Telegram of each test's own, and a bot in it."""

from collections.abc import AsyncIterator

import pytest

from tests.channels.telegram.bots import Bot, a_bot
from tests.fakes.telegram import FakeTelegram, fake_telegram


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as telegram:
        yield telegram


@pytest.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[Bot]:
    async with a_bot(telegram) as bot:
        yield bot

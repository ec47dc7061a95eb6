"""Files go out under the names that operators gave them, over real HTTP."""

from collections.abc import Mapping

import pytest
from aiohttp import ClientSession

from router.blobs import LONGEST_NAME_CHARS
from tests.channels.telegram.bots import a_bot, a_file
from tests.channels.vk.conftest import Community, answer
from tests.fakes.telegram import fake_telegram
from tests.fakes.vk.server import playing_vk

PDF = b"%PDF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
ENDING = ".pdf"
# As it is given: as Telegram can be told it.
NAMES: Mapping[str, str] = {
    "Счёт № 5 — копия.pdf": "Счёт № 5 — копия.pdf",
    "old; new.pdf": "old, new.pdf",
    "5\" nails; filename=x.exe; 'best'.pdf": "5' nails, filename=x.exe, 'best'.pdf",
    "C:\\price\\list.pdf": "C:_price_list.pdf",
    "two\r\nlines\n.pdf": "two lines .pdf",
    "a%22b%0Ac.pdf": "a%22b%0Ac.pdf",
    (long := "😀" * (LONGEST_NAME_CHARS - len(ENDING)) + ENDING): long,
    "no ending": "no ending",
    "": "file",
}


@pytest.mark.parametrize("name", NAMES)
async def test_a_file_for_telegram_keeps_its_name(name: str) -> None:
    async with fake_telegram() as telegram, a_bot(telegram) as bot:
        anna = telegram.person(7, "Anna")
        file = a_file(name, "application/pdf", PDF)
        await bot.says(anna, "Look", files=(file,))
        await bot.says(anna, "Look", files=(file, file))
        said = [one["document"] for one in anna.said_by_bot()]
        assert [one["file_name"] for one in said] == [NAMES[name]] * 3
        assert {telegram.world.files[one["file_id"]].data for one in said} == {PDF}


@pytest.mark.parametrize("name", NAMES)
async def test_a_file_for_vk_keeps_its_name(name: str) -> None:
    async with playing_vk() as vk, ClientSession() as session:
        vk.world.joins(1, "Анна", "Иванова")
        vk.world.says(1, "Прайс?")
        files = (a_file(name, "application/pdf", PDF), a_file(name, "image/png", PNG))
        await Community(vk, session).channel().send(answer("Look", files=files))
        (said,) = vk.world.answers(1)
        document, photo = said["attachments"]
        assert document["doc"]["title"] == name
        assert document["doc"]["ext"] == ("pdf" if name.endswith(ENDING) else "file")
        assert photo["type"] == "photo"

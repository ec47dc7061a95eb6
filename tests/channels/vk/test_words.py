"""What VK refuses is told to operators and administrators in the console's languages."""

import ast

import pytest

from channels.vk.asking import LOST
from channels.vk.refusals import ACCOUNT, AWAY, GONE, REFUSED, refusal
from channels.vk.subscribing import STATES
from tests.checkout import python_files, syntax
from tests.console.test_translations import LANGUAGES, key, texts, words

SHOWN = {"Rejected", "BadCredentials"}


def sentences() -> set[str]:
    """What may stand under a message or beside an inbox."""
    raised = {
        text
        for path in python_files()
        if path.parts[:2] == ("channels", "vk")
        for call in ast.walk(syntax(path))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in SHOWN
        for text in texts(call.args[0])
    }
    chats = [reason for reason in GONE.values() if "this chat" in reason]
    tables = [*chats, *AWAY.values(), *ACCOUNT.values(), *REFUSED.values(), *STATES.values(), LOST]
    return {*raised, *tables, refusal(6).reason, refusal(4242).reason} - {""}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_vk_refuses_has_words_in_every_language(language: str) -> None:
    known = words(language, "server")
    assert {one for one in sentences() if key(one) not in known} == set()
    assert "VK does not take files of this kind" in sentences()

"""The channels' pages say what is so."""

import re
from typing import Any

from channels import kinds
from channels._page import channels_page, title
from channels.rest import signature
from tests.channels.accounts import SECRET
from tests.channels.contract import WIRE
from tests.checkout import ROOT


def test_every_channel_and_recording_is_shown() -> None:
    page = channels_page(WIRE)
    for kind in kinds():
        assert f"\n## {title(kind)}\n" in page
        for path in (WIRE / kind).glob("*.http"):
            assert f"### In: {path.stem.replace('-', ' ')}" in page


def test_example_that_checks_our_signature_works() -> None:
    text = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    # Without its server, which would serve for ever.
    example = re.search(r"```python\n(.*?)^class Callback", text, re.DOTALL | re.MULTILINE)
    assert example
    told: dict[str, Any] = {}
    exec(example[1], told)
    header = signature(b'{"text":"\xd0\x94\xd0\xb0"}', SECRET)
    assert told["is_ours"](b'{"text":"\xd0\x94\xd0\xb0"}', header, SECRET)
    assert not told["is_ours"](b'{"text":"no"}', header, SECRET)

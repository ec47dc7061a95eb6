"""Write the documents that are made from code: `make docs`."""

from pathlib import Path

from channels._page import channels_page
from config.settings import settings_page

ROOT = Path(__file__).resolve().parent.parent


def pages() -> dict[str, str]:
    """Every made document: its path, and what it ought to say."""
    return {
        "docs/settings.md": settings_page(),
        "docs/channels.md": channels_page(ROOT / "tests/channels/wire"),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        Path(path).write_text(text, encoding="utf-8")
        print(path)

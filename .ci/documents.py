"""Write the documents that are made from code: `make docs`."""

from pathlib import Path

from config.settings import settings_page


def pages() -> dict[str, str]:
    """Every made document: its path, and what it ought to say."""
    return {
        "docs/settings.md": settings_page(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        Path(path).write_text(text, encoding="utf-8")
        print(path)

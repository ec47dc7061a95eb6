"""The loader, the chat's page and their parts, as the browser is to keep and confine them.

The browser itself sees to it that only the line's sites frame the chat (`frame-ancestors`), and
that the chat runs nothing but its own scripts.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from router.channel import Capabilities
from router.visitor import Front

# A site as `frame-ancestors` takes it: anything else would end the directive, or begin another.
SITE = re.compile(r"(https?://)?(\*\.)?[A-Za-z0-9.-]+(:\d+)?/?")
PART = re.compile(r"[\w-][\w.-]*")
PACKED = (".gz", ".br")
LANGUAGES = ("ru", "en")
LINES_REMEMBERED = 256

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
FOR_EVER = "public, max-age=31536000, immutable"
A_MINUTE = "public, max-age=60, stale-while-revalidate=600"


@dataclass(frozen=True, slots=True)
class Script:
    """A loader with one line's settings in it."""

    body: bytes
    packed: bytes = field(repr=False)
    etag: str


class Pages:
    """What stands in `dist`, the folder that the widget is built into."""

    def __init__(self, dist: Path) -> None:
        self._dist = dist
        self._loader = _text(dist / "loader.js")
        self._chat = _text(dist / "chat.html")
        self._demo = _text(dist / "demo/index.html")
        self.build = sha256((self._loader + self._chat).encode()).hexdigest()[:16]

    def loader(self, settings: Mapping[str, Any], request: web.Request) -> web.Response:
        """The script tag's answer: one response with the line's settings in it."""
        if not self._loader:
            raise web.HTTPNotFound(text="the widget is not built")
        script = _script(self._loader, _in_script(settings))
        headers = EVERYWHERE | {
            "Cache-Control": A_MINUTE,
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": script.etag,
            "Vary": "Accept-Encoding",
        }
        if script.etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        body = script.body
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers = script.packed, headers | {"Content-Encoding": "gzip"}
        return web.Response(
            body=body, headers=headers, content_type="text/javascript", charset="utf-8"
        )

    def chat(self, settings: Mapping[str, Any], front: Front) -> web.Response:
        """The chat: in the loader's frame, and as a public page."""
        if not self._chat:
            raise web.HTTPNotFound(text="the widget is not built")
        text = self._chat.replace("__LANG__", str(settings["language"]))
        headers = EVERYWHERE | {
            "Cache-Control": "no-cache",
            "Content-Security-Policy": chat_policy(front),
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }
        text = text.replace("__SETTINGS__", _in_script(settings))
        return web.Response(text=text, headers=headers, content_type="text/html")

    def part(self, name: str) -> web.FileResponse:
        """A script or a sheet of the chat; its name changes with its content."""
        headers = EVERYWHERE | {"Cache-Control": FOR_EVER}
        return self._file(self._dist / "assets", name, headers)

    def demo(self, line_key: str) -> web.Response:
        """A shop that carries the widget."""
        if not self._demo:
            raise web.HTTPNotFound(text="the widget is not built")
        headers = EVERYWHERE | {"Cache-Control": "no-cache"}
        text = self._demo.replace("__LINE__", line_key)
        return web.Response(text=text, headers=headers, content_type="text/html")

    def demo_part(self, name: str) -> web.FileResponse:
        headers = EVERYWHERE | {"Cache-Control": "no-cache"}
        return self._file(self._dist / "demo", name, headers)

    def _file(self, folder: Path, name: str, headers: Mapping[str, str]) -> web.FileResponse:
        path = folder / name
        if not PART.fullmatch(name) or name.endswith(PACKED) or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=headers)


def settings_of(front: Front, capabilities: Capabilities, *, build: str) -> Mapping[str, Any]:
    """A line's public settings, as docs/widget-protocol.md lists them."""
    line, look, account = front.line, front.line.look, front.inbox.account
    return {
        "line": line.key,
        "title": look.title or line.name,
        "origin": front.origin,
        "frame": f"{front.origin}/chat/{line.key}",
        "language": line.language if line.language in LANGUAGES else "en",
        "colour": look.colour,
        "corner": account.get("corner", "right"),
        "offset_px": account.get("offset_px", 20),
        "greeting": {name: text for name, text in look.greeting.items() if name in LANGUAGES},
        "ask_contact": look.ask_contact,
        "consent_url": look.consent_url,
        "max_text_chars": capabilities.max_text_chars,
        "max_file_bytes": capabilities.max_file_bytes,
        "max_files": capabilities.max_files,
        "build": build,
    }


def chat_policy(front: Front) -> str:
    """What the chat's page may load, and who may frame it: the line's sites, anybody without."""
    sites = [site.rstrip("/") for site in front.line.look.allowed_sites if SITE.fullmatch(site)]
    framed_by = ["'self'", *sites] if front.line.look.allowed_sites else ["*"]
    socket = front.origin.replace("http", "ws", 1)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            # Older Safari does not count sockets among 'self'.
            f"connect-src 'self' {socket}",
            "form-action 'none'",
            "base-uri 'none'",
            f"frame-ancestors {' '.join(framed_by)}",
        )
    )


@lru_cache(maxsize=LINES_REMEMBERED)
def _script(template: str, settings: str) -> Script:
    body = template.replace("__SETTINGS__", settings).encode()
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    return Script(body, packed=gzip.compress(body, mtime=0), etag=etag)


def _in_script(settings: Mapping[str, Any]) -> str:
    """JSON that ends neither the script it stands in nor a line of it."""
    text = msgspec.json.encode(settings).decode()
    text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""

"""The front end, as the browser gets it: the shell with its headers, and the built assets."""

import re
import secrets
from hashlib import sha256
from pathlib import Path

from aiohttp import web

WEB = Path(__file__).parent / "web" / "dist"
ASSET = re.compile(r"\w[\w.-]*")
LANGUAGES = ("ru", "en")
LANGUAGE_COOKIE = "liniya_language"
FOREVER = "public, max-age=31536000, immutable"
# Of fixed names: browsers ask for them by what they know of the last build.
FIXED = re.compile(r"sw\.js|manifest\.webmanifest|[a-z-]+(?:-\d+)?\.png")
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}';"
    " img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self' blob:;"
    " worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Liniya</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style nonce="__NONCE__">:root { color-scheme: light dark }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem }
</style></head><body><h1>The console is not built</h1>
<p>The desk is running: channels, the queue and the <a href="/api/docs">API</a> work. Its web pages
have not been built on this machine.</p>
<p>Run <code>make run</code> in the checkout, which builds them, or
<code>python .ci/frontend.py build</code>, and load this page again.</p></body></html>
"""


def build_id(folder: Path = WEB) -> str:
    """What tells one build of the front end from another; `none` without one."""
    index = folder / "index.html"
    if not index.is_file():
        return "none"
    return sha256(index.read_bytes()).hexdigest()[:12]


def policy(nonce: str) -> str:
    """The Content-Security-Policy of the console's pages."""
    return POLICY.format(nonce=nonce)


def language_of(request: web.Request) -> str:
    """What this browser chose before, else the first of its languages that we speak."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("Accept-Language", "").split(","):
        spoken = part.split(";")[0].strip().split("-")[0].lower()
        if spoken in LANGUAGES:
            return spoken
    return LANGUAGES[0]


class Pages:
    """Serves the built front end from `folder`; before it is built, a page that says so."""

    def __init__(self, folder: Path = WEB) -> None:
        self._folder = folder

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/console", self._slash),
            web.get("/console/assets/{name}", self._asset),
            web.get(f"/console/{{name:{FIXED.pattern}}}", self._fixed),
            web.get("/console/{rest:.*}", self._shell),
        ]

    async def _slash(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/console/")

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        """A hashed file, as its .br or .gz neighbour where the browser takes it."""
        name = request.match_info["name"]
        path = self._folder / "assets" / name
        # The name may hold a slash: %2F is decoded after the route was found.
        if not ASSET.fullmatch(name) or not path.is_file():
            raise web.HTTPNotFound(text="this build has no such file; load the page again")
        headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
        return web.FileResponse(path, headers=headers)

    async def _fixed(self, request: web.Request) -> web.StreamResponse:
        """The service worker, the manifest, and their icons."""
        path = self._folder / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound(text="this build has no such file; load the page again")
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        if path.suffix == ".webmanifest":
            headers["Content-Type"] = "application/manifest+json"
        return web.FileResponse(path, headers=headers)

    async def _shell(self, request: web.Request) -> web.StreamResponse:
        """One page for every address below, so that a reload opens what was open."""
        nonce = secrets.token_urlsafe(16)
        index = self._folder / "index.html"
        built = index.is_file()
        page = index.read_text(encoding="utf-8") if built else NOT_BUILT
        page = page.replace("__NONCE__", nonce).replace("__LANG__", language_of(request))
        headers = SECURITY | {
            "Content-Security-Policy": policy(nonce),
            "Cache-Control": "no-cache" if built else "no-store",
        }
        return web.Response(
            text=page, content_type="text/html", status=200 if built else 503, headers=headers
        )

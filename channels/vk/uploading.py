"""Files at VK: posted to an address that VK names, then saved, then named by what they hang on."""

import json
import re
from typing import Any

from aiohttp import FormData

from channels.vk.api import Api
from router.channel import OutgoingFile
from router.errors import Rejected, Unconfirmed

UPLOAD_TIMEOUT_S = 120.0
ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}$")


async def photo(api: Api, file: OutgoingFile, *, peer: str) -> str:
    """A picture for a peer. Raises `Rejected` for one that VK cannot read."""
    place = await api.call("photos.getMessagesUploadServer", {"peer_id": peer})
    told = await _posted(api, place, "photo", file)
    names = ("server", "photo", "hash")
    if any(name not in told for name in names) or told["photo"] in {"", "[]"}:
        raise Rejected("VK cannot read this picture", code="photo")
    values = {name: _plain(told[name]) for name in names}
    saved = await api.call("photos.saveMessagesPhoto", values)
    return named("photo", saved[0] if isinstance(saved, list) and saved else None)


async def document(api: Api, file: OutgoingFile, place: Any) -> str:
    """A file at the `place` that VK gave for it."""
    told = await _posted(api, place, "file", file)
    if not isinstance(told.get("file"), str):
        raise Rejected("VK does not take files of this kind", code="file")
    saved = await api.call("docs.save", {"file": told["file"], "title": file.name})
    return named("doc", saved.get("doc") if isinstance(saved, dict) else None)


def named(kind: str, saved: Any) -> str:
    """What was saved, as a message names it."""
    if not has_name(saved):
        raise Unconfirmed("VK does not say where it saved the file")
    key = f"_{saved['access_key']}" if saved.get("access_key") else ""
    return f"{kind}{saved['owner_id']}_{saved['id']}{key}"


def has_name(thing: Any) -> bool:
    return isinstance(thing, dict) and {"owner_id", "id"} <= thing.keys()


async def _posted(api: Api, place: Any, field: str, file: OutgoingFile) -> dict[str, Any]:
    """What the upload address says to the file's bytes."""
    url = place.get("upload_url") if isinstance(place, dict) else None
    if not isinstance(url, str):
        raise Unconfirmed("VK names no address for files")
    form = FormData()
    # VK takes the kind from the ending; what the file is called stands in `docs.save`.
    ending = ENDING.search(file.name)
    posted_as = f"file{ending[0].lower()}" if ending else "file"
    form.add_field(field, await file.read(), filename=posted_as, content_type=file.mime)
    told = await api.post(url, form, timeout_s=UPLOAD_TIMEOUT_S)
    return told if isinstance(told, dict) else {}


def _plain(value: Any) -> str | int:
    if isinstance(value, str | int):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

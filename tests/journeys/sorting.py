"""An operator who puts conversations in order: merges, splits, and takes it back."""

from collections.abc import Mapping
from random import Random
from typing import Any

from tests.journeys.clerks import CONFLICT, FORBIDDEN, Clerk
from tests.journeys.load import Clients

SORTED_SHARE = 0.9
# What has changed meanwhile: it is over, another's, or not there any more to be split.
TOO_LATE = (CONFLICT, FORBIDDEN, 422)


class Tidy:
    """Now and then does one of these to what a clerk has. `done` are those that took place."""

    def __init__(self, clients: Clients) -> None:
        self.done: dict[str, int] = {}
        self._clients = clients
        self._back: list[tuple[str, str]] = []

    async def sort(self, clerk: Clerk) -> None:
        random = self._clients.random
        if random.random() > SORTED_SHARE:
            return
        held = [one for one in clerk.mine() if one["owner_id"] == clerk.id]
        match random.randrange(4):
            case 0 if pair := _pair(held, random):
                merged, into = pair
                if await self._did(clerk, merged["id"], "merge", into_id=into["id"]):
                    self._back.append((merged["id"], "unmerge"))
            case 1 if long := [one for one in held if one["first_seq"] < one["last_seq"]]:
                whole = random.choice(long)
                at = random.randint(whole["first_seq"] + 1, whole["last_seq"])
                own_lead = random.random() < 0.5
                if await self._did(clerk, whole["id"], "split", from_seq=at, own_lead=own_lead):
                    self._back.append((whole["id"], "unsplit"))
            case _ if self._back:
                one, act = self._back.pop(random.randrange(len(self._back)))
                await self._did(clerk, one, act)
            case _:
                pass

    async def _did(self, clerk: Clerk, id_: str, act: str, **body: Any) -> bool:
        status, answer = await clerk.ask("POST", f"/conversations/{id_}/{act}", **body)
        if status == 200:
            self.done[act] = self.done.get(act, 0) + 1
            clerk.know(answer)
        elif status not in TOO_LATE:
            self._clients.surprise(f"{clerk.name} could not {act}: {status} {answer}")
        return bool(status == 200)


def _pair(
    held: list[Mapping[str, Any]], random: Random
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Two of one customer's, on one line."""
    pairs = [
        (one, other)
        for one in held
        for other in held
        if one["id"] != other["id"] and one["customer_id"] == other["customer_id"]
    ]
    return random.choice(pairs) if pairs else None

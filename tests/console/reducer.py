"""A client of the feed, as small as `docs/feed.md` lets it be: a snapshot, and frames applied."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]
LISTS = ("waiting", "all", "closed")


@dataclass
class Screen:
    """What a client knows, changed by each frame."""

    me: Json = field(default_factory=dict)
    lines: list[Json] = field(default_factory=list)
    inboxes: list[Json] = field(default_factory=list)
    operators: dict[str, Json] = field(default_factory=dict)
    rows: dict[str, Json] = field(default_factory=dict)
    horizons: dict[str, Json | None] = field(default_factory=dict)
    counts: Json = field(default_factory=dict)
    items: dict[str, Json] = field(default_factory=dict)
    customers: dict[str, Json] = field(default_factory=dict)
    syncs: dict[str, Json] = field(default_factory=dict)
    pages: dict[str, Json] = field(default_factory=dict)
    typing: list[Json] = field(default_factory=list)

    def apply(self, frame: Json) -> None:
        getattr(self, f"_on_{frame['type']}")(frame)

    def _on_conversation(self, frame: Json) -> None:
        row = frame["conversation"]
        if row["version"] > self.rows.get(row["id"], {"version": 0})["version"]:
            self.rows[row["id"]] = row
        self.items |= {str(item["id"]): item for item in frame["items"]}

    def _on_hidden(self, frame: Json) -> None:
        self.rows.pop(frame["conversation_id"], None)

    def _on_operator(self, frame: Json) -> None:
        operator = frame["operator"]
        self.operators[operator["id"]] = operator
        if operator["id"] == self.me["id"]:
            self.me = operator

    def _on_desk(self, frame: Json) -> None:
        self.lines, self.inboxes = frame["lines"], frame["inboxes"]

    def _on_counts(self, frame: Json) -> None:
        self.counts = frame["counts"]

    def _on_customer(self, frame: Json) -> None:
        self.customers[frame["customer"]["id"]] = frame["customer"]

    def _on_lead(self, frame: Json) -> None:
        self.syncs |= dict.fromkeys(frame["conversation_ids"], frame)

    def _on_page(self, frame: Json) -> None:
        self.pages[frame["thread_id"]] = frame["page"]

    def _on_typing(self, frame: Json) -> None:
        self.typing.append(frame)

    def _on_start_again(self, frame: Json) -> None:
        """A snapshot follows."""

    def _on_snapshot(self, frame: Json) -> None:
        self.me, self.counts = frame["me"], frame["counts"]
        self.lines, self.inboxes = frame["lines"], frame["inboxes"]
        self.operators = {one["id"]: one for one in frame["operators"]}
        pages = [frame[name]["items"] for name in LISTS]
        self.rows = {row["id"]: row for rows in (*pages, frame["mine"]) for row in rows}
        self.horizons = {
            name: frame[name]["items"][-1] if frame[name]["next"] else None for name in LISTS
        }

    # --- what it shows ------------------------------------------------------------

    def list(self, name: str) -> list[Json]:
        rows = sorted((row for row in self.rows.values() if self._in(row, name)), key=ORDER[name])
        horizon = self.horizons.get(name)
        if horizon is None:
            return rows
        return [row for row in rows if ORDER[name](row) <= ORDER[name](horizon)]

    def _in(self, row: Json, name: str) -> bool:
        me = self.me["id"]
        if name == "mine":
            theirs = (row["owner_id"], row["offered_to"], *row["asked_ids"])
            return me in theirs and row["state"] != "closed"
        if self.me["role"] != "administrator" and row["line_id"] not in self.me["line_ids"]:
            return False
        match name:
            case "waiting":
                return row["state"] in ("waiting", "offered")
            case "closed":
                return bool(row["state"] == "closed")
            case _:
                return bool(row["state"] != "closed")

    def shown(self) -> Json:
        """Everything that a fresh snapshot would show too."""
        return {
            "me": self.me,
            "lines": self.lines,
            "inboxes": self.inboxes,
            "operators": sorted(self.operators.values(), key=lambda one: one["id"]),
            "counts": self.counts,
            **{name: self.list(name) for name in ("mine", *LISTS)},
        }


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def number(row: Json) -> int:
    return int(row["id"].replace("-", ""), 16)


def mine_first(row: Json) -> tuple[bool, float, int]:
    if row["unanswered_since"]:
        return (False, at(row["unanswered_since"]), number(row))
    return (True, -at(row["last_activity_at"]), -number(row))


ORDER: dict[str, Any] = {
    "mine": mine_first,
    "waiting": lambda row: (at(row["rank_at"]), number(row)),
    "all": lambda row: (-at(row["last_activity_at"]), -number(row)),
    "closed": lambda row: (-at(row["closed_at"]), -number(row)),
}

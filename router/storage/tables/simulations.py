"""Simulations that were asked for, with what came of them."""

import sqlalchemy as sa

from router.storage.columns import Id, Json, Time, key, may, metadata, must, ref

simulations = sa.Table(
    "simulations",
    metadata,
    key(),
    ref("line_id", "lines.id"),
    may("asked_by", Id),
    must("asked_at", Time),
    must("asked", Json),
    must("said", Json),
    must("state", sa.Text),
    must("percent", sa.Integer),
    must("tries", sa.Integer),
    may("ended_at", Time),
    may("failure", sa.Text),
    may("result", Json),
    sa.Index("ix_simulations_asked", "asked_at"),
)

"""The activity log: columns that only grow, of which some are stored for reposts alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.events.log import ACTIVITY_COLUMNS, OF_REPOSTS, ActivityLog, activity_rows
from sim.events.records import EVENT, OWN, POST, REPOST
from sim.events.timeline import Timeline

Rows = dict[str, np.ndarray]


def drawn_rows(size: int, seed: int) -> Rows:
    """Return rows of an activity log, posts and reposts at random."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    rows = {name: draw.integers(0, 100, size).astype(kind) for name, kind in ACTIVITY_COLUMNS.items()}
    rows["kind"] = draw.integers(0, 2, size).astype(np.uint8)
    post = rows["kind"] == POST
    rows["author"][post], rows["post_time"][post], rows["source"][post] = rows["account"][post], rows["time"][post], OWN
    return rows


def stored(rows: Rows) -> Rows:
    """Return the rows as a log takes them."""
    return {name: row[rows["kind"] == REPOST] if name in OF_REPOSTS else row for name, row in rows.items()}


@pytest.fixture
def steps() -> Iterator[Rows]:
    return (drawn_rows(size, size) for size in (7, 0, 1, 30, 2))


def test_columns_stored_for_reposts_alone_read_as_if_all_rows_had_been_stored(steps: Iterator[Rows]) -> None:
    log, plain = ActivityLog(ACTIVITY_COLUMNS, 0, OF_REPOSTS), ActivityLog(ACTIVITY_COLUMNS, 0)
    for rows in steps:
        log.append(**stored(rows))
        plain.append(**rows)
    assert len(log) == len(plain) == 40
    pairs = list(zip(log.parts(), plain.parts(), strict=True))
    assert len(pairs) == 4
    for one, other in pairs:
        assert [(name, one[name].tolist()) for name in one] == [(name, other[name].tolist()) for name in other]
    for name in ("author", *log.columns):
        assert log[name].dtype == ACTIVITY_COLUMNS[name]
        assert not log[name].flags.writeable
        assert log[name].tolist() == plain[name].tolist()
    (whole,) = log.parts()  # the columns have been read
    assert {name: column.tolist() for name, column in whole.items()} == {n: plain[n].tolist() for n in plain.columns}
    assert log.to_frame().equals(plain.to_frame())


def test_rows_appended_after_a_column_was_read_are_there_too() -> None:
    log, first, second = ActivityLog(ACTIVITY_COLUMNS, 0, OF_REPOSTS), drawn_rows(9, 1), drawn_rows(5, 2)
    log.append(**stored(first))
    assert log["author"].tolist() == first["author"].tolist()
    log.append(**stored(second))
    assert log["author"].tolist() == [*first["author"], *second["author"]]
    assert log["source"].tolist() == [*first["source"], *second["source"]]


def test_a_column_of_reposts_needs_a_value_for_each_repost() -> None:
    log, rows = ActivityLog(ACTIVITY_COLUMNS, 0, OF_REPOSTS), drawn_rows(9, 1)
    number = int((rows["kind"] == REPOST).sum())
    with pytest.raises(ValueError, match=re.escape(f"for each of {number} reposts; got [9]")):
        log.append(**rows)
    assert len(log) == 0


def test_an_unread_log_holds_a_value_of_these_columns_for_each_repost_and_no_more() -> None:
    model = InfluenceModel(load_scenario("hk2019", scale=0.002, seed=1, overrides=["scenario.days=2"]))
    model.run()
    for name in OF_REPOSTS:
        held = sum(part.size for part in model.activity._parts[name])
        assert held == int((model.activity["kind"] == REPOST).sum())
        assert len(model.activity[name]) == len(model.activity) > held


def test_the_rows_of_a_step_are_those_of_accounts_that_are_logged() -> None:
    draw = np.random.Generator(np.random.Philox(key=5))
    size, accounts = 400, 60
    timeline = Timeline(accounts, 5, 4, 86_400.0, 86_400.0, 86_400.0, 3600)
    events = np.zeros(size, EVENT)
    events["time"], events["account"] = np.sort(draw.integers(0, 3600, size)), draw.integers(0, accounts, size)
    events["topic"], events["language"], events["post"] = draw.integers(0, 5, size), draw.integers(0, 3, size), -1
    events["source"], events["kind"] = OWN, draw.random(size) < 0.4
    repost = np.flatnonzero(events["kind"] == REPOST)
    events["post"][repost], events["source"][repost] = 0, draw.integers(0, accounts, repost.size)
    events["kind"][0], events["post"][0], events["source"][0] = POST, -1, OWN
    timeline.new_posts(events)
    repost = events["kind"] == REPOST
    events["post"][repost] = draw.integers(0, int((~repost).sum()), int(repost.sum()))
    logged = draw.random(accounts) < 0.5
    rows = dict(zip(ACTIVITY_COLUMNS, activity_rows(events, timeline.view(), logged), strict=True))
    kept = events[logged[events["account"]]]
    posts = timeline.posts(kept["post"])
    for name in ("time", "account", "kind"):
        assert rows[name].tolist() == kept[name].tolist()
    for name in ("topic", "language"):
        assert rows[name].tolist() == posts[name].tolist()
    again = kept["kind"] == REPOST
    assert rows["author"].tolist() == posts["author"][again].tolist()
    assert rows["post_time"].tolist() == posts["time"][again].tolist()
    assert rows["source"].tolist() == kept["source"][again].tolist()

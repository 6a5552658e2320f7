"""coordination-network-toolkit finds in the exported activity what a plain count over our log finds."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import defaultdict

import pytest

from sim import InfluenceModel
from sim.archive import write_archive
from sim.events.records import REPOST
from tests.sim.archive.conftest import run

TOOLKIT = "coordination_network_toolkit"
WINDOW = 60  # seconds, both ends included


@pytest.fixture(scope="module")
def model() -> InfluenceModel:
    return run(
        "scenario.amplifiers=200", "scenario.core=60", "scenario.days=4", "operation.cell_size=20",
        "operation.cells_per_post=3", "operation.delay_median_seconds=60",
    )  # fmt: skip


@pytest.fixture(scope="module")
def database(model: InfluenceModel, tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    folder = tmp_path_factory.mktemp("toolkit")
    write_archive(model, folder)
    path = folder / "network.db"
    for command in (
        ["preprocess", str(folder / "activity_toolkit.csv")],
        ["compute", "co_retweet", "--time_window", str(WINDOW), "--min_edge_weight", "1", "--n_cpus", "1"],
    ):
        # In its own process: the toolkit forks, and a process with threads should not.
        subprocess.run(
            [sys.executable, "-m", TOOLKIT, str(path), *command], check=True, capture_output=True, timeout=60
        )
    return sqlite3.connect(path)


def co_reposts(model: InfluenceModel) -> dict[tuple[int, int], int]:
    """Return how many of one account's reposts have a repost of the same post by the other within the window."""
    log = model.activity
    of_post = defaultdict(list)
    for account, author, post_time, time, kind in zip(
        *(log[name].tolist() for name in ("account", "author", "post_time", "time", "kind")), strict=True
    ):
        if kind == REPOST:
            of_post[author, post_time].append((account, time))
    weights: dict[tuple[int, int], int] = defaultdict(int)
    for reposts in of_post.values():
        for one, when in reposts:  # nobody reposts a post twice, so each pair counts once a post
            for other, then in reposts:
                if one != other and abs(when - then) <= WINDOW:
                    weights[one, other] += 1
    return dict(weights)


def test_the_toolkit_counts_the_messages_and_accounts_of_the_log(model: InfluenceModel, database: sqlite3.Connection):
    log = model.activity
    messages, accounts, reposts = database.execute(
        "select count(*), count(distinct user_id), count(repost_id) from edge"
    ).fetchone()
    assert messages == len(log) > 3_000
    assert accounts == len(set(log["account"].tolist()))
    assert reposts == int((log["kind"] == REPOST).sum())


def test_the_toolkit_finds_the_co_repost_pairs_of_a_plain_count_within_60_seconds(
    model: InfluenceModel, database: sqlite3.Connection
):
    found = {
        (int(one), int(other)): weight
        for one, other, weight in database.execute("select user_1, user_2, weight from co_retweet_network")
        if one != other  # the toolkit also pairs an account with itself
    }
    number = 1_000_000_000 + model.platform.pseudonyms
    expected = {(int(number[one]), int(number[other])): k for (one, other), k in co_reposts(model).items()}
    assert len(expected) > 500
    assert found == expected

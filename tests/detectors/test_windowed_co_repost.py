"""Windowed co-reposts: edges and weights equal those of coordination-network-toolkit, and the window slides."""

from __future__ import annotations

import csv
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detectors.testing.check import check, scores_of
from detectors.windowed_co_repost import WindowedCoRepost
from sim.observation import REPOST, Observation

PEOPLE, HOUR = 30, 3600


def steps(seed: int, n: int = 4, reposts: int = 900) -> list[Observation]:
    """Return steps of reposts of few posts by few people, who may repost a post again."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    time = np.sort(draw.integers(0, n * HOUR, reposts))
    who, post = draw.integers(0, PEOPLE, reposts), draw.integers(0, 6, reposts)
    out = []
    for step in range(n):
        part = time // HOUR == step
        size = int(part.sum())
        events = {
            "time": time[part], "account": who[part].astype(np.int32), "kind": np.full(size, REPOST, np.int8),
            "post": post[part], "author": np.full(size, PEOPLE, np.int32),
        }  # fmt: skip
        out.append(Observation(
            step=step, start=step * HOUR, end=(step + 1) * HOUR, n_accounts=PEOPLE + 1, columns={}, events=events
        ))  # fmt: skip
    return out


def ties(detector: WindowedCoRepost) -> dict[tuple[int, int], int]:
    return {(int(a), int(b)): int(weight) for a, b, weight in zip(*detector.edges(), strict=True)}


def by_the_toolkit(seen: list[Observation], folder: Path, seconds: int) -> dict[tuple[int, int], int]:
    rows = [
        (i, who, who, post, "", "", time, "")
        for i, (time, who, post) in enumerate(
            row
            for one in seen
            for row in zip(*(one.event(n).tolist() for n in ("time", "account", "post")), strict=True)
        )
    ]
    with (folder / "log.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls"])
        writer.writerows((*row[:3], f"p{row[3]}", *row[4:]) for row in rows)
    for command in (
        ["preprocess", str(folder / "log.csv")],
        ["compute", "co_retweet", "--time_window", str(seconds), "--min_edge_weight", "1", "--n_cpus", "1"],
    ):
        subprocess.run(
            [sys.executable, "-m", "coordination_network_toolkit", str(folder / "log.db"), *command], check=True,
            capture_output=True, timeout=60,
        )  # fmt: skip
    found = sqlite3.connect(folder / "log.db").execute("select user_1, user_2, weight from co_retweet_network")
    return {(int(a), int(b)): int(weight) for a, b, weight in found if a != b}  # it pairs accounts with themselves, too


@pytest.mark.parametrize(("seed", "seconds"), [(1, 60), (2, 5), (3, 600)])
def test_edges_and_weights_are_those_of_the_toolkit(seed: int, seconds: int, tmp_path: Path) -> None:
    seen, detector = steps(seed), WindowedCoRepost(seconds=seconds, max_neighbours=None)
    scores_of(detector, seen)
    expected = by_the_toolkit(seen, tmp_path, seconds)
    assert len(expected) > 50
    assert ties(detector) == expected


def test_a_score_is_the_share_of_reposts_that_the_closest_partner_accompanied() -> None:
    seen, detector = steps(4), WindowedCoRepost(seconds=120, min_weight=2)
    scores, found = scores_of(detector, seen), ties(detector)
    reposts = np.bincount(np.concatenate([one.event("account") for one in seen]), minlength=PEOPLE)
    for who in range(PEOPLE):
        best = max((weight for (one, _), weight in found.items() if one == who), default=0)
        assert scores[who] == pytest.approx((best if best >= 2 else 0) / reposts[who])
    assert np.isnan(scores[PEOPLE])


def test_what_has_left_the_window_is_forgotten() -> None:
    seen, short, fresh = steps(5), WindowedCoRepost(window_hours=1.0), WindowedCoRepost()
    scores_of(short, seen)
    scores_of(fresh, seen[-1:])
    # But for the pairs that reach over the edge of the window, it is as if the last hour were all there is.
    late = set(ties(fresh).items()) - set(ties(short).items())
    assert len(late) <= 0.05 * len(ties(fresh))


def test_a_limit_on_neighbours_can_only_lower_weights() -> None:
    seen, all_of_them, few = steps(6), WindowedCoRepost(seconds=600, max_neighbours=None), None
    few = WindowedCoRepost(seconds=600, max_neighbours=3)
    scores_of(all_of_them, seen)
    scores_of(few, seen)
    whole = ties(all_of_them)
    assert all(weight <= whole[pair] for pair, weight in ties(few).items())
    assert len(ties(few)) < len(whole)


def test_it_keeps_the_protocol() -> None:
    check(lambda: WindowedCoRepost(6.0, 600.0, 2, 1, 20))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"window_hours": 0.0}, "window_hours must be above 0 and finite; got 0.0"),
        ({"seconds": -1.0}, "seconds must be at least 0 and finite; got -1.0"),
        ({"max_neighbours": 0}, "max_neighbours must be at least 1, or None for no limit; got 0"),
    ],
)
def test_parameters_out_of_range_are_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"WindowedCoRepost.{message}"):
        WindowedCoRepost(**given)  # type: ignore[arg-type]

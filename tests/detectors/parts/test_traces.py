"""Kinds of trace: what is shared may be reposts, links, hashtags or wordings, and the methods do not care which."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectors.null_model import NullModel
from detectors.parts.traces import KINDS, traces
from detectors.synchrotrap import SynchroTrap
from detectors.testing.check import check, scores_of
from sim.observation import POST, REPOST, Observation

PEOPLE, LOG = 30, 240
METHODS = [NullModel, SynchroTrap]


def step(kind: str) -> Observation:
    """Return one log of who did what with which thing, as reposts of posts or as posts that carry it.

    Six accounts do it with the same few.
    """
    draw = np.random.Generator(np.random.Philox(key=5))
    who = draw.integers(0, PEOPLE - 1, LOG)
    thing = np.where((who < 6) & (draw.random(LOG) < 0.7), draw.integers(1, 6, LOG), draw.integers(6, 100, LOG))
    events: dict[str, Any] = {"time": np.sort(draw.integers(0, 7200, LOG)), "account": who}
    if kind == "repost":
        events |= {"kind": np.full(LOG, REPOST), "post": thing, "author": np.full(LOG, PEOPLE - 1)}
    else:
        events |= {"kind": np.full(LOG, POST), kind: thing}
    return Observation(
        step=0, start=0, end=7200, n_accounts=PEOPLE, columns={"language": np.zeros(PEOPLE, np.uint8)}, events=events
    )


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "repost"])
@pytest.mark.parametrize("method", METHODS)
def test_the_same_things_shared_by_the_same_people_score_the_same_whatever_they_are(method: Any, kind: str) -> None:
    reposts = scores_of(method(), [step("repost")])
    assert np.unique(reposts[~np.isnan(reposts)]).size > 1  # else equality would say nothing
    np.testing.assert_array_equal(scores_of(method(trace=kind), [step(kind)]), reposts)


@pytest.mark.parametrize("method", METHODS)
def test_a_kind_that_there_is_none_of_is_refused(method: Any) -> None:
    with pytest.raises(ValueError, match=rf"{method.__name__}\.trace must be one of repost, url, hashtags, text; got"):
        method(trace="reply")


@pytest.mark.parametrize("method", METHODS)
def test_with_links_they_keep_the_protocol(method: Any) -> None:
    check(lambda: method(trace="url"))


def test_what_is_passed_on_counts_only_if_asked_for_and_nothing_carries_nothing() -> None:
    events = {
        "time": np.array([1, 2, 3]), "account": np.array([0, 1, 2]), "kind": np.array([POST, REPOST, POST]),
        "url": np.array([7, 7, 0]),
    }  # fmt: skip
    seen = Observation(step=0, start=0, end=60, n_accounts=3, columns={}, events=events)
    assert traces(seen, "url")[1].tolist() == [0]
    assert traces(seen, "url", passed_on=True)[1].tolist() == [0, 1]

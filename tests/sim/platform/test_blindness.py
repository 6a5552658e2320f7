"""Detectors are blind to the truth: scores depend on what the platform can see up to now, and on nothing else."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from detectors.testing.check import synthetic_steps
from sim import InfluenceModel
from sim.config.detector import load_detector
from sim.config.yaml_files import available
from sim.observation import COLUMNS, EVENTS, REPOST, STATIC, Observation
from sim.population.truth import Layer
from sim.population.world import World
from tests.sim.platform.scripted import N, Scripted, config, enforcement, model_of, world
from tests.sim.test_model import tiny

#: In the small world nobody reposts within seconds, so the limit is two hours; communities are sought once a layer.
SETTINGS = {
    "fast_repost": {"_target_": "detectors.fast_repost.FastRepost", "seconds": 7200.0, "min_authors": 1},
    "multiplex": {"_target_": "detectors.multiplex.Multiplex", "minutes": [60.0], "max_ties": 1000},
}
BLIND = [name for name in available("detector") if not getattr(load_detector(name), "sees_truth", False)]


class Keeps(Scripted):
    """Asks for every column and event field, and keeps each observation."""

    requires = frozenset({*COLUMNS, *EVENTS, *STATIC})

    def __init__(self) -> None:
        super().__init__(np.nan)
        self.seen: list[Observation] = []

    def observe(self, observation: Observation) -> None:
        super().observe(observation)
        self.seen.append(observation)


def ready(name: str) -> Any:
    """Return a new detector of a name; a supervised one is fitted to a synthetic log first."""
    detector = load_detector(SETTINGS.get(name, name), seed=1)
    if hasattr(detector, "fit"):
        detector.fit(synthetic_steps(seed=9), np.arange(60) < 6)
    return detector


def scores_over_time(model: InfluenceModel) -> list[bytes]:
    """Run a model; return its scores after each step, by internal number."""
    seen: list[bytes] = []
    model.run(lambda model: seen.append(model.platform.scores.tobytes()))
    assert np.isfinite(np.frombuffer(seen[-1])).sum() > 10  # otherwise equality would show nothing
    return seen


def with_truth_swapped(honest: World) -> World:
    """Return the world with the public and the operation swapped, and cells and groups too."""
    truth = honest.truth
    layer = np.where(truth.layer == Layer.ORGANIC, Layer.AMPLIFIER, Layer.ORGANIC).astype(np.uint8)
    registered = np.resize(truth.registered, np.count_nonzero(layer != Layer.ORGANIC))
    swapped = replace(
        truth, layer=layer, cell=truth.group, group=truth.cell, group_kind=-truth.group_kind, registered=registered
    )
    return replace(honest, truth=swapped)


def swap_the_truth_for_the_platform(model: InfluenceModel) -> None:
    """Swap the truth about accounts and posts while the platform takes its step, and restore it afterwards.

    Two things stay as they were. Links, hashtags and wordings are what posts carry: the campaign's posts come from its
    stock, whatever the truth calls them. And `known_accounts` is drawn from the truth before the run; that it follows
    the truth has a test of its own.
    """
    honest, platform_step, swapped = model.world, model.platform.step, with_truth_swapped(model.world)
    carried = model.platform.content.columns

    def carried_honestly(events: Any, timeline: Any, asked: Any) -> Any:
        origin = timeline._posts["origin"]
        origin[:] = 2 - origin
        try:
            return carried(events, timeline, asked)
        finally:
            origin[:] = 2 - origin

    model.platform.content.columns = carried_honestly  # type: ignore[method-assign]

    def step() -> None:
        origin = model.timeline._posts["origin"]
        kept = origin.copy()
        model.world, origin[:] = swapped, 2 - kept
        platform_step()
        model.world, origin[:] = honest, kept

    model.platform.step = step


@pytest.mark.parametrize("name", BLIND)
def test_swapping_the_truth_leaves_every_score_equal_byte_for_byte(name: str) -> None:
    honest, swapped = (model_of(ready(name), enforcement(math.inf)) for _ in range(2))
    swap_the_truth_for_the_platform(swapped)
    assert scores_over_time(swapped) == scores_over_time(honest)


def test_known_accounts_is_the_only_column_that_follows_the_truth() -> None:
    seen = []
    for about in (world(), with_truth_swapped(world())):
        keeps = Keeps()
        model = InfluenceModel(config(), keeps, enforcement=enforcement(math.inf), world=about)
        model.step()
        seen.append(keeps.seen[0])
    differ = [name for name in COLUMNS if (seen[0].column(name) != seen[1].column(name)).any()]
    assert differ == ["known_accounts"]
    assert (seen[0].follows.indices == seen[1].follows.indices).all()


def test_follows_are_the_graph_under_pseudonyms_the_same_object_in_every_step() -> None:
    keeps = Keeps()
    model = model_of(keeps, enforcement(math.inf))
    model.step()
    model.step()
    follows, graph, pseudonyms = keeps.seen[0].follows, model.world.graph, model.platform.pseudonyms
    assert keeps.seen[1].follows is follows
    assert follows.indices.size == graph.n_ties > 1000
    for account in range(0, N, 97):
        row = follows.indices[follows.indptr[pseudonyms[account]] : follows.indptr[pseudonyms[account] + 1]]
        assert row.tolist() == sorted(pseudonyms[graph.following(account)])


def test_a_repost_carries_what_the_post_carries() -> None:
    keeps = Keeps()
    model_of(keeps, enforcement(math.inf)).run()
    known: dict[int, tuple[int, int, int]] = {}
    reposts = 0
    for seen in keeps.seen:
        columns = [seen.event(name).tolist() for name in ("post", "kind", "url", "hashtags", "text")]
        for post, kind, *carried in zip(*columns, strict=True):
            assert known.setdefault(post, carried) == carried
            reposts += kind == REPOST
    assert reposts > 100


def test_the_oracle_follows_the_truth() -> None:
    scores = []
    for about in (world(), with_truth_swapped(world())):
        model = InfluenceModel(config(), "oracle", enforcement=enforcement(math.inf, cadence=1.0), world=about)
        model.step()
        scores.append(model.platform.scores)
    known = np.isfinite(scores[0])
    assert known.sum() > 1000
    assert (scores[0][known] == 1.0 - scores[1][known]).all()


@pytest.mark.parametrize("name", [name for name in BLIND if name != "random"])
def test_another_runs_account_numbers_permute_the_scores(name: str) -> None:
    """Account by account the scores are equal byte for byte: pseudonyms carry no information."""
    one, other = (model_of(ready(name), enforcement(math.inf)) for _ in range(2))
    pseudonyms = InfluenceModel(tiny(2), "oracle", math.inf).platform.pseudonyms
    assert (pseudonyms != one.platform.pseudonyms).mean() > 0.99
    other.platform.pseudonyms, other.platform._internal = pseudonyms, np.argsort(pseudonyms)
    other.platform._columns._pseudonyms = pseudonyms
    assert scores_over_time(one) == scores_over_time(other)


@pytest.mark.parametrize("name", BLIND)
def test_what_happens_later_changes_nothing_earlier(name: str) -> None:
    """A run of two days is the beginning of a run of three, scores included."""
    short, long = (model_of(ready(name), enforcement(math.inf), tiny(1, f"scenario.days={days}")) for days in (2, 3))
    earlier, later = scores_over_time(short), scores_over_time(long)
    assert len(later) > len(earlier)
    assert later[: len(earlier)] == earlier
    assert len(long.activity) > len(short.activity) > 1000
    for column in short.activity.columns:
        assert (long.activity[column][: len(short.activity)] == short.activity[column]).all()

"""Detectors are blind to the truth: scores depend on what the platform can see up to now, and on nothing else."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from detectors.testing.check import made_up_steps
from sim import InfluenceModel
from sim.config.detector import load_detector
from sim.config.yaml_files import available
from sim.observation import COLUMNS, EVENTS, REPOST, STATIC, Observation
from sim.population.truth import Layer
from sim.population.world import World
from tests.sim.platform.scripted import N, Scripted, config, enforcement, model_of, world
from tests.sim.test_model import tiny

JUDGES = [name for name in available("detector") if not getattr(load_detector(name), "sees_truth", False)]


class Keeps(Scripted):
    """Keeps all that it can be shown."""

    requires = frozenset({*COLUMNS, *EVENTS, *STATIC})

    def __init__(self) -> None:
        super().__init__(np.nan)
        self.seen: list[Observation] = []

    def observe(self, observation: Observation) -> None:
        super().observe(observation)
        self.seen.append(observation)


def ready(name: str) -> Any:
    """Return a fresh detector of a name; one that learns has learnt from a made-up log, of its busy few."""
    # In the small world nobody reposts within seconds: hours are as good a law.
    settings = {"_target_": "detectors.fast_repost.FastRepost", "seconds": 7200.0, "min_authors": 1}
    detector = load_detector(settings if name == "fast_repost" else name, seed=1)
    if hasattr(detector, "fit"):
        detector.fit(made_up_steps(seed=9), np.arange(60) < 6)
    return detector


def scores_over_time(model: InfluenceModel) -> list[bytes]:
    """Run a model; return its scores after each step, by internal number."""
    seen: list[bytes] = []
    model.run(lambda model: seen.append(model.platform.scores.tobytes()))
    assert np.isfinite(np.frombuffer(seen[-1])).sum() > 10  # or equality would say nothing
    return seen


def upside_down(honest: World) -> World:
    """Return the world with every account on the other side, and other cells and groups."""
    truth = honest.truth
    layer = np.where(truth.layer == Layer.ORGANIC, Layer.AMPLIFIER, Layer.ORGANIC).astype(np.uint8)
    lie = replace(truth, layer=layer, cell=truth.group, group=truth.cell, group_kind=-truth.group_kind)
    return replace(honest, truth=lie)


def lie_to_the_platform(model: InfluenceModel) -> None:
    """Turn the truth about accounts and posts upside down whenever the platform looks, and back afterwards.

    Two things that hang on it are left as they were. Links, hashtags and wordings are what posts carry, which is no
    opinion about them: the campaign's posts come from its templates whatever they are called. And `labels` are truth
    granted before the run, openly; that they follow it is for a test of their own.
    """
    honest, platform_step, lies = model.world, model.platform.step, upside_down(model.world)
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
        model.world, origin[:] = lies, 2 - kept
        platform_step()
        model.world, origin[:] = honest, kept

    model.platform.step = step


@pytest.mark.parametrize("name", JUDGES)
def test_swapping_the_truth_leaves_every_score_equal_byte_for_byte(name: str) -> None:
    honest, lied_to = (model_of(ready(name), enforcement(math.inf)) for _ in range(2))
    lie_to_the_platform(lied_to)
    assert scores_over_time(lied_to) == scores_over_time(honest)


def test_labels_do_follow_the_truth_and_are_the_only_column_that_does() -> None:
    seen = []
    for about in (world(), upside_down(world())):
        keeps = Keeps()
        model = InfluenceModel(config(), keeps, enforcement=enforcement(math.inf), world=about)
        model.step()
        seen.append(keeps.seen[0])
    differ = [name for name in COLUMNS if (seen[0].column(name) != seen[1].column(name)).any()]
    assert differ == ["known_accounts"]
    assert (seen[0].follows.indices == seen[1].follows.indices).all()


def test_follows_are_the_graphs_under_fresh_numbers_the_same_object_in_every_step() -> None:
    keeps = Keeps()
    model = model_of(keeps, enforcement(math.inf))
    model.step()
    model.step()
    follows, graph, fresh = keeps.seen[0].follows, model.world.graph, model.platform.pseudonyms
    assert keeps.seen[1].follows is follows
    assert follows.indices.size == graph.n_ties > 1000
    for account in range(0, N, 97):
        row = follows.indices[follows.indptr[fresh[account]] : follows.indptr[fresh[account] + 1]]
        assert row.tolist() == sorted(fresh[graph.following(account)])


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


def test_the_ceiling_of_a_comparison_does_follow_the_truth() -> None:
    scores = []
    for about in (world(), upside_down(world())):
        model = InfluenceModel(config(), "oracle", enforcement=enforcement(math.inf, cadence=1.0), world=about)
        model.step()
        scores.append(model.platform.scores)
    known = np.isfinite(scores[0])
    assert known.sum() > 1000
    assert (scores[0][known] == 1.0 - scores[1][known]).all()


@pytest.mark.parametrize("name", [name for name in JUDGES if name != "random"])
def test_another_runs_account_numbers_permute_the_scores(name: str) -> None:
    """By internal number they are equal byte for byte: the numbers that detectors see say nothing."""
    one, other = (model_of(ready(name), enforcement(math.inf)) for _ in range(2))
    fresh = InfluenceModel(tiny(2), "oracle", math.inf).platform.pseudonyms
    assert (fresh != one.platform.pseudonyms).mean() > 0.99
    other.platform.pseudonyms, other.platform._internal = fresh, np.argsort(fresh)
    other.platform._columns._pseudonyms = fresh
    assert scores_over_time(one) == scores_over_time(other)


@pytest.mark.parametrize("name", JUDGES)
def test_what_happens_later_changes_nothing_earlier(name: str) -> None:
    """A run of two days is the beginning of a run of three, scores included."""
    short, long = (model_of(ready(name), enforcement(math.inf), tiny(1, f"scenario.days={days}")) for days in (2, 3))
    earlier, later = scores_over_time(short), scores_over_time(long)
    assert len(later) > len(earlier)
    assert later[: len(earlier)] == earlier
    assert len(long.activity) > len(short.activity) > 1000
    for column in short.activity.columns:
        assert (long.activity[column][: len(short.activity)] == short.activity[column]).all()

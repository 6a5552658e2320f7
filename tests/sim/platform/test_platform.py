"""The platform: what detectors may do, when it acts and upon whom, and that it knows nothing of the truth."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import Detector, Evidence
from detectors.base import DetectorError as DetectorsError
from detectors.testing.check import made_up_steps
from experiments.cli.main import main
from sim import ConfigError, InfluenceModel
from sim.config import EnforcementConfig, WorldConfig
from sim.config.detector import load_detector
from sim.config.yaml_files import available
from sim.enforcement.policy import Never, Threshold, policy_of
from sim.observation import COLUMNS, EVENTS, REPOST, STATIC, DetectorError, Observation
from sim.population.accounts import NEVER, Status
from sim.population.truth import Layer
from sim.population.world import World, build_world
from tests.experiments.tiny import TINY
from tests.sim.test_model import same_log, tiny

HOUR, DAY = 3600, 86_400


@cache
def config() -> WorldConfig:
    return tiny()


@cache
def world() -> World:
    return build_world(config())


def enforcement(threshold: float = 0.5, cadence: float = 6.0, delay: float = 0.0) -> EnforcementConfig:
    return EnforcementConfig(policy="threshold", threshold=threshold, cadence_hours=cadence, delay_hours=delay)


def model_of(detector: Any, rules: EnforcementConfig | None = None, of: WorldConfig | None = None) -> InfluenceModel:
    shared = world() if of is None else None
    return InfluenceModel(of or config(), detector, enforcement=rules or enforcement(), world=shared)


def seconds_of_suspension(model: InfluenceModel) -> np.ndarray:
    """Return when each account was suspended, seconds from the start of the run, or a time that does not come."""
    at = model.accounts.suspended_at
    return np.where(at == NEVER, NEVER, at - model.config.scenario.start_epoch)


class Scripted(Detector):
    """Scores as it is told: from the given second of the run on `scores`, before that nothing."""

    requires = frozenset({"account"})

    def __init__(self, scores: Any = 1.0, begin: int = 0) -> None:
        self.scores, self.begin = scores, begin
        self.now, self.n, self.asked = 0, 0, []

    def observe(self, observation: Observation) -> None:
        self.now += observation.end - observation.start
        self.n = observation.n_accounts

    def score(self) -> np.ndarray:
        self.asked.append(self.now)
        return np.full(self.n, np.nan) if self.now < self.begin else np.zeros(self.n) + self.scores

    def explain(self, account: int) -> Evidence:
        return Evidence(account, "It was told so.")


# What a detector must not do.


class Keeps(Scripted):
    """Keeps all that it can be shown."""

    requires = frozenset({*COLUMNS, *EVENTS, *STATIC})

    def __init__(self) -> None:
        super().__init__(np.nan)
        self.seen: list[Observation] = []

    def observe(self, observation: Observation) -> None:
        super().observe(observation)
        self.seen.append(observation)


class Faulty(Scripted):
    """Breaks one rule of the protocol."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault

    def observe(self, observation: Observation) -> None:
        super().observe(observation)
        if self.fault == "raises while it observes":
            raise ZeroDivisionError("division\nby zero")
        if self.fault == "raises the protocol's own error":
            raise DetectorError("too early")
        if self.fault == "leaves the program":
            raise SystemExit(3)
        if self.fault == "writes into the events":
            observation.event("account")[:0] = 0
        if self.fault == "makes the events writable":
            observation.event("account").flags.writeable = True
        if self.fault == "moves the end of the step":
            observation.end = 0  # type: ignore[misc]
        if self.fault == "reads what it did not require":
            observation.event("post")

    def score(self) -> Any:
        scores = super().score()
        if self.fault == "raises while it scores":
            return scores[self.n]
        return {
            "returns a list": scores.tolist(),
            "returns whole numbers": scores.astype(int),
            "returns one score too few": scores[1:],
            "returns a table": scores[:, None],
            "returns nothing": None,
            "scores above one": scores * 1.5,
            "scores below nought": -scores,
            "scores infinitely": scores * np.inf,
        }.get(self.fault, scores)


N = 1500 + 12 + 240
FAULTS = {
    "raises while it observes": "observe() raised ZeroDivisionError: division by zero",
    "raises the protocol's own error": "observe() raised DetectorError: too early",
    "writes into the events": "observe() raised ValueError: assignment destination is read-only",
    "makes the events writable": "observe() raised ValueError: cannot set WRITEABLE flag to True of this array",
    "moves the end of the step": "observe() raised ObservationError: an observation cannot be changed; 'end' was to be",
    "reads what it did not require": "observe() raised ObservationError: an observation has no event field 'post'",
    "raises while it scores": f"score() raised IndexError: index {N} is out of bounds",
    "returns a list": "score() must return a float64 array; got list.",
    "returns whole numbers": "score() must return a float64 array; got type int64.",
    "returns one score too few": f"score() must return shape ({N},), one score an account; got ({N - 1},).",
    "returns a table": f"score() must return shape ({N},), one score an account; got ({N}, 1).",
    "returns nothing": "score() must return a float64 array; got NoneType.",
    "scores above one": "score() must lie in [0, 1] or be NaN; got 1.5 for account 0.",
    "scores below nought": "score() must lie in [0, 1] or be NaN; got -1 for account 0.",
    "scores infinitely": "score() must lie in [0, 1] or be NaN; got inf for account 0.",
}


def test_what_detectors_raise_is_what_the_platform_raises() -> None:
    assert DetectorsError is DetectorError


@pytest.mark.parametrize("fault", FAULTS)
def test_a_detector_that_breaks_a_rule_is_named_with_what_it_did_and_nobody_is_acted_upon(fault: str) -> None:
    model = model_of(Faulty(fault), enforcement(cadence=1.0))
    with pytest.raises(DetectorError) as caught:
        model.run()
    assert str(caught.value).startswith(f"detector Faulty: {FAULTS[fault]}")
    assert "\n" not in str(caught.value)
    assert (model.accounts.status == Status.ACTIVE).all()


def test_a_detector_that_breaks_none_is_let_through() -> None:
    model = model_of(Faulty("none"), enforcement(cadence=1.0))
    model.step()
    assert np.nanmin(model.platform.scores) == 1.0


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (Scripted, "detector must be an object; got the class Scripted, of which one is to be made."),
        (3.5, "detector must have requires, observe, score; float has no requires, observe, score."),
        (type("Blind", (), {"observe": 1, "score": 1})(), "detector must have .*; Blind has no requires."),
        (type("Lone", (Scripted,), {"sees_truth": True})(), "detector must have .*reveal; Lone has no reveal."),
        (type("Text", (Scripted,), {"requires": "time"})(), "Text.requires must be a set of names; got 'time'."),
        (type("Seer", (Scripted,), {"requires": {"time", "layer"}})(), "Seer.requires names layer, which no platform"),
    ],
)
def test_what_is_no_detector_is_refused_before_the_run(detector: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        model_of(detector)


FAULTY = (
    "detector=oracle",
    "detector._target_=tests.sim.platform.test_platform.Faulty",
    "+detector.fault=scores above one",
)
SAID = "detector Faulty: score() must lie in [0, 1] or be NaN; got 1.5 for account 0."


@pytest.fixture
def takedown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs the command in an empty folder: exit status and standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["takedown", *TINY, *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), capsys.readouterr().err

    return call


def test_the_command_tells_of_such_a_detector_in_one_line_and_keeps_what_was_run(takedown: Any, tmp_path: Path) -> None:
    said = f"{SAID} Results are of 24 of 48 steps."  # it scores once a day
    assert takedown(*FAULTY, "hydra.run.dir=run") == (1, f"takedown: {said}\n")
    assert json.loads((tmp_path / "run" / "provenance.json").read_text())["failed"] == said
    series = pd.read_parquet(tmp_path / "run" / "series.parquet")
    measures = [group.drop(columns=["detector", "threshold"]).reset_index(drop=True)
                for _, group in series.groupby("detector")]  # fmt: skip
    assert [len(run) for run in measures] == [24, 24]
    pd.testing.assert_frame_equal(*measures)  # nobody was acted upon: both are the unenforced run


def test_a_detector_that_leaves_the_program_is_named_like_any_other() -> None:
    with pytest.raises(DetectorError, match=r"^detector Faulty: observe\(\) raised SystemExit: 3$"):
        model_of(Faulty("leaves the program"), enforcement(cadence=1.0)).run()


# What scores may depend on.

JUDGES = [name for name in available("detector") if not getattr(load_detector(name), "sees_truth", False)]


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


def test_a_run_is_its_twin_until_the_first_suspension() -> None:
    enforced, twin = model_of(Scripted(begin=DAY)), model_of(None)
    enforced.run()
    twin.run()
    first = seconds_of_suspension(enforced).min()
    assert first == DAY
    for ours, theirs in ((enforced.activity, twin.activity), (enforced.impressions, twin.impressions)):
        before = [{name: log[name][log["time"] < first] for name in log.columns} for log in (ours, theirs)]
        assert before[0]["time"].size > 10
        assert all((before[0][name] == before[1][name]).all() for name in ours.columns)
        assert len(ours) < len(theirs)


# When it acts.


@pytest.mark.parametrize(
    ("cadence_hours", "step_minutes", "every"),
    [(6.0, 60, 6 * HOUR), (1.0, 60, HOUR), (0.1, 60, HOUR), (0.5, 30, 1800), (24.0, 720, DAY), (5.0, 120, 4 * HOUR)],
)
def test_scores_are_asked_for_at_the_cadence_in_whole_steps(
    cadence_hours: float, step_minutes: int, every: int
) -> None:
    of = replace(config(), scenario=replace(config().scenario, step_minutes=step_minutes, days=2))
    detector = Scripted(np.nan)
    model_of(detector, enforcement(cadence=cadence_hours), of).run()
    assert detector.asked == list(range(every, 2 * DAY + 1, every))


@pytest.mark.parametrize(
    ("delay_hours", "waits"),
    [(0.0, 0), (1.0, HOUR), (5.0, 5 * HOUR), (1 / HOUR, HOUR), (1 + 1 / HOUR, 2 * HOUR), (2 - 1 / HOUR, 2 * HOUR)],
)
def test_a_suspension_takes_effect_at_the_first_step_after_its_delay_to_the_second(
    delay_hours: float, waits: int
) -> None:
    """Everybody reaches the threshold at the end of the first day: they act until the hour, and never again."""
    model = model_of(Scripted(begin=DAY), enforcement(cadence=24.0, delay=delay_hours))
    model.run()
    existed = model.accounts.created < config().scenario.start_epoch + DAY
    when = seconds_of_suspension(model)
    assert (when[existed] == DAY + waits).all()
    time, account = model.activity["time"], model.activity["account"]
    acts = time[existed[account]]
    assert DAY + waits - HOUR <= acts.max() < DAY + waits
    readers = model.impressions["account"]
    assert (model.impressions["time"] < when[readers]).all()


def test_a_delay_beyond_the_end_suspends_nobody() -> None:
    model = model_of(Scripted(), enforcement(delay=72.0))
    model.run()
    assert model.platform.actions.ordered.any()
    assert (model.accounts.status == Status.ACTIVE).all()
    assert same_log(model.activity, model_of_unenforced().activity)


@cache
def model_of_unenforced() -> InfluenceModel:
    model = model_of(None)
    model.run()
    return model


def test_a_suspension_that_was_ordered_is_not_ordered_again() -> None:
    """Scores come every hour and the delay is three: the first order counts, not the last."""
    model = model_of(Scripted(), enforcement(cadence=1.0, delay=3.0))
    model.run()
    table, start = model.accounts, config().scenario.start_epoch
    old = table.created < start
    assert (seconds_of_suspension(model)[old] == 4 * HOUR).all()


# Upon whom.


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0, math.inf])
def test_it_acts_on_scores_that_reach_the_threshold_and_on_no_other(threshold: float) -> None:
    kinds = [0.0, np.nextafter(0.5, 0.0), 0.5, np.nextafter(0.5, 1.0), np.nextafter(1.0, 0.0), 1.0, np.nan]
    scores = np.array(kinds)[np.arange(N) % len(kinds)]
    model = model_of(Scripted(scores), enforcement(threshold))
    for _ in range(7):
        model.step()
    registered = model.accounts.created < config().scenario.start_epoch + 6 * HOUR
    mine = scores[model.platform.pseudonyms]
    assert ((model.accounts.status == Status.SUSPENDED) == (registered & (mine >= threshold))).all()
    np.testing.assert_array_equal(model.platform.scores, np.where(registered, mine, np.nan))


def test_an_account_that_does_not_exist_yet_is_left_alone_until_it_does() -> None:
    """Amplifiers of the later waves are hit at the first scoring after their registration."""
    model = model_of(Scripted(), enforcement(cadence=1.0))
    model.run()
    born = model.accounts.created - config().scenario.start_epoch
    late = (born > 0) & (born < 70 * HOUR)
    assert late.sum() > 50
    assert (seconds_of_suspension(model)[late] == (born[late] // HOUR + 1) * HOUR).all()


def test_a_policy_is_any_object_that_decides_by_scores() -> None:
    class TopTen:
        def decide(self, scores: np.ndarray) -> np.ndarray:
            return np.isin(np.arange(scores.size), np.argsort(-np.nan_to_num(scores))[:10])

    lot = np.random.Generator(np.random.Philox(key=1)).permutation(N) / N
    model = model_of(Scripted(lot), enforcement(cadence=24.0))
    model.platform.policy = TopTen()
    for _ in range(25):
        model.step()
    fallen = np.flatnonzero(model.accounts.status)
    assert fallen.size == 10
    scores = model.platform.scores
    assert scores[fallen].min() > np.nanmax(np.delete(scores, fallen))


@given(st.lists(st.floats(0.0, 1.0) | st.just(math.nan)), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_higher_threshold_acts_on_fewer_and_never_on_the_unscored(
    scores: list[float], one: float, other: float
) -> None:
    given = np.array(scores, np.float64)
    low, high = Threshold(min(one, other)).decide(given), Threshold(max(one, other)).decide(given)
    assert low.tolist() == [score >= min(one, other) for score in scores]
    assert not (high & ~low).any()
    assert not low[np.isnan(given)].any()
    assert not Never().decide(given).any()


@pytest.mark.parametrize(("policy", "threshold"), [("never", 0.0), ("never", math.inf), ("threshold", math.inf)])
def test_a_policy_that_never_acts_is_called_never(policy: str, threshold: float) -> None:
    assert isinstance(policy_of(replace(enforcement(), policy=policy, threshold=threshold)), Never)

"""Values that are changed one at a time: keys, what they are set to, and what is run."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from detectors import CoRepost
from experiments.sensitivity.changes import (
    PROBE,
    Change,
    changes_of,
    composed,
    listed,
    runs_of_changes,
    text_of,
    world_of,
)
from sim import ConfigError, InfluenceModel, load_scenario
from sim.config import WorldConfig
from sim.config.yaml_files import CONFIG_FOLDER
from sim.metrics import own_measures
from tests.experiments.tiny import TINY_WORLD

CONFIG = composed(TINY_WORLD)
BUSY = [*TINY_WORLD, "scenario.amplifiers=400", "scenario.days=6"]  # both detectors hit some


def change(key: str, ends: list | None = None) -> list[Change]:
    return changes_of(CONFIG, {key: ends})


def test_a_value_is_halved_and_doubled_or_takes_the_ends_that_are_given():
    assert [one.value for one in change("organic.interest_match")] == [1.0, 4.0]
    assert [one.value for one in change("organic.office_share", [0.1, 0.5])] == [0.1, 0.5]
    assert [(one.end, one.default) for one in change("organic.office_share", [0.1, 0.5])] == [
        ("low", 0.2),
        ("high", 0.2),
    ]
    assert [one.value for one in change("organic.groups.fans.size")] == [30, 120]
    assert [one.value for one in change("feed.lag_hours")] == [
        [0.0, 3.25, 8.0, 16.0, 78.0], [0.0, 13.0, 32.0, 64.0, 312.0]
    ]  # fmt: skip


def test_an_end_that_is_the_default_is_no_change():
    assert [one.end for one in change("organic.office_share", [0.2, 0.5])] == ["high"]


@pytest.mark.parametrize(
    ("key", "ends", "message"),
    [
        ("organic.nosuch", None, "organic.nosuch is no value of hk2019: organic has no nosuch."),
        ("nosuch.key", None, "nosuch.key is no value of hk2019: the configuration has no nosuch."),
        ("feed.lag_shares.9", None, "feed.lag_shares.9 is no value of hk2019: feed.lag_shares has no 9."),
        ("feed.lag_shares.x", None, "feed.lag_shares.x is no value of hk2019: feed.lag_shares has no x."),
        ("organic.topics.more", None, "organic.topics.more is no value of hk2019: organic.topics has no more."),
        (
            "feed.ranking",
            None,
            "feed.ranking must hold a number to be halved and doubled, or be given [LOW, HIGH]; got ",
        ),
        ("feed.repost_friction", None, "feed.repost_friction must hold a number to be halved and doubled"),
        ("feed.attention", [3], "feed.attention must have two values, [LOW, HIGH], or null; got [3]."),
    ],
)
def test_what_cannot_be_changed_is_refused_by_its_key(key: str, ends: list | None, message: str):
    with pytest.raises(ConfigError) as refused:
        change(key, ends)
    assert str(refused.value).startswith(message)


def test_a_value_that_is_not_allowed_is_named_with_what_it_was_set_to():
    low, _ = change("organic.office_share", [-1.0, 0.5])
    with pytest.raises(
        ConfigError, match=r"organic\.office_share cannot be set to -1: organic\.office_share must lie in"
    ):
        world_of(CONFIG, low)


def test_dotted_keys_reach_into_mappings_and_lists_and_change_nothing_else():
    elite, _ = change("organic.elite.contested_share", [0.05, 0.25])
    world, default = world_of(CONFIG, elite), world_of(CONFIG)
    assert world.organic.elite.contested_share == 0.05
    assert world.organic.elite.acts_per_month == default.organic.elite.acts_per_month
    assert world != default == load_scenario("hk2019", overrides=TINY_WORLD)


def test_other_shares_are_scaled_where_they_add_up_to_one():
    low, _ = change("feed.lag_shares.0", [0.165, 0.66])
    shares, before = world_of(CONFIG, low).feed.lag_shares, world_of(CONFIG).feed.lag_shares
    assert shares[0] == 0.165
    assert sum(shares) == pytest.approx(1.0)
    assert shares[1] / shares[2] == pytest.approx(before[1] / before[2])
    _, high = change("operation.supply.amplifiers.kinds.bought", [0.025, 0.3])
    assert dict(world_of(CONFIG, high).operation.supply.amplifiers.kinds) == pytest.approx(
        {"fresh": 0.7, "bought": 0.3, "hijacked": 0.0}
    )
    _, high = change("operation.roles.commentator.share", [0.075, 0.3])
    assert world_of(CONFIG, high).operation.roles["repurposed"].share == pytest.approx(0.7)


def test_each_change_is_run_with_and_without_enforcement_on_each_seed_beside_the_default():
    runs = runs_of_changes(
        CONFIG, change("organic.office_share", [0.1, 0.5]), [1, 2], {"co_repost": 0.7, "random": 0.9}
    )
    assert len({run.key for run in runs}) == len(runs) == 2 * 3 * 3
    assert [run.arms["to"] for run in runs[:9]] == 3 * ["none"] + 3 * ["0.1"] + 3 * ["0.5"]
    assert [run.is_twin for run in runs[:3]] == [True, False, False]
    assert [run.probe for run in runs[:3]] == [PROBE, None, None]
    assert runs[0].arms["threshold"] == math.inf
    assert [(run.arms["detector"], run.enforcement.threshold) for run in runs[1:3]] == [
        ("co_repost", 0.7),
        ("random", 0.9),
    ]


def test_every_listed_value_exists_and_can_be_set_to_both_ends():
    config = composed(["scenario.scale=0.05"])
    changes = changes_of(config, listed()["values"])
    worlds = [world_of(config, one) for one in changes]
    assert len({str(world) for world in worlds}) == len(changes)
    assert {one.key for one in changes} == set(listed()["values"])
    assert not set(listed()["values"]) & set(listed()["untouched"])


def test_every_value_that_is_not_known_is_listed_with_the_range_that_is_said_beside_it():
    said = {}
    for group, file in (
        ("organic", "default"),
        ("feed", "engagement"),
        ("operation", "default"),
        ("operation", "hk2019"),
    ):
        for line in Path(CONFIG_FOLDER, group, f"{file}.yaml").read_text(encoding="utf-8").splitlines():
            if found := re.match(r"(\w+): [^#]*#.*\bnot known\b(?:, ([\d.]+) to ([\d.]+))?", line):
                said[f"{group}.{found[1]}"] = [float(end) for end in found.groups()[1:] if end]
    assert len(said) > 8
    assert {key: listed()["values"][key] or [] for key in said} == said


@pytest.mark.slow
@pytest.mark.parametrize("key", listed()["untouched"])
def test_what_is_said_to_change_nothing_changes_nothing(key: str):
    """In a tiny world in which accounts fall, under the detectors of the command."""
    config = composed(BUSY) | {"seed": 3}
    worlds = []
    for one in change(key):
        with suppress(ConfigError):  # some shares cannot be doubled
            worlds.append(world_of(config, one))
    assert world_of(config) != worlds[-1]
    for detector in ("co_repost", "creation_burst"):
        before, after = default_reached_and_hit(detector), reached_and_hit(worlds[-1], detector)
        assert after == before
        assert before["operation_enforced"] > 0.0


@cache
def default_reached_and_hit(detector: str) -> dict[str, float]:
    return reached_and_hit(world_of(composed(BUSY) | {"seed": 3}), detector)


def reached_and_hit(world: WorldConfig, detector: str) -> dict[str, float]:
    # In a world as small as this one few act together: pairs that share one post are compared as well.
    made = CoRepost(min_reposts=1, min_holders=1) if detector == "co_repost" else detector
    model = InfluenceModel(world, made, 0.1)
    model.run()
    measures = own_measures(model.outcome())
    return {name: measures[name] for name in ("reach", "people_hit", "impressions", "operation_enforced")}


def test_values_are_written_briefly():
    assert [text_of(one) for one in (0.1, 2, [0.0, 1.5])] == ["0.1", "2", "[0.0, 1.5]"]

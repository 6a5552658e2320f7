"""Every configuration composes and builds; every wrong one is refused with its key, its value and what is allowed."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from experiments.cli.config import SweepConfig
from experiments.cli.sweep import thresholds_of
from experiments.sweep import grid
from sim import ConfigError, load_scenario
from sim.config import from_mapping
from sim.config.composition import compose_config, enforcement_from, load_enforcement, world_from
from sim.config.detector import detector_settings, load_detector
from sim.config.yaml_files import available  # fmt: skip

GROUPS = ("scenario", "graph", "organic", "operation", "feed", "content", "known_accounts", "detector", "enforcement")


@pytest.mark.parametrize(("group", "name"), [(group, name) for group in GROUPS for name in available(group)])
def test_every_file_of_every_group_composes_and_builds(group: str, name: str):
    config = compose_config([f"{group}={name}"])
    world_from(config)
    enforcement_from(config)
    load_detector(config.detector)


@pytest.mark.parametrize("name", available("experiment"))
def test_every_experiment_is_a_sweep_of_known_detectors(name: str):
    config = compose_config([f"experiment={name}"])
    assert config.task == "sweep"
    options = from_mapping(SweepConfig, OmegaConf.to_container(config.sweep, resolve=True), "sweep")
    if options.points and not options.detectors:
        assert options.whole in options.points or options.vary  # something is compared
        return
    cells = grid(options.detectors, thresholds_of(options, {}), range(options.seeds))
    assert {cell.detector for cell in cells} <= set(available("detector"))
    world_from(config)
    enforcement_from(config)


def test_every_detector_that_need_not_be_trained_has_thresholds_to_sweep():
    options = from_mapping(SweepConfig, OmegaConf.to_container(compose_config([]).sweep, resolve=True), "sweep")
    untrained = [name for name in available("detector") if not hasattr(load_detector(name), "fit")]
    assert {"co_repost", "fused", "sybilscar"} < set(untrained)
    assert set(untrained) == set(options.thresholds)  # by which they may be changed on the command line
    every = replace(options, detectors=untrained)
    assert len(grid(untrained, thresholds_of(every, {}), [1])) > 3 * len(untrained)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("scenario=atlantis", r"scenario must be one of .*hk2019.*; got 'atlantis'\."),
        ("feed=random", r"feed must be one of chronological, engagement, equal_weights, known_only; got 'random'\."),
        ("scenario.size=3", r"scenario\.size is not an option; allowed here: amplifiers, announced, core, days"),
        ("sceanrio.days=3", r"sceanrio\.days is not an option|sceanrio"),
        ("+scenario.size=3", r"scenario\.size is not an option; allowed here: amplifiers"),
        ("scenario.organic=-5", r"scenario\.organic must lie in \[1, 1e\+08\]; got -5\."),
        ("scenario.organic=many", r"scenario\.organic must be a whole number; got 'many'\."),
        ("scenario.organic=2.5", r"scenario\.organic must be a whole number; got 2\.5\."),
        ("scenario.start=yesterday", r"scenario\.start must be a date YYYY-MM-DD; got 'yesterday'\."),
        ("organic.never_repost_share=1.2", r"organic\.never_repost_share must lie in \[0, 1\]; got 1\.2\."),
        ("organic.groups.fans.share=2", r"organic\.groups\.\*\.share must lie in \[0, 1\]; got 2\.0\."),
        ("operation.participation=nan", r"operation\.participation must lie in \[0, 1\]; got nan\."),
        ("feed.ranking=best", r"feed\.ranking must be one of chronological, engagement; got 'best'\."),
        ("scenario.days=${nothing}", r"scenario cannot be resolved: Interpolation key 'nothing' not found"),
        ("scenario.days=[1", r"'scenario\.days=\[1' is not an override; write key=value"),
        ("scenario=7", r"Config group override must be a string"),
    ],
)
def test_a_wrong_world_is_refused_with_key_value_and_what_is_allowed(override: str, message: str):
    with pytest.raises(ConfigError, match=message) as caught:
        world_from(compose_config([override]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", [-1, 1.5, "one"])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(ConfigError, match=r"seed must be a whole number|seed .*got"):
        load_scenario("hk2019", seed=seed)


@pytest.mark.parametrize(("value", "message"), [("abc", "a number; got 'abc'"), ("nan", "got nan"), ("1.7", "got 1.7")])
def test_a_threshold_that_is_no_number_is_refused(value: str, message: str):
    with pytest.raises(ConfigError, match=rf"enforcement\.threshold must .*{message}"):
        load_enforcement(f"enforcement.threshold={value}")


def test_an_infinite_threshold_is_a_threshold():
    assert load_enforcement("enforcement.threshold=inf").threshold == math.inf
    assert load_enforcement("enforcement=never").threshold == math.inf


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        ("crystal_ball", r"detector must be one of .*oracle.*; got 'crystal_ball'\."),
        ({"window": 3}, r"detector must be a name or hold _target_"),
        ({"_target_": "nowhere.Nobody"}, r"detector\._target_ must be .*; got 'nowhere\.Nobody', which cannot be imp"),
        ({"_target_": "fractions.Fraction"}, r"got 'fractions\.Fraction', which has no observe, score\."),
        (
            {"_target_": "detectors.random.RandomDetector", "window": 3},
            r"detector cannot be made from detectors\.random\.RandomDetector: .*window",
        ),
    ],
)
def test_a_detector_that_cannot_be_made_is_named(detector, message: str):
    with pytest.raises(ConfigError, match=message) as caught:
        load_detector(detector)
    assert "\n" not in str(caught.value)


def test_scale_and_seed_are_those_asked_for_and_the_last_word():
    world = load_scenario("hk2019", scale=0.01, seed=7, overrides=["scenario.days=3", "seed=9"])
    assert (world.scenario.scale, world.seed, world.scenario.days) == (0.01, 7, 3)
    assert load_scenario("hk2019").seed == 1
    assert load_scenario("hk2019", overrides=["seed=5"]).seed == 5


@pytest.mark.parametrize("overrides", [[3], [["a"]], None, "scenario.days=2", 3])
def test_overrides_are_a_list_of_texts(overrides):
    message = f"overrides must be a list of texts such as 'scenario.days=2'; got {overrides!r}."
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        load_scenario("hk2019", overrides=overrides)


def test_loading_leaves_a_running_hydra_application_as_it_was():
    sentinel = object()
    instance = GlobalHydra.instance()
    before, instance.hydra = instance.hydra, sentinel
    try:
        load_scenario("hk2019")
        assert GlobalHydra.instance().hydra is sentinel
    finally:
        GlobalHydra.instance().hydra = before


def test_a_detectors_file_is_read_at_the_seed_of_each_run() -> None:
    config = compose_config(["detector=random", "seed=1"])
    assert [detector_settings(config, seed=seed)["seed"] for seed in (1, 7)] == [1, 7]
    assert detector_settings(config)["seed"] == 1


def test_overrides_of_what_is_not_read_are_refused_and_not_dropped():
    for override in ("detector=co_repost", "enforcement.threshold=0.9", "~sweep.seeds"):
        with pytest.raises(ConfigError, match=r"a world's overrides must be of seed, scenario, .*; got "):
            load_scenario("hk2019", overrides=[override])
    with pytest.raises(ConfigError, match=r"load_enforcement's overrides must be of enf.*; got 'scenario\.days=2'"):
        load_enforcement("scenario.days=2")


@pytest.mark.parametrize(("followed", "longest"), [(6.0, 0.0), (6.0, 156.0), (48.0, 0.0)])
def test_a_recommended_post_is_never_forgotten_before_one_that_was_not(followed: float, longest: float) -> None:
    feed = replace(load_scenario("hk2019").feed, followed_hours=followed, lag_hours=[longest], lag_shares=[1.0])
    assert feed.kept_hours >= feed.unlisted_hours >= followed
    assert feed.kept_hours >= followed + longest


@pytest.mark.parametrize(
    ("announced", "days", "seconds"),
    [
        ("'2019-08-19'", 60, 30 * 86_400),
        ("'2019-08-19'", 31, 30 * 86_400),
        ("'2019-08-19'", 30, None),  # the run ends where that day begins
        ("'2019-08-19'", 4, None),
        ("'2019-07-20'", 4, None),  # the run begins where that day does
        ("'2019-07-21'", 4, 86_400),
        ("null", 60, None),
    ],
)
def test_an_announcement_counts_where_days_lie_on_either_side(announced: str, days: int, seconds: int | None) -> None:
    changes = [f"scenario.announced={announced}", f"scenario.days={days}"]
    assert load_scenario("hk2019", overrides=changes).scenario.announced_seconds == seconds


def test_the_takedown_of_hk2019_is_announced_on_the_thirty_first_of_sixty_days() -> None:
    scenario = load_scenario("hk2019").scenario
    assert (scenario.days, scenario.announced_seconds) == (60, 30 * 86_400)


@pytest.mark.parametrize("announced", ["19 August", "2019-02-30", "20190819"])
def test_an_announcement_that_is_no_day_is_refused(announced: str) -> None:
    with pytest.raises(ConfigError, match=r"scenario\.announced must be a date YYYY-MM-DD; got "):
        load_scenario("hk2019", overrides=[f"scenario.announced='{announced}'"])

"""What a drop in reach consists of: readers silenced, the operation removed, people removed."""

from __future__ import annotations

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.events.records import REPOST
from sim.metrics import PARTS, attribution
from tests.sim.enforcement.actions.test_challenge import CHECK
from tests.sim.enforcement.draws import appeals, config, lottery, review, rules, world
from tests.sim.metrics.test_locks import locked, reads
from tests.sim.metrics.test_measures import TWIN, outcome
from tests.sim.platform.scripted import DAY, HOUR, Scripted

WHAT = ("reach", "impressions")


def finished(model: InfluenceModel) -> InfluenceModel:
    model.run()
    return model


def by_hand(accounts: np.ndarray, *times: int) -> InfluenceModel:
    """Return a run in which accounts are suspended by hand at one time and, if there is a second one, reinstated."""
    model = InfluenceModel(config(), world=world())
    model.platform.apply(accounts, "suspend", 1.0, times[0], "by hand")
    while not model.over:
        if len(times) > 1 and model.now == times[1]:
            model.platform.actions.lift(accounts, "suspend", "by hand", model.now)
        model.step()
    return model


def assert_adds_up(model: InfluenceModel) -> dict[str, float]:
    found, seen, twin = model.attribution(), model.outcome(), model.twin()
    assert found["reach_lost"] == twin.reached.size - seen.reached.size
    assert found["impressions_lost"] == twin.impressions - seen.impressions
    for what in WHAT:
        assert found[f"{what}_lost"] == sum(found[f"{what}_lost_{part}"] for part in PARTS)
        left = {"reach": twin.reached.size, "impressions": twin.impressions}[what]
        left -= found[f"{what}_lost_readers_silenced"]
        cut = found[f"{what}_lost_operation_removed"] + found[f"{what}_lost_people_removed"]
        assert model.results()[f"{what}_cut_off"] == pytest.approx(cut / left)
    return found


def test_the_parts_are_counted_by_hand_on_small_outcomes() -> None:
    twin = dict(reads((1, 50), (1, 150), (2, 150), (3, 50), (4, 50), (5, 50), (5, 150)), impressions=7)
    scripted = dict(reads((1, 50), (1, 150), (2, 150), (4, 50), (5, 150)), impressions=5)
    run = dict(reads((1, 50), (4, 50)), impressions=2, reached=np.array([1, 4], np.int32), **locked((2, 100, 200)))
    more = {"reached": np.array([1, 2, 3, 4, 5], np.int32)}
    assert attribution(outcome(**run), outcome(**scripted), outcome(**{**TWIN.__dict__, **twin, **more})) == {
        "reach_lost": 3, "reach_lost_readers_silenced": 1, "reach_lost_operation_removed": 1,
        "reach_lost_people_removed": 1, "impressions_lost": 5, "impressions_lost_readers_silenced": 1,
        "impressions_lost_operation_removed": 2, "impressions_lost_people_removed": 2,
    }  # fmt: skip


def test_suspending_people_alone_removes_nothing_of_the_operation() -> None:
    """The 3% of people who repost most."""
    log, n = finished(InfluenceModel(config(), world=world())).activity, config().scenario.n_organic
    reposts = np.bincount(log["account"][(log["kind"] == REPOST) & (log["account"] < n)], minlength=n)
    busiest = np.argsort(-reposts, kind="stable")[: n * 3 // 100]
    found = assert_adds_up(by_hand(busiest, 12 * HOUR))
    assert found["reach_lost_operation_removed"] == found["impressions_lost_operation_removed"] == 0.0
    assert found["impressions_lost_readers_silenced"] > 0.0
    assert found["impressions_lost_people_removed"] != 0.0


def test_suspending_the_operation_alone_is_all_operation_removed() -> None:
    """And the scripted run is the run itself, bit for bit: appeals, passed challenges and removed posts too."""
    operation = world().truth.operation[
        np.argsort(finished(InfluenceModel(config(), world=world())).platform.pseudonyms)
    ]
    for action, strength in (("suspend", 1.0), ("challenge", 1.0), ("limit", 0.4), ("remove_posts", 0.5)):
        law = rules(
            action, strength, challenge=CHECK, appeals=appeals(0.5, actions=["suspend", "limit"]),
            review=review(2.0, miss_rate=0.5),
        )  # fmt: skip
        model = InfluenceModel(config(), Scripted(operation * 0.9, 12 * HOUR), enforcement=law, world=world())
        found = assert_adds_up(finished(model))
        scripted, seen = model.scripted(), model.outcome()
        assert np.array_equal(scripted.impression_reader, seen.impression_reader)
        assert np.array_equal(scripted.impression_time, seen.impression_time)
        assert scripted.organic_impressions == seen.organic_impressions
        assert scripted.costs == seen.costs
        for what in WHAT:
            assert found[f"{what}_lost_operation_removed"] == found[f"{what}_lost"], action
        assert found["impressions_lost"] != 0.0, action
        assert len(model.platform.actions.log) > 100, action


def test_what_happens_to_the_operation_beside_people_happens_to_it_in_the_scripted_run_at_the_same_second() -> None:
    """Appeals of people and of the operation wait in one queue, in which some of the operation's succeed."""
    law = rules(appeals=appeals(1.0), review=review(2.0, miss_rate=0.5, minutes_per_case=20.0))
    model = InfluenceModel(config(), lottery(0.4), enforcement=law, world=world())
    found = assert_adds_up(finished(model))
    scripted, seen = model.scripted(), model.outcome()
    assert seen.load["appeals_overturned"] > 40
    assert seen.people_reinstated > 20
    assert scripted.account_days == seen.account_days < model.twin().account_days
    for layer in ("core", "amplifiers"):
        assert scripted.suspended[layer] == seen.suspended[layer]
        assert np.array_equal(np.sort(scripted.hours_to_detection[layer]), np.sort(seen.hours_to_detection[layer]))
    assert scripted.people_hit.size == 0 < found["impressions_lost_readers_silenced"]


def test_a_reinstated_reader_reads_again() -> None:
    people = np.arange(config().scenario.n_organic)
    found, forever = (assert_adds_up(by_hand(people, DAY, *end)) for end in ((DAY + 10 * HOUR,), ()))
    assert 0.0 < found["impressions_lost_readers_silenced"] < forever["impressions_lost_readers_silenced"]
    assert forever["impressions_lost"] == forever["impressions_lost_readers_silenced"]  # nobody is left to read


def test_a_read_in_the_very_second_of_the_suspension_is_a_silenced_readers() -> None:
    twin = outcome(**reads((2, 99), (2, 100), (2, 200)), impressions=3, reached=np.array([2], np.int32))
    run = outcome(**reads((2, 99), (2, 200)), impressions=2, reached=np.array([2], np.int32), **locked((2, 100, 200)))
    found = attribution(run, twin, twin)
    assert found["impressions_lost"] == found["impressions_lost_readers_silenced"] == 1
    assert found["reach_lost"] == found["reach_lost_readers_silenced"] == 0


CASES = [
    ("hk2019", "enforcement=defence", "co_repost", ()),
    ("hk2019", "enforcement=ladder", "fused", ("operation.tactics=[spread_registrations]",)),
    ("hk2019", "enforcement=review", "random", ()),
    ("hk2019", "enforcement=top_k", "fast_repost", ("feed=chronological",)),
    ("hk2019", "enforcement.threshold=0.9", "random", ("operation.supply.idle_loss_per_day=0.02",)),
    ("hk2019", "enforcement.action=challenge", "co_repost", ("organic.belief=degroot",)),
    ("hk2019", "enforcement.action=remove_posts", "random", ("operation.supply.lead_days=30",)),
    ("hk2019", "enforcement.action=limit", "random", ()),
    ("ira2016", "enforcement.threshold=0.8", "random", ()),
    ("prc2020", "enforcement.threshold=0.3", "creation_burst", ("scenario.scale=0.03",)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "law", "detector", "overrides"), CASES)
def test_the_parts_add_up_in_runs_of_all_kinds(
    scenario: str, law: str, detector: str, overrides: tuple[str, ...]
) -> None:
    sizes = ["scenario.scale=0.005", "scenario.days=5"]
    of = load_scenario(scenario, seed=len(law), overrides=[*sizes, *overrides])
    model = InfluenceModel(of, detector, enforcement=load_enforcement(law, "enforcement.cadence_hours=4"))
    assert_adds_up(finished(model))


@pytest.mark.slow
@pytest.mark.parametrize("tactics", ["", "spread_registrations"])
def test_an_operation_that_replaces_and_adapts_does_in_the_scripted_run_what_it_did(tactics: str) -> None:
    sizes = ["scenario.scale=0.005", "scenario.days=6", f"operation.tactics=[{tactics}]"]
    law = load_enforcement("enforcement.threshold=0.5", "enforcement.cadence_hours=12")
    model = finished(InfluenceModel(load_scenario("hk2019", seed=3, overrides=sizes), "oracle", enforcement=law))
    scripted, seen = model.scripted(), model.outcome()
    assert seen.people_hit.size == 0 < seen.n_replaced
    assert (scripted.n_replaced, scripted.enforced, scripted.costs) == (seen.n_replaced, seen.enforced, seen.costs)
    assert np.array_equal(scripted.impression_reader, seen.impression_reader)
    assert np.array_equal(scripted.impression_time, seen.impression_time)


@pytest.mark.slow
def test_a_lottery_cuts_off_no_more_than_the_share_of_the_operation_that_it_takes() -> None:
    """`random` at 3% over ten seeds: the 95% interval of what is cut off reaches below 3%.

    One less the plain ratio of reach, silenced readers and all, is larger in each pair: by 3% of the public or so.
    """
    cut: dict[str, list[float]] = {"reach": [], "impressions": []}
    silenced = []
    for seed in range(10):
        of = load_scenario("hk2019", seed=seed, overrides=["scenario.scale=0.01", "scenario.days=10"])
        model = finished(InfluenceModel(of, "random", 0.97))
        found = model.results()
        for what, values in cut.items():
            values.append(found[f"{what}_cut_off"])
        silenced.append(1.0 - model.outcome().reached.size / model.twin().reached.size - found["reach_cut_off"])
    for values in cut.values():
        assert np.mean(values) - half_width(values) <= 0.03
    assert np.mean(silenced) - half_width(silenced) > 0.01


def half_width(values: list[float]) -> float:
    """Return half the width of Student's 95% interval of the mean of ten values."""
    return float(2.262 * np.std(values, ddof=1) / np.sqrt(10))

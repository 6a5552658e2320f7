"""When people could not log in, and the reads that are left out because of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sim import InfluenceModel
from sim.metrics.locks import readers_among, remaining
from sim.population.accounts import Status
from tests.sim.enforcement.actions.test_challenge import CHECK
from tests.sim.enforcement.draws import appeals, config, lottery, review, rules, world
from tests.sim.metrics.test_measures import TWIN, outcome
from tests.sim.platform.scripted import DAY, HOUR


def locked(*locks: tuple[int, int, int]) -> dict[str, np.ndarray]:
    account, begin, end = np.array(locks, np.int32).reshape(-1, 3).T
    return {"locked_account": account, "locked_from": begin, "locked_until": end}


def reads(*pairs: tuple[int, int]) -> dict[str, np.ndarray]:
    reader, time = np.array(sorted(pairs), np.int32).T
    return {"impression_reader": reader, "impression_time": time}


@pytest.mark.parametrize(
    ("time", "kept"), [(99, True), (100, False), (101, False), (199, False), (200, True), (299, True), (300, False)]
)
def test_a_read_is_left_out_from_the_second_of_the_lock_to_the_second_before_its_end(time: int, kept: bool) -> None:
    twin = replace(TWIN, **reads((2, time), (3, time), (4, time)))
    run = outcome(**locked((3, 100, 200), (3, 300, 400)))
    assert remaining(twin, run).tolist() == [True, kept, True]
    assert readers_among(twin, remaining(twin, run)) == 2 + kept


def test_a_reader_with_one_read_left_is_in_reach() -> None:
    twin = replace(TWIN, **reads((3, 150), (3, 160), (3, 200), (5, 150)))
    run = outcome(**locked((3, 100, 200), (5, 0, 300)))
    assert readers_among(twin, remaining(twin, run)) == 1


def test_a_run_that_locks_nobody_leaves_nothing_out() -> None:
    assert remaining(TWIN, outcome(**locked())).all()


@cache
def watched() -> tuple[InfluenceModel, dict[int, list[int]]]:
    """Return a run with challenges, suspensions and appeals, and the steps in which each person was locked."""
    law = rules(
        "challenge", challenge=replace(CHECK, pass_share={**CHECK.pass_share, "organic": 0.5}, immune_days=0.5),
        appeals=appeals(1.0, actions=["suspend", "challenge"], immune_days=0.25), review=review(50.0),
    )  # fmt: skip
    model = InfluenceModel(config(), lottery(1.0), enforcement=law, world=world())
    steps: dict[int, list[int]] = defaultdict(list)

    def note(model: InfluenceModel) -> None:
        status = model.accounts.status[: config().scenario.n_organic]
        for who in np.flatnonzero(status != Status.ACTIVE).tolist():  # changes at the beginning of a step alone
            steps[who].append(model.step_number - 1)

    model.run(note)
    return model, steps


def test_locks_are_the_steps_in_which_an_account_was_not_active() -> None:
    model, steps = watched()
    seen, found = model.outcome(), defaultdict(list)
    for who, begin, end in zip(seen.locked_account, seen.locked_from, seen.locked_until, strict=True):
        assert begin < end
        found[int(who)].extend(range(begin // HOUR, end // HOUR))
    assert found == steps
    assert seen.people_hit.tolist() == sorted(steps)
    lost = sum(len(of) for of in steps.values()) / 24
    assert model.results()["person_days_lost"] == pytest.approx(lost)
    assert len(seen.locked_account) > len(steps) + 20  # many are reinstated and locked again


def test_reinstatements_and_passed_challenges_are_those_of_the_log() -> None:
    model, _ = watched()
    log, actions, n = model.platform.actions.log, model.platform.actions, config().scenario.n_organic
    begun, hours, reinstated, passed, suspended = {}, [], set(), set(), set()
    for time, who, action, route, lifted in zip(
        *(log[name].tolist() for name in ("time", "account", "action", "route", "lifted")), strict=True
    ):
        if who >= n:
            continue
        if not lifted:
            begun.setdefault(who, time)
            suspended |= {who} if actions.name_of(action) == "suspend" else set()
        elif actions.routes[route] == "appeal":
            reinstated.add(who)
            hours.append((time - begun.pop(who)) / 3600)
        else:
            passed.add(who)
            del begun[who]
    seen = model.outcome()
    assert sorted(hours) == pytest.approx(sorted(seen.hours_to_reinstatement.tolist()))
    assert seen.people_reinstated == len(reinstated) > 50
    challenged = {who for who in begun if model.accounts.status[who] == Status.CHALLENGED}
    assert seen.people_passed == len(passed - suspended - challenged) > 50


def test_nobody_reads_at_a_time_when_they_are_locked() -> None:
    model, _ = watched()
    seen = model.outcome()
    assert seen.impression_reader.size == seen.impressions > 500
    assert remaining(seen, seen).all()
    assert not remaining(model.twin(), seen).all()
    assert model.results()["reach"] == readers_among(seen, remaining(seen, seen))


def test_posts_are_counted_by_author() -> None:
    model, _ = watched()
    log, n = model.activity, config().scenario.n_organic
    wrote = log["account"][(log["kind"] == 0) & (log["account"] < n)]
    assert np.array_equal(model.outcome().posts, np.bincount(wrote, minlength=n))
    twin, people = model.twin(), model.outcome().people_hit
    assert model.results()["posts_lost"] == twin.posts[people].sum() - model.outcome().posts[people].sum() > 0


def test_suspending_people_who_are_never_reached_and_never_act_cuts_nothing_off() -> None:
    twin = InfluenceModel(config(), world=world())
    twin.run()
    silent = np.ones(config().scenario.n_organic, np.bool_)
    for log in (twin.impressions, twin.activity):
        silent[log["account"][log["account"] < silent.size]] = False
    model = InfluenceModel(config(), world=world())
    model.platform.apply(np.flatnonzero(silent), "suspend", 1.0, DAY, "by hand")
    model.run()
    seen = model.results()
    assert seen["people_hit_count"] == silent.sum() > 20
    assert seen["reach_cut_off"] == seen["impressions_cut_off"] == 0.0


def test_silencing_readers_who_pass_nothing_on_cuts_nothing_off() -> None:
    """They read the campaign in the twin, and their silence is no success: they never act, so nothing else changes."""
    twin = InfluenceModel(config(), world=world())
    twin.run()
    n = config().scenario.n_organic
    quiet = np.bincount(twin.impressions["account"], minlength=n) > 0
    quiet[twin.activity["account"][twin.activity["account"] < n]] = False
    model = InfluenceModel(config(), world=world())
    model.platform.apply(np.flatnonzero(quiet), "suspend", 1.0, DAY, "by hand")
    model.run()
    seen = model.results()
    assert seen["people_hit_count"] == quiet.sum() > 5
    assert seen["reach"] < model.twin().reached.size
    assert seen["reach_cut_off"] == seen["impressions_cut_off"] == 0.0

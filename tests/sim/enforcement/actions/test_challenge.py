"""A challenge locks an account until it answers, or suspends it at the deadline."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from sim.config import ChallengeConfig
from sim.population.accounts import Status
from sim.population.truth import Layer
from tests.sim.enforcement.draws import DAY, NUMBER, config, lottery, rows, rules, run
from tests.sim.platform.scripted import HOUR, Scripted

CHECK = ChallengeConfig(
    pass_share={"organic": 0.9, "core": 0.0, "amplifiers": 0.2}, wait_hours_median=4.0, wait_sigma=0.3,
    deadline_hours=20.0, immune_days=30.0,
)  # fmt: skip


def test_a_challenge_locks_until_it_is_passed_and_ends_in_suspension_at_the_deadline() -> None:
    model = run(rules("challenge", challenge=CHECK, cadence_hours=24.0), lottery(1.0, DAY))
    log, layer = rows(model), model.world.truth.layer
    began = {who: time for time, who, action, lifted in log if action == NUMBER["challenge"] and not lifted}
    passed = {who: time for time, who, action, lifted in log if action == NUMBER["challenge"] and lifted}
    suspended = {who: time for time, who, action, lifted in log if action == NUMBER["suspend"]}
    early = [who for who, time in began.items() if time == DAY]
    for kind, share in ((Layer.ORGANIC, 0.9), (Layer.CORE, 0.0), (Layer.AMPLIFIER, 0.2)):
        of = [who for who in early if layer[who] == kind]
        error = 5 * np.sqrt(share * (1 - share) / len(of))
        assert abs(sum(who in passed for who in of) / len(of) - share) <= error
    assert set(passed) | set(suspended) >= set(early)
    assert not set(passed) & set(suspended)
    assert all(time == began[who] + 20 * HOUR for who, time in suspended.items())
    assert {who for who in early if who in passed} <= set(np.flatnonzero(model.accounts.status == Status.ACTIVE))
    assert len([row for row in log if row[2] == NUMBER["challenge"] and not row[3]]) == len(began)  # never twice
    away = {who: (time, passed.get(who, 2**40)) for who, time in began.items()}
    for who, time in zip(model.activity["account"].tolist(), model.activity["time"].tolist(), strict=True):
        if who in away:
            assert not away[who][0] <= time < away[who][1]
    back = sum(time >= passed.get(who, 2**40) for who, time in
               zip(model.activity["account"].tolist(), model.activity["time"].tolist(), strict=True))  # fmt: skip
    assert back > 100  # and they act again


def test_an_account_that_passed_can_be_challenged_again_after_its_immunity() -> None:
    again = replace(CHECK, immune_days=0.5, pass_share=dict.fromkeys(CHECK.pass_share, 1.0), deadline_hours=1e3)
    model = run(rules("challenge", challenge=again, cadence_hours=6.0), lottery(1.0, 6 * HOUR))
    times: dict[int, list[int]] = {}
    for time, who, _, lifted in rows(model):
        times.setdefault(who, []).append(-time if lifted else time)
    gaps = [begin + end for row in times.values() for end, begin in zip(row[1::2], row[2::2], strict=False)]
    assert len(gaps) > 100
    assert min(gaps) >= 12 * HOUR
    assert not any(first * second > 0 for row in times.values() for first, second in pairwise(row))


def test_an_account_that_passed_takes_no_place_of_a_top_k() -> None:
    """Ten accounts are chosen every six hours, though those that passed still score highest."""
    everybody = dict.fromkeys(("organic", "core", "amplifiers"), 1.0)
    quick = ChallengeConfig(
        pass_share=everybody, wait_hours_median=1.0, wait_sigma=0.0, deadline_hours=48.0, immune_days=30.0
    )
    scores = np.random.Generator(np.random.Philox(key=6)).random(config().scenario.n_accounts)
    some = rules("challenge", policy="top_k", threshold=0.0, per_day=40 / config().scenario.scale, challenge=quick)
    log = rows(run(some, Scripted(scores)))
    challenged = [who for _, who, action, lifted in log if action == NUMBER["challenge"] and not lifted]
    assert len(challenged) == len(set(challenged)) == 11 * 10  # the twelfth scoring is at the end

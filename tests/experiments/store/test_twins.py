"""Worlds and twins: made once, shared, and made again where they are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.store import twins
from experiments.store.twins import Twins, Worlds, read_outcome
from sim import load_scenario
from sim.metrics import results
from tests.experiments.tiny import TINY

WORLD = load_scenario("hk2019", seed=1, overrides=TINY)


def test_a_twin_kept_on_disk_is_the_twin(tmp_path: Path):
    first = Twins(tmp_path)
    made = first.get(WORLD)
    second = Twins(tmp_path)
    read = second.get(WORLD)
    assert (first.run, second.run) == (1, 0)
    measures = results(made, made)
    assert {k: v for k, v in results(read, read).items() if v == v} == {k: v for k, v in measures.items() if v == v}
    assert np.array_equal(read.reached, made.reached)
    assert all(np.array_equal(read.series[name], made.series[name]) for name in made.series)
    assert read.enforced_by_group == made.enforced_by_group


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:200] + b"\0" * 50 + b[250:]]
)
def test_a_damaged_twin_is_run_again(tmp_path: Path, damage):
    Twins(tmp_path).get(WORLD)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert read_outcome(path) is None
    again = Twins(tmp_path)
    again.get(WORLD)
    assert again.run == 1


def test_twins_are_told_apart_by_configuration_and_by_code(monkeypatch: pytest.MonkeyPatch):
    other = load_scenario("hk2019", seed=1, overrides=[*TINY, "feed.attention=19"])
    key = Twins.key(WORLD)
    assert key == Twins.key(load_scenario("hk2019", seed=1, overrides=TINY))
    assert key != Twins.key(other)
    monkeypatch.setattr(twins, "code_digest", lambda: "another version")
    assert key != Twins.key(WORLD)


def test_worlds_are_let_go_when_they_hold_too_many_accounts():
    worlds = Worlds(most_accounts=1000)
    seeds = [load_scenario("hk2019", seed=seed, overrides=TINY) for seed in (1, 2, 3)]
    first = worlds.get(seeds[0])
    assert worlds.get(seeds[0]) is first
    worlds.get(seeds[1])
    worlds.get(seeds[2])
    assert worlds.get(seeds[1]) is not None
    assert worlds.built == 3
    assert worlds.get(seeds[0]) is not first

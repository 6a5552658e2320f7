"""A recording shows what the platform showed, and the truth beside it is that of the same run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detectors.evaluation.history import NEVER
from experiments.compare.recording import Recording, record
from experiments.compare.truth import RunTruth
from sim import InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.core.files import OutputError
from sim.observation import COLUMNS, EVENTS, TABLES, Observation
from sim.population.accounts import Status
from sim.population.truth import Layer
from tests.experiments.tiny import TINY

WORLD = load_scenario(
    "hk2019", seed=5, overrides=[*TINY, "scenario.amplifiers=200", "organic.reports.report_probability=0.01"]
)


class Keeps:
    """A detector that keeps what it is shown and never scores."""

    requires = frozenset((*COLUMNS, *EVENTS, *TABLES))

    def __init__(self) -> None:
        self.seen: list[Observation] = []

    def observe(self, observation: Observation) -> None:
        self.seen.append(observation)

    def score(self):
        return np.full(self.seen[0].n_accounts, np.nan)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, RunTruth]:
    return record(WORLD, tmp_path_factory.mktemp("recorded") / "here")


@pytest.fixture(scope="module")
def watched() -> tuple[Keeps, InfluenceModel]:
    keeps = Keeps()
    model = InfluenceModel(WORLD, keeps, enforcement=load_enforcement("enforcement=never"))
    model.run()
    return keeps, model


def test_a_recording_gives_back_every_observation_byte_for_byte(recorded, watched):
    recording, keeps = recorded[0], watched[0]
    assert recording.n_steps == len(keeps.seen) == WORLD.scenario.n_steps
    assert recording.n_events == sum(seen.n_events for seen in keeps.seen) > 0
    for (again, registered), seen in zip(recording.observations(recording.names), keeps.seen, strict=True):
        assert (again.step, again.start, again.end) == (seen.step, seen.start, seen.end)
        assert (again.columns, again.event_fields) == (seen.columns, seen.event_fields)
        for name in seen.columns:
            assert again.column(name).dtype == seen.column(name).dtype
            assert again.column(name).tobytes() == seen.column(name).tobytes(), (name, seen.step)
        for name in seen.event_fields:
            assert again.event(name).dtype == seen.event(name).dtype
            assert again.event(name).tobytes() == seen.event(name).tobytes(), (name, seen.step)
        assert again.report_fields == seen.report_fields
        for name in seen.report_fields:
            assert again.report(name).dtype == seen.report(name).dtype
            assert again.report(name).tobytes() == seen.report(name).tobytes(), (name, seen.step)
        assert np.array_equal(registered, seen.column("registered"))
    assert sum(seen.report("time").size for seen in keeps.seen) > 0


def test_a_detector_is_shown_only_what_it_asked_for(recorded):
    for seen in recorded[0].view({"account", "language"}):
        assert (seen.columns, seen.event_fields, seen.report_fields) == (("language",), ("account",), ())


def test_the_truth_is_that_of_the_run_under_the_platforms_pseudonyms(recorded, watched):
    truth, model = recorded[1], watched[1]
    pseudonyms, world = model.platform.pseudonyms, model.world.truth
    assert np.array_equal(truth.layer[pseudonyms], world.layer)
    assert np.array_equal(truth.communities[pseudonyms], world.group)
    assert np.array_equal(truth.operation[pseudonyms], world.operation)
    assert truth.outcome.impressions == model.outcome().impressions == truth.impression_time.size
    assert np.array_equal(truth.outcome.reached, model.outcome().reached)

    log = model.activity
    theirs = world.operation[log["account"]]
    start = WORLD.scenario.start_epoch
    expected = sorted(zip(pseudonyms[log["account"][theirs]], log["time"][theirs].astype(int) + start, strict=True))
    assert sorted(zip(truth.act_account, truth.act_time, strict=True)) == expected
    first = np.full(pseudonyms.size, NEVER)
    for account, time in expected:
        first[account] = min(first[account], time)
    assert np.array_equal(truth.first_act, first)
    half = np.full(pseudonyms.size, start + WORLD.scenario.n_steps * 1800, np.int64)
    counted = [sum(account == i and time < half[i] for account, time in expected) for i in range(pseudonyms.size)]
    assert truth.acts_before(half).tolist() == counted


def test_groups_are_of_organic_accounts_and_leave_nobody_out(recorded):
    truth = recorded[1]
    organic = truth.members("organic")
    assert set(truth.groups) == {"language", "activity", "community"}
    for groups in truth.groups.values():
        assert np.array_equal(np.sum(list(groups.values()), axis=0), organic.astype(int))
    assert not truth.members("core")[truth.layer != Layer.CORE].any()
    assert np.array_equal(truth.members("operation"), truth.members("core") | truth.members("amplifiers"))
    assert not truth.members("amplifiers")[~truth.registered].any()


def test_recording_acts_on_nobody(watched):
    assert (watched[1].accounts.status == Status.ACTIVE).all()


def test_a_damaged_step_is_reported_by_its_file(tmp_path: Path):
    recording, _ = record(WORLD, tmp_path / "here", {"account"})
    path = tmp_path / "here/step_00003.npz"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(OutputError, match=r"step_00003\.npz cannot be read"):
        list(recording.observations({"account"}))
    recording.remove()
    assert list(tmp_path.iterdir()) == []

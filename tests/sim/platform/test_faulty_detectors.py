"""A detector that breaks a rule of the protocol stops the run and is named in one line, with what it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from detectors.base import DetectorError as DetectorsError
from sim import ConfigError
from sim.observation import DetectorError, Observation
from sim.population.accounts import Status
from tests.conftest import Takedown
from tests.experiments.odd_detectors import Interrupted
from tests.experiments.tiny import TINY
from tests.sim.platform.scripted import N, Scripted, enforcement, model_of


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
            "scores below zero": -scores,
            "scores infinitely": scores * np.inf,
        }.get(self.fault, scores)


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
    "scores below zero": "score() must lie in [0, 1] or be NaN; got -1 for account 0.",
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


def test_a_detector_that_breaks_no_rule_gives_its_scores() -> None:
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
def test_an_object_that_is_no_detector_is_refused_before_the_run(detector: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        model_of(detector)


FAULTY = (
    "enforcement=threshold",
    "detector=oracle",
    "detector._target_=tests.sim.platform.test_faulty_detectors.Faulty",
    "+detector.fault=scores above one",
)
MESSAGE = "detector Faulty: score() must lie in [0, 1] or be NaN; got 1.5 for account 0."


def test_the_command_names_such_a_detector_in_one_line_and_keeps_the_finished_steps(
    takedown: Takedown, tmp_path: Path
) -> None:
    message = f"{MESSAGE} Results are of 24 of 48 steps."  # it scores once a day
    status, _, err = takedown(*TINY, *FAULTY, "hydra.run.dir=run")
    assert (status, err) == (1, f"takedown: {message}\n")
    assert json.loads((tmp_path / "run" / "provenance.json").read_text())["failed"] == message
    series = pd.read_parquet(tmp_path / "run" / "series.parquet")
    measures = [group.drop(columns=["detector", "threshold"]).reset_index(drop=True)
                for _, group in series.groupby("detector")]  # fmt: skip
    assert [len(run) for run in measures] == [24, 24]
    pd.testing.assert_frame_equal(*measures)  # nobody was acted upon: both are the unenforced run


def test_a_detector_that_leaves_the_program_is_named_like_any_other() -> None:
    with pytest.raises(DetectorError, match=r"^detector Faulty: observe\(\) raised SystemExit: 3$"):
        model_of(Faulty("leaves the program"), enforcement(cadence=1.0)).run()


def test_an_interruption_that_became_another_error_on_the_way_is_none_of_the_detector() -> None:
    with pytest.raises(KeyboardInterrupt):
        model_of(Interrupted(), enforcement(cadence=1.0)).run()

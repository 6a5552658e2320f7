"""The check passes every detector that is shipped, and finds those that break one rule, each by its own sentence."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest

from detectors import CoRepost, Detector, DetectorError, Evidence, FastRepost, OracleDetector, check
from detectors.access import Access
from detectors.parts.window import TraceWindow
from detectors.testing.check import scores_of, synthetic_operation, synthetic_steps
from detectors.testing.transformations import only
from sim.config.detector import load_detector
from sim.config.yaml_files import available
from sim.observation import Observation

SHIPPED = [name for name in available("detector") if not load_detector(name).sees_truth]
WITHIN = {"fused": 168.0, "ensemble": 168.0, "stacking": 168.0}  # what their parts remember; they have no such value


@cache
def trained(name: str) -> Any:
    """Return a detector at its default values; where it must be trained, on another, larger synthetic log."""
    detector = load_detector(name)
    if hasattr(detector, "fit"):
        detector.fit(synthetic_steps(seed=6, events=300, n_accounts=240), synthetic_operation(240))
    return detector


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_detector_keeps_the_protocol_at_its_default_values(name: str) -> None:
    check(lambda: copy.deepcopy(trained(name)), by_number=name == "random", window_hours=WITHIN.get(name))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_detector_scores_accounts_of_the_synthetic_log_in_its_first_half_too(name: str) -> None:
    scores = scores_of(copy.deepcopy(trained(name)), synthetic_steps(seed=1, steps=51, events=40)[:25])
    assert (~np.isnan(scores)).sum() >= 5
    assert np.unique(scores[~np.isnan(scores)]).size >= 2


def test_the_synthetic_log_goes_on_for_more_than_a_week_by_day_by_night_and_at_the_weekend() -> None:
    steps = synthetic_steps(seed=1)
    time = np.concatenate([seen.event("time") for seen in steps])
    assert time[-1] - time[0] > 10 * 86_400
    weekday, hour = (time // 86_400 + 3) % 7, time % 86_400 // 3600
    assert np.unique(weekday).size == 7
    assert (np.bincount(hour, minlength=24) > 0).all()
    assert steps[0].column("registered").sum() < steps[-1].column("registered").sum() == 60
    registered = [seen.column("registered")[seen.event("account")] for seen in steps]
    assert np.concatenate(registered).all()  # no account acts before


def by_number(detector: type[Detector]) -> type[Detector]:
    """Return the detector, with scores by account number for the accounts that it scores."""

    class ByNumber(detector):  # type: ignore[misc,valid-type]
        def score(self) -> np.ndarray:
            scores = super().score()
            return np.where(np.isnan(scores), scores, np.arange(scores.size) / scores.size)

    return ByNumber


class Counts(Detector):
    """Scores accounts by the share of the acts that are theirs, and breaks one rule at a time."""

    requires = frozenset({"account", "time"})
    shared: ClassVar[dict[str, Any]] = {}

    def __init__(self, fault: str = "") -> None:
        self.fault, self.acts, self.asked = fault, np.empty(0), False
        if fault == "no fault, with a window":
            self.window_hours = 48.0
        if fault == "never forgets":
            self.window_hours = 24.0
        self.parts: list[tuple[np.ndarray, np.ndarray]] = []

    def observe(self, observation: Observation) -> None:
        account = observation.event("account")
        if not self.acts.size:
            self.acts = np.zeros(observation.n_accounts)
        if self.fault == "raises later where nothing happens":
            account[-1 if self.acts.any() else slice(None)]
        if self.fault == "loses a large step" and account.size > 1000:
            return
        if self.fault == "counts steps":
            self.acts += 1
        if self.fault == "counts quiet steps":
            self.acts += not account.size
        if self.fault == "peeks at labels" and "known_accounts" in observation.columns:
            self.acts += observation.column("known_accounts") > 0
        if self.fault == "changes its input":
            object.__setattr__(observation, "end", observation.end + 1)
        if self.fault == "shares state":
            self.acts = self.shared.setdefault(str(observation.n_accounts), self.acts)
        if self.fault == "starts anew after a score" and self.asked:
            self.acts[:], self.asked = 0, False
        self.acts += np.bincount(account, minlength=self.acts.size)
        if self.fault == "no fault, with a window":
            self.parts.append((observation.event("time"), account))
            self.oldest = observation.end - 3600 * self.window_hours

    def score(self) -> np.ndarray:
        if not self.acts.size:
            raise DetectorError("Counts was asked too early")
        if self.fault == "no fault, with a window":
            time, account = (np.concatenate(part) for part in zip(*self.parts, strict=True))
            self.acts = np.bincount(account[time >= self.oldest], minlength=self.acts.size).astype(float)
        scores = np.where(self.acts > 0, self.acts / max(self.acts.sum(), 1), np.nan)
        self.asked = True
        if self.fault == "scores four":
            scores[self.acts < np.sort(self.acts)[-4:][0]] = np.nan
        if self.fault == "scores all alike":
            scores = np.where(np.isnan(scores), scores, 0.5)
        return scores

    def explain(self, account: int) -> Evidence:
        return Evidence(account, "because")


@pytest.mark.parametrize("fault", ["no fault", "no fault, with a window"])
def test_a_detector_that_breaks_no_rule_passes(fault: str) -> None:
    check(lambda: Counts(fault))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("raises later where nothing happens", "Counts: an empty step after others raises IndexError: index -1 is out"),
        ("loses a large step", "Counts: all steps as one give other scores"),
        ("counts steps", "Counts: cutting steps in two changes scores"),
        ("counts quiet steps", "Counts: empty steps after others change scores"),
        ("never forgets", "Counts: what happened longer than window_hours=24 ago still changes scores"),
        ("peeks at labels", "Counts: what it does not require changes its scores"),
        ("changes its input", r"Counts: observe\(\) changes the steps that it receives"),
        ("shares state", "Counts: what another detector observes changes its scores: they share state"),
        (
            "starts anew after a score",
            "Counts: after 25 of 51 steps the scores of a fresh one differ from those of one that was asked",
        ),
        ("scores four", "Counts scores 4 of 60 accounts of the synthetic log, fewer than 5: it cannot be checked"),
        ("scores all alike", "Counts scores all .. accounts alike, 0.5: it cannot be checked"),
    ],
)
def test_a_detector_that_breaks_a_rule_is_named_with_what_was_seen(fault: str, message: str) -> None:
    Counts.shared.clear()
    with pytest.raises(AssertionError, match=f"^{message}"):
        check(lambda: Counts(fault))


@pytest.mark.parametrize("fault", ["scores four", "scores all alike"])
def test_a_detector_that_scores_few_passes_if_that_is_expected(fault: str) -> None:
    check(lambda: Counts(fault), says_little=True)


@pytest.mark.parametrize("detector", [FastRepost, Access, Counts])
def test_scores_by_account_number_are_found_whatever_the_detector(detector: type[Detector]) -> None:
    with pytest.raises(AssertionError, match=r"^ByNumber: renumbering accounts changes scores"):
        check(by_number(detector))


FORGETTING = (
    "co_repost", "fast_repost", "synchrotrap", "null_model", "fraudar", "rtbust", "windowed_co_repost", "co_url",
    "repost_share", "activity", "office_hours",
)  # fmt: skip


@pytest.mark.parametrize("detector", FORGETTING)
def test_a_shipped_detector_that_stops_forgetting_is_found(detector: str, monkeypatch: pytest.MonkeyPatch) -> None:
    method = type(load_detector(detector))
    owner = method if hasattr(method, "_oldest") else TraceWindow
    monkeypatch.setattr(owner, "_oldest", property(lambda self: -1e18))
    with pytest.raises(AssertionError, match=r"what happened longer than window_hours=.* ago still changes scores"):
        check(lambda: load_detector(detector))


def test_the_window_may_be_that_of_a_detectors_parts() -> None:
    with pytest.raises(AssertionError, match="Counts: what happened longer than window_hours=168 ago"):
        check(Counts, window_hours=168.0)
    check(Counts)  # none is declared
    check(lambda: Counts("never forgets"), window_hours=float("inf"))


def test_the_same_detector_returned_twice_is_found() -> None:
    one = CoRepost()
    with pytest.raises(AssertionError, match="CoRepost: make_detector must return a fresh detector at each call"):
        check(lambda: one)


def test_a_detector_that_sees_the_truth_openly_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"OracleDetector sees the truth \(sees_truth\)"):
        check(OracleDetector)


def test_a_step_cut_down_to_what_is_required_has_nothing_else() -> None:
    seen = only(synthetic_steps(seed=1)[0], {"time", "known_accounts"})
    assert (seen.columns, seen.event_fields, seen.static) == (("known_accounts",), ("time",), ())

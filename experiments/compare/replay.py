"""Replay of a recording to a detector: its scores over time and its cost; errors name the detector."""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from detectors.evaluation.history import ScoreHistory
from experiments.compare.recording import Recording
from experiments.compare.truth import RunTruth
from sim.config import EnforcementConfig, WorldConfig
from sim.observation import validate_scores
from sim.platform.ask import ask
from sim.platform.platform import DetectorLike

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
MEGABYTE = 2.0**20
REPRODUCIBLE = ("events_per_step",)  # measures of cost that are the same each time


@dataclass
class Cost:
    """Computing cost of a replay.

    Attributes
    ----------
    events, steps : int
    observe_seconds, score_seconds : list of float
        CPU time (user and system, all threads) of each step's `observe` and of each scoring.
    memory_mb : float
        Peak resident memory of the process above that before the replay, including the step passed to the detector;
        NaN where the operating system does not report it (only Linux does).
    """

    events: int = 0
    steps: int = 0
    observe_seconds: list[float] = field(default_factory=list)
    score_seconds: list[float] = field(default_factory=list)
    memory_mb: float = float("nan")

    def measures(self) -> dict[str, float]:
        """Return the measures of cost, as a comparison reports them."""
        seconds, millions = sum(self.observe_seconds) + sum(self.score_seconds), self.events / 1e6
        return {
            "cpu_seconds": seconds,
            "cpu_seconds_per_million_events": seconds / millions if millions else float("nan"),
            "memory_mb": self.memory_mb,
            "memory_mb_per_million_events": self.memory_mb / millions if millions else float("nan"),
            "events_per_step": self.events / self.steps if self.steps else float("nan"),
            "observe_seconds_per_step": float(np.mean(self.observe_seconds)) if self.steps else float("nan"),
            "observe_seconds_most": max(self.observe_seconds, default=float("nan")),
            "score_seconds_most": max(self.score_seconds, default=float("nan")),
        }


def replay(
    recording: Recording,
    truth: RunTruth,
    detector: DetectorLike,
    *,
    cadence_steps: int,
    delay_seconds: int,
    step_seconds: int,
    on_step: Callable[[], None] | None = None,
) -> tuple[ScoreHistory, Cost]:
    """Replay a recorded run to a detector step by step, and ask it for scores at the cadence.

    Parameters
    ----------
    recording, truth : Recording, RunTruth
        The truth is given only to a detector that declares `sees_truth`.
    detector : DetectorLike
        Without any observation so far; it cannot be used again.
    cadence_steps : int
        Steps between two scorings.
    delay_seconds, step_seconds : int
        Delay from a score to its action, which takes effect at the start of a step, as in a run.
    on_step : callable, optional
        Called after each step.

    Returns
    -------
    ScoreHistory, Cost
        The times of the history are those at which a suspension because of the score takes effect.

    Raises
    ------
    DetectorError
        The detector raised or returned invalid scores; the message names it and says what it did.
    """
    history, cost = ScoreHistory(recording.n_accounts), Cost(events=recording.n_events)
    memory = PeakMemory()
    if getattr(detector, "sees_truth", False):
        ask(detector, "reveal", truth.operation)
    origin: int | None = None
    for observation, registered in recording.observations(detector.requires):
        origin = observation.start if origin is None else origin
        cost.observe_seconds.append(_timed(detector, "observe", observation)[1])
        cost.steps += 1
        if not cost.steps % cadence_steps:
            scores, seconds = _timed(detector, "score")
            cost.score_seconds.append(seconds)
            scores = validate_scores(type(detector).__name__, scores, recording.n_accounts).copy()
            scores[~registered] = np.nan
            waited = -(-(observation.end - origin + delay_seconds) // step_seconds) * step_seconds
            history.add(origin + waited, scores)
        if on_step is not None:
            on_step()
    cost.memory_mb = memory.risen()
    return history, cost


def cadence_steps(enforcement: EnforcementConfig, world: WorldConfig) -> int:
    """Return the number of steps between two scorings, computed as in `sim.platform.platform`."""
    return max(1, round(enforcement.cadence_hours * 60.0 / world.scenario.step_minutes))


def is_supervised(detector: Any) -> bool:
    """Return whether a detector is trained by `fit(observations, labels)`."""
    return callable(getattr(detector, "fit", None))


def fit(detector: Any, recording: Recording, truth: RunTruth) -> None:
    """Train a detector on a recording of another scenario."""
    ask(detector, "fit", recording.view(detector.requires), truth.operation.copy())


def _timed(detector: Any, verb: str, *given: Any) -> tuple[Any, float]:
    begun = time.process_time()
    answer = ask(detector, verb, *given)
    return answer, time.process_time() - begun


class PeakMemory:
    """The rise of the process's peak resident memory since this object was made.

    Linux keeps the peak and resets it on demand. Python's own tracing (tracemalloc) would miss the memory of compiled
    code and slow down what is being timed.
    """

    def __init__(self) -> None:
        gc.collect()
        _release_freed()
        try:
            _CLEAR.write_text("5")
            self._before = _resident("VmRSS")
        except OSError:
            self._before = float("nan")

    def risen(self) -> float:
        """Return the rise in megabytes; NaN where it is not reported."""
        return max(_resident("VmHWM") - self._before, 0.0) if self._before == self._before else float("nan")


def _resident(which: str) -> float:
    try:
        lines: Mapping[str, str] = dict(
            line.split(":", 1) for line in _STATUS.read_text().splitlines() if ":" in line
        )  # fmt: skip
        return float(lines[which].split()[0]) * 1024.0 / MEGABYTE
    except (OSError, KeyError, ValueError):
        return float("nan")


def _release_freed() -> None:
    """Return freed memory to the operating system, so that its use by a detector shows as a rise."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return

"""Who would be hit, had the platform only watched: unenforced runs recorded, and each detector's scores of them.

The counts at a threshold are those of `detectors.evaluation.operating_point.ThresholdOutcomes`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.compare.evaluation import threshold_outcomes_of
from experiments.compare.recording import record
from experiments.compare.replay import cadence_steps, replay
from experiments.lesson.cards import Deck
from sim.config import EnforcementConfig, WorldConfig
from sim.config.detector import load_detector

FINE = np.arange(1001) / 1000.0  # thresholds at which counts are taken
COUNTS = ("organic", "operation", "impressions_left")


def watch(world: WorldConfig, enforcement: EnforcementConfig, detectors: Sequence[str], hands: int) -> dict[str, Any]:
    """Record the unenforced run of a world and replay it to detectors.

    Parameters
    ----------
    world : WorldConfig
    enforcement : EnforcementConfig
        Its cadence and delay.
    detectors : sequence of str
    hands : int
        Of cards, eight accounts each, with what every detector says of them (`experiments.lesson.cards`).

    Returns
    -------
    dict of str to value
        `counts`, int64 (detectors, 3, 1001): at each of `FINE`, the organic accounts hit, the operation's accounts
        caught, and the impressions of its content that are left; `n_organic`, `n_operation`, `n_core`,
        `n_amplifiers`; `cards`, a list.
    """
    counts = np.zeros((len(detectors), len(COUNTS), FINE.size), np.int64)
    with tempfile.TemporaryDirectory(prefix="takedown_") as scratch:
        recording, truth = record(world, Path(scratch, "run"))
        deck = Deck.of(recording, truth, world, hands)
        for i, name in enumerate(detectors):
            detector = load_detector(name, seed=world.seed)
            history, _ = replay(
                recording, truth, detector, cadence_steps=cadence_steps(enforcement, world),
                delay_seconds=round(enforcement.delay_hours * 3600.0), step_seconds=world.scenario.step_seconds,
            )  # fmt: skip
            outcomes = threshold_outcomes_of(truth, history)
            counts[i] = outcomes.wrongly_hit(FINE), outcomes.caught(FINE), outcomes.impressions(FINE)
            deck.take(name, detector)
    sizes: Mapping[str, int] = {
        f"n_{layer}": int(np.count_nonzero(truth.members(layer)))
        for layer in ("organic", "operation", "core", "amplifiers")
    }
    return {"counts": counts, **sizes, "cards": deck.hands()}

"""From finished runs to the arrays that the page holds: the library's measures, unrounded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.lesson.plan import Part
from experiments.store.runs import TWIN, RunRecord, read_run, run_path

#: Measures of `sim.metrics.results` that the page shows.
MEASURES = (
    "reach", "impressions", "promoted_impressions", "organic_amplification", "reach_cut_off", "impressions_cut_off",
    "people_hit", "people_hit_count", "person_days_lost", "false_positive_rate",
    "recall", "recall_core", "recall_amplifiers", "precision", "median_hours_to_detection_amplifiers",
    "share_of_reach_by_recommendation", "collateral_share", "amplifiers_suspended_with_at_most_one_post",
    "live_amplifiers", "live_amplifiers_registered_after_first_suspension", "replaced", "cost",
    "cost_per_reached_person",
)  # fmt: skip
COSTS = (
    "cost_fresh_accounts",
    "cost_bought_accounts",
    "cost_hijacked_accounts",
    "cost_upkeep",
    "cost_operator_hours",
    "cost_promotion",
)
CASE = (
    "case_opened_day", "wave_day", "case_confidence", "core_by_routes", "core_by_wave", "core_accounts",
    "amplifiers_registered", "amplifiers_planned",
)  # fmt: skip
#: Measures by day, the unenforced twin's as well.
DAYS = ("impressions", "reach", "live_amplifiers", "suspended_organic", "suspended_core", "suspended_amplifiers")


def measures_of(folder: Path, part: Part, names: Sequence[str]) -> NDArray[np.float64]:
    """Return measures of a part's runs, float64 (points, seeds, names); NaN where one is undefined."""
    return np.array(
        [[_measures(record_of(folder, run.key), names) for run in runs] for runs in part.runs], np.float64
    )  # fmt: skip


def twin_reach_of(folder: Path, part: Part) -> NDArray[np.float64]:
    """Return the reach of the unenforced twins of a part's runs, float64 (points, seeds)."""
    return np.array(
        [[record_of(folder, run.key).days[f"{TWIN}reach"][-1] for run in runs] for runs in part.runs], np.float64
    )


def days_of(folder: Path, part: Part) -> NDArray[np.float64]:
    """Return what each day came to, float64 (points, seeds, 2, names of `DAYS`, days): of the run, then of its twin."""
    return np.array(
        [
            [
                [[days[prefix + name] for name in DAYS] for prefix in ("", TWIN)]
                for days in (record_of(folder, run.key).days for run in runs)
            ]
            for runs in part.runs
        ],
        np.float64,
    )


def record_of(folder: Path, key: str) -> RunRecord:
    """Return a finished run of a folder."""
    return read_run(run_path(folder, key))


def _measures(record: RunRecord, names: Sequence[str]) -> list[float]:
    found = [record.measures.get(name) for name in names]
    return [float("nan") if value is None else float(value) for value in found]

"""The data collector: the series after each step, and at the end of a run the measures that need no twin."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import mesa

from sim.metrics import SERIES, own_measures

#: Measures of a whole run whose names are those of series, which count a step.
TOTALS = {"impressions": "total_impressions", "organic_amplification": "total_organic_amplification"}


class RunCollector(mesa.DataCollector):  # type: ignore[misc]
    """Mesa's data collector for one run.

    `get_model_vars_dataframe()` has a row per step and a column for each of `sim.metrics.SERIES`. Once the run is over
    it also has `seed`, which may have been drawn, and a column for each measure of `sim.metrics.results` that needs no
    unenforced twin: its value in the last row, NaN above. A measure whose name is that of a series is `total_...`
    there, where it is not its last value. Read before the end of the run, it says once by a `UserWarning` how far the
    run is and what is missing.

    Parameters
    ----------
    reporters : mapping of str to function of the model
        One for each of `SERIES`.
    """

    def __init__(self, reporters: Mapping[str, Any]) -> None:
        self._values: dict[str, list[float]] = {}
        self._progress = ""  # how far a run is that has begun and is not over
        self._said = False  # to a reader, which is done once
        super().__init__(model_reporters=dict(reporters))

    @property
    def model_vars(self) -> dict[str, list[float]]:
        """What was collected, by name, a value per step."""
        if self._progress and not self._said:
            self._said = True
            missing = "its measures at the end are missing; raise max_steps, or run it to its end"
            warnings.warn(f"{self._progress}: {missing}", UserWarning, stacklevel=2)
        return self._values

    @model_vars.setter
    def model_vars(self, values: dict[str, list[float]]) -> None:
        self._values = values

    @property
    def series(self) -> dict[str, list[float]]:
        """The series up to now, for the model itself: no warning."""
        return {name: self._values[name] for name in SERIES}

    def collect(self, model: Any) -> None:
        """Take down the series after a step; after the last, the measures too."""
        said, self._said = self._said, True  # Mesa's own method is no reader
        super().collect(model)
        self._said = said
        self._progress = "" if model.over else model.progress
        if not model.over:
            return
        before = [math.nan] * (len(self._values[SERIES[0]]) - 1)
        measures = {"seed": model.config.seed, **own_measures(model.outcome())}
        for name, value in measures.items():
            if name not in SERIES or name in TOTALS:
                self._values[TOTALS.get(name, name)] = [*before, value]

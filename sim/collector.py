"""The data collector: the series after each step, and at the end of a run the measures that need no twin."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import mesa

from sim.metrics import SERIES, own_measures

#: Totals of a run that share their name with a series of counts per step, and the names of their columns.
TOTALS = {"impressions": "total_impressions", "organic_amplification": "total_organic_amplification"}


class RunCollector(mesa.DataCollector):  # type: ignore[misc]
    """Mesa's data collector for one run.

    `get_model_vars_dataframe()` has a row per step and a column for each of `sim.metrics.SERIES`. Once the run is over
    it also has `seed`, which may have been drawn, and a column for each measure of `sim.metrics.results` that needs no
    unenforced twin, with the value in the last row and NaN in all others. A total that shares its name with a series
    gets the prefix `total_`. Reading the data during a run gives one `UserWarning`, which says how many steps are done
    and what is missing.

    Parameters
    ----------
    reporters : mapping of str to function of the model
        One for each of `SERIES`.
    """

    def __init__(self, reporters: Mapping[str, Any]) -> None:
        self._values: dict[str, list[float]] = {}
        self._progress = ""  # of a run in progress: how many steps are done
        self._said = False  # whether the warning has been given
        super().__init__(model_reporters=dict(reporters))

    @property
    def model_vars(self) -> dict[str, list[float]]:
        """The collected values by name, one per step."""
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
        """Record the series after a step, and after the last step the measures too."""
        said, self._said = self._said, True  # Mesa's method reads `model_vars` itself: no warning
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

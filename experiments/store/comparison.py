"""Results of a comparison of detectors: long tables, and means with intervals over the seeds reported on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from experiments.store.against import differences
from experiments.store.results import write_table
from experiments.store.summary import means

_KEYS = ["part", "detector", "rule", "layer", "measure"]


@dataclass
class Comparison:
    """Results of a comparison of detectors.

    Attributes
    ----------
    choose_seeds, report_seeds : list of int
    stopped_of : int, optional
        Number of seeds that were to be reported on, where the user stopped before all were finished.
    supervised : dict of str to str
        Scenario that each supervised detector was trained on.
    measures, groups, curves, calibration : pandas.DataFrame
        See `experiments.compare.evaluation.Rows`; of the seeds reported on.
    timings : pandas.DataFrame
        Computing time and memory of the replays, as measures; apart, as they differ each time.
    points : pandas.DataFrame
        detector, rule, threshold, low, high, cost, cost_of_never, bayes, missed_per_person, acts_below; chosen on the
        other seeds. `low` to `high` is the range of thresholds chosen on resampled seeds, NaN for fewer than five. The
        last two are the highest price of a person hit at which any threshold pays: in missed accounts of the operation,
        and in the currency of the prices; inf at any price, NaN at none.
    costs : pandas.DataFrame
        detector, threshold, wrongly_hit, acted_upon, impressions, cost: means over the seeds chosen on.
    acting : pandas.DataFrame
        detector, price (of a person hit, in missed accounts of the operation), threshold (of least cost), caught (share
        of the operation's accounts), wrongly_hit_per_million: means over the seeds chosen on.
    failures : list of (str, str)
        Detectors that could not be evaluated to the end, and why.
    settings : dict of str to dict
        What each detector is made from: its class and parameters.
    chosen_on : str
        Another scenario whose seeds thresholds are chosen on; empty where it is the one tried.
    """

    choose_seeds: list[int]
    report_seeds: list[int]
    supervised: dict[str, str] = field(default_factory=dict)
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    calibration: pd.DataFrame = field(default_factory=pd.DataFrame)
    timings: pd.DataFrame = field(default_factory=pd.DataFrame)
    points: pd.DataFrame = field(default_factory=pd.DataFrame)
    costs: pd.DataFrame = field(default_factory=pd.DataFrame)
    failures: list[tuple[str, str]] = field(default_factory=list)
    stopped_of: int | None = None
    acting: pd.DataFrame = field(default_factory=pd.DataFrame)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    chosen_on: str = ""

    _summary: pd.DataFrame | None = field(default=None, repr=False)

    _timed: pd.DataFrame | None = field(default=None, repr=False)

    _differences: pd.DataFrame | None = field(default=None, repr=False)

    #: Tables that are the same each time under one environment.
    TABLES: ClassVar = ("measures", "groups", "curves", "calibration", "points", "costs", "acting")
    TIMINGS: ClassVar = "timings"

    def summary(self) -> pd.DataFrame:
        """Return means and 95% intervals over seeds (`detectors.evaluation.intervals`).

        Returns
        -------
        pandas.DataFrame
            part, detector, rule, layer, measure, mean, low, high, seeds (where it is defined), undefined (seeds where
            it is NaN). Fewer than five seeds have no interval: low and high are NaN.
        """
        if self._summary is None:
            self._summary = means(self.measures, _KEYS)
        return self._summary

    def summary_with_timings(self) -> pd.DataFrame:
        """Return `summary`, followed by the same of computing time and memory."""
        if self._timed is None:
            self._timed = pd.concat([self.summary(), means(self.timings, _KEYS)], ignore_index=True)
        return self._timed

    def differences(self) -> pd.DataFrame:
        """Return each detector's paired differences to the best of the others and to the better trivial rule."""
        if self._differences is None:
            self._differences = differences(self.measures)
        return self._differences

    def replace_rows(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Put other tables of evaluations in the place of those so far, by name."""
        for name, table in tables.items():
            setattr(self, name, table)
        self._summary = self._timed = self._differences = None

    def fewer_seeds(self, detector: str, parts: Sequence[str] = ("replay", "loop")) -> list[str]:
        """Return, for each part, the number of seeds a detector was evaluated on where it is fewer than reported on."""
        notes: list[str] = []
        of = len(self.report_seeds)
        for part in parts:
            rows = self.measures[self.measures["part"] == part]
            seeds = rows.loc[rows["detector"] == detector, "seed"].nunique()
            if len(rows) and seeds < of:
                notes.append(f"{seeds} of {of} seeds" if part == "replay" else f"loop: {seeds} of {of}")
        return notes

    def group_summary(self) -> pd.DataFrame:
        """Return the people wrongly hit per million of each group, over seeds.

        Returns
        -------
        pandas.DataFrame
            detector, rule, by, group, measure (wrongly_hit_per_million), mean, low, high, seeds, undefined.
        """
        if self.groups.empty:
            return self.groups
        kept = self.groups[self.groups["by"] != "each_community"]
        rate = 1e6 * kept["hit"] / kept["accounts"].where(kept["accounts"] > 0)
        long = kept.assign(value=rate, measure="wrongly_hit_per_million")
        return means(long, ["detector", "rule", "by", "group", "measure"])

    def write(self, folder: Path) -> None:
        """Write every table that has rows as Parquet, except the summary."""
        for name in (*self.TABLES, self.TIMINGS):
            table = getattr(self, name)
            if not table.empty:
                write_table(table, folder / f"{name}.parquet")

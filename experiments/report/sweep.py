"""A sweep as a user looks at it: its tables, figures, paired differences and means; `experiments.load` makes one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from detectors.evaluation.intervals import Interval
from experiments.report.about import about
from experiments.report.sentences import MOST_HIT, best_sentence, difference_sentence, sentences
from experiments.report.words import HEADLINE
from experiments.store.arms import (
    arm_columns,
    days_of_series,
    find_column,
    measure_columns,
    tidy,
    varied_columns,
    where_rows,
)
from experiments.store.paired import Best, Difference, at_best, paired
from experiments.store.summary import arm_means
from sim.config import ConfigError
from sim.core.files import OutputError
from sim.core.text import shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class SweepDifference:
    """A paired difference over shared seeds.

    Attributes
    ----------
    mean, low, high : float
        The mean difference and its 95% interval (Student's t on the differences of the seeds); NaN for fewer than five.
    seeds : int
        Seeds that both arms have, in which no run broke off and the measure is defined.
    by_seed : pandas.Series
        The differences.
    sentence : str
        The same in words.
    """

    def __init__(self, found: Difference, sentence: str) -> None:
        one: Interval = found.found
        self.mean, self.low, self.high, self.seeds = one.mean, one.low, one.high, one.seeds
        self.by_seed, self.sentence = found.by_seed, sentence

    def __repr__(self) -> str:
        return self.sentence


class Sweep:
    """The runs of a sweep.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a run: the varied columns, `seed`, `key`, `steps`, `failed`, then the measures.
    days : pandas.DataFrame, optional
        A row a run and day.
    folder : Path, optional
        Where they came from.

    Attributes
    ----------
    table : pandas.DataFrame
    arms : list of str
        The columns before `seed` that take more than one value.
    measures : list of str
        The columns that can be drawn and compared; docs/glossary.md says what they are.
    failed : pandas.DataFrame
        The rows of the runs that broke off, which enter no mean, no figure and no difference.

    Examples
    --------
    >>> rows = [
    ...     ("co_repost", hours, seed, 0.5 - hours / 200 + seed / 100 * (1 + hours / 100))
    ...     for hours in (1, 24) for seed in range(5)
    ... ]
    >>> sweep = Sweep(pd.DataFrame(rows, columns=["detector", "cadence_hours", "seed", "reach_cut_off"]))
    >>> sweep.arms
    ['cadence_hours']
    >>> sweep.difference("cadence_hours", 1, 24).sentence.split(" (")[0]
    'Over 5 seeds, going from cadence_hours = 1 to 24 changes the reach cut off by -11.0 points'
    """

    def __init__(self, table: pd.DataFrame, days: pd.DataFrame | None = None, folder: Path | None = None) -> None:
        if "seed" not in table or "detector" not in table:
            raise ConfigError(f"a sweep's table has the columns detector and seed; got {', '.join(map(shown, table))}.")
        self.table, self.folder = tidy(table), folder
        self.arms, self.measures = varied_columns(self.table), measure_columns(self.table)
        self.failed = self.table[self.table["failed"].notna()]
        self._days, self._where = days, dict[str, Any]()

    def __repr__(self) -> str:
        broke = f" ({len(self.failed)} broke off)" if len(self.failed) else ""
        arms = " x ".join(self.arms) or "one arm"
        seeds = self.table["seed"].nunique()
        return f"Sweep of {len(self.table)} runs{broke}: {arms}, {seeds} seed{'s' if seeds != 1 else ''}"

    @cached_property
    def days(self) -> pd.DataFrame:
        """A row a run and day: the run's series, its twin's in the columns `twin_...`, and `failed` as in `table`."""
        days = self._days
        if days is None:
            kept, old = (self.folder / f"{name}.parquet" if self.folder else None for name in ("days", "series"))
            if kept and kept.exists():
                days = _read(kept)
            elif old and old.exists():  # written by version 0.1
                days = days_of_series(_read(old))
            else:
                raise OutputError(f"{shown(self.folder) if self.folder else 'this sweep'} has no days.parquet.")
        if "key" in days and "key" in self.table and "failed" not in days:
            reasons = self.table.drop_duplicates("key").set_index("key")["failed"]
            days = days.assign(failed=days["key"].map(reasons))
        return where_rows(tidy(days), self._where)

    @cached_property
    def about(self) -> str:
        """Scenario, scale and days, as the titles of figures have them; empty where the folder does not say."""
        return about(self.folder, self.arms)

    @property
    def has_days(self) -> bool:
        """Whether there are days."""
        names = ("days.parquet", "series.parquet")
        return self._days is not None or (self.folder is not None and any((self.folder / n).exists() for n in names))

    def where(self, **where: Any) -> Sweep:
        """Return the sweep of the runs in which columns have given values, such as `where(detector="fused")`.

        A dotted name can be given by its end (`cadence_hours=24`) or in a mapping (`**{"feed.ranking": "engagement"}`).
        """
        narrowed = Sweep(where_rows(self.table, where), self._days, self.folder)
        narrowed._where = self._where | where
        return narrowed

    def plot(self, x: str | None = None, y: str | None = None, hue: str | None = None, **where: Any) -> Figure:
        """Draw a measure with its 95% interval over seeds (with the seeds as dots where there are fewer than five).

        Parameters
        ----------
        x : str, optional
            A varied column, or another measure.
        y : str, optional
            A measure.
        hue : str, optional
            A varied column: a colour for each value.
        **where
            Values at which other varied columns are held. Those that still vary have an axis for each value, six at
            most.

        Returns
        -------
        matplotlib.figure.Figure
            A notebook shows it; `figure.savefig("mine.png")` keeps it.

        Raises
        ------
        ConfigError
            A column, measure or value does not exist, or there would be more than six axes.
        """
        from experiments.report.sweep_plot import plot

        rows = where_rows(self.table, where)
        held = {self._column(name): rows[self._column(name)].iloc[0] for name in where}
        return plot(rows, x, y, hue, held, about=self.about)

    def figures(self, x: str | None = None, y: str | None = None, hue: str | None = None) -> dict[str, Figure]:
        """Return the figures of the report by the names of their files; of more than six panels the first six.

        The first is that of `plot`: `reach_against_false_positives` where it shows that, else `figure`. Where there are
        days, `operation_over_time` shows the arm that cuts off most reach while it hits at most 5% of people.
        """
        from experiments.report.figures import AXES, over_time, shown_arm
        from experiments.report.sweep_layout import choose
        from experiments.report.sweep_plot import plot

        chosen = choose(self.table, x, y, hue)
        name = "reach_against_false_positives" if (chosen.x, chosen.y) == AXES else "figure"
        drawn = {name: plot(self.table, x, y, hue, cut=True, about=self.about)}
        arm = shown_arm(self.table)
        if arm and self.has_days:
            drawn["operation_over_time"] = over_time(self.days, arm)
        return drawn

    def difference(self, column: str, a: Any, b: Any, measure: str = "reach_cut_off", **where: Any) -> SweepDifference:
        """Return how a measure differs between two values of a column, `b` minus `a`, seed by seed.

        Runs are paired by seed and every other varied column, over which each seed's difference is averaged.

        Parameters
        ----------
        column : str
            A varied column.
        a, b : object
            Two of its values.
        measure : str
        **where
            Values at which other columns are held.

        Raises
        ------
        ConfigError
            A column, measure or value does not exist, or the two share no runs.
        """
        rows, column = where_rows(self.table, where), self._column(column)
        found = paired(rows, column, a, b, find_column(measure, self.measures, "measure"))
        return SweepDifference(
            found, difference_sentence(found, {self._column(name): one for name, one in where.items()})
        )

    def at_best(
        self, a: str, b: str, measure: str = "reach_cut_off", most_hit: float = MOST_HIT, **where: Any
    ) -> SweepDifference:
        """Return how two detectors differ, each at its best threshold that hits few people, `b` minus `a`.

        For each seed the threshold is the one that cuts off most reach on the *other* seeds, among those that hit at
        most `most_hit` of the public there: a threshold evaluated on the seeds that it was chosen on flatters itself.

        Parameters
        ----------
        a, b : str
            Detectors.
        measure : str
        most_hit : float
            Share of the public, in [0, 1].
        **where
            Values at which other columns are held.

        Raises
        ------
        ConfigError
            A detector or the measure does not exist, there are fewer than three seeds, or no threshold hits so few.
        """
        if not 0.0 <= most_hit <= 1.0:
            raise ConfigError(f"most_hit must lie in [0, 1]; got {most_hit!r}.")
        rows = where_rows(self.table, where)
        for name in (a, b):
            where_rows(rows, {"detector": name})
        found = at_best(rows, a, b, find_column(measure, self.measures, "measure"), most_hit)
        if not isinstance(found, Best):
            raise ConfigError(f"{found}.")
        return SweepDifference(found.difference, best_sentence(found))

    def sentences(self, measure: str = "reach_cut_off") -> list[str]:
        """Return what the sweep found, a sentence for each contrast; see `experiments.report.sentences`."""
        return sentences(self.table, find_column(measure, self.measures, "measure"))

    def summary(self, measures: Sequence[str] | str = HEADLINE) -> pd.DataFrame:
        """Return means and 95% intervals over seeds.

        Parameters
        ----------
        measures : sequence of str or str

        Returns
        -------
        pandas.DataFrame
            A row an arm and measure: the arms, measure, mean, low, high (NaN for fewer than five seeds), seeds,
            undefined, failed (runs that broke off, left out), runs.
        """
        asked = [measures] if isinstance(measures, str) else list(measures)
        known = [name for name in asked if name in self.measures] if measures is HEADLINE else asked
        return arm_means(self.table, self.arms, [find_column(name, self.measures, "measure") for name in known])

    def _column(self, name: str) -> str:
        return find_column(name, arm_columns(self.table), "column")


def load(folder: str | os.PathLike[str]) -> Sweep:
    """Return the sweep that lies in a folder.

    Parameters
    ----------
    folder : str or path
        What `takedown task=sweep` and `takedown --multirun` printed at their end.

    Raises
    ------
    OutputError
        There is no such folder, it is not a sweep's, or a table in it cannot be read.

    Examples
    --------
    >>> import experiments
    >>> sweep = experiments.load("tests/data/results_0.1.0/sweep")
    >>> sweep
    Sweep of 6 runs: detector x threshold, 2 seeds
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        found = "is a file" if path.exists() else "does not exist"
        raise OutputError(f"{shown(path)} {found}; load takes a sweep's folder.")
    table = path / "results.parquet"
    if not table.exists():
        kind = "holds a comparison of detectors (task=compare)" if (path / "measures.parquet").exists() else "has none"
        if (path / "runs").is_dir():
            kind = f"has finished runs but no table yet: takedown task=collect hydra.run.dir={shown(path)} makes it"
        raise OutputError(f"{shown(path)} is not a sweep's folder: that has a results.parquet, and this {kind}.")
    frame = _read(table)
    if not {"detector", "seed"} <= set(frame.columns):
        raise OutputError(f"{shown(table)} is not a sweep's table: it has no columns detector and seed.")
    return Sweep(frame, None, path)


def _read(path: Path) -> pd.DataFrame:
    """Return a table."""
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise OutputError(f"{shown(path)} cannot be read: {shown(reason)}.") from error

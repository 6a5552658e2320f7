"""What a comparison prints: three tables that fit 80 columns, and are lists in less."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from rich.table import Table

from experiments.report.comparison_figures import ordered
from experiments.report.layout import Line, fitted
from experiments.report.terminal import WIDTH
from experiments.store.comparison import Comparison

Format = Callable[[float], str]


@dataclass(frozen=True)
class Column:
    """A column of the bench's tables: a measure and how it is written."""

    heading: str
    part: str
    rule: str
    layer: str
    measure: str
    written: Format


def share(value: float) -> str:
    """Write a share in per cent."""
    if math.isnan(value):
        return "–"
    return f"{100 * value:.2g}%" if 0 < abs(value) < 0.1 else f"{100 * value:.0f}%"


def number(value: float) -> str:
    """Write an area."""
    return "–" if math.isnan(value) else f"{value:.2f}"


def score(value: float) -> str:
    """Write a threshold."""
    return "–" if math.isnan(value) else "never" if math.isinf(value) else f"{value:.3g}"


def count(value: float) -> str:
    """Write a count, or an amount of hours, seconds or megabytes."""
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10 or value == 0 else f"{value:.2g}"


def ranking_columns() -> list[Column]:
    """Return what is told of the ranking, whatever the threshold."""
    return [
        Column("core\nAUC", "replay", "none", "core", "auc", number),
        Column("ampl.\nAUC", "replay", "none", "amplifiers", "auc", number),
        Column("core\nAUC <1%", "replay", "none", "core", "partial_auc", number),
        Column("ampl.\nAUC <1%", "replay", "none", "amplifiers", "partial_auc", number),
        Column("core\nscored", "replay", "none", "core", "coverage", share),
        Column("ampl.\nscored", "replay", "none", "amplifiers", "coverage", share),
    ]


def threshold_columns(rule: str) -> list[Column]:
    """Return what is told of a threshold."""
    return [
        Column("thres-\nhold", "replay", rule, "all", "threshold", score),
        Column("hit per\nmillion", "replay", rule, "operation", "wrongly_hit_per_million", count),
        Column("core\ncaught", "replay", rule, "core", "recall", share),
        Column("ampl.\ncaught", "replay", rule, "amplifiers", "recall", share),
        Column("ampl.\nhours", "replay", rule, "amplifiers", "median_hours_to_detection", count),
        Column("reach cut\n(in loop)", "loop", rule, "all", "reach_cut_off", share),
    ]


def cost_columns() -> list[Column]:
    """Return what is told of a detector's own cost."""
    return [
        Column("CPU s /\nM events", "replay", "none", "all", "cpu_seconds_per_million_events", count),
        Column("MB /\nM events", "replay", "none", "all", "memory_mb_per_million_events", count),
        Column("events\na step", "replay", "none", "all", "events_per_step", count),
        Column("observe\nmost, s", "replay", "none", "all", "observe_seconds_most", count),
        Column("score\nmost, s", "replay", "none", "all", "score_seconds_most", count),
        Column("memory\nMB", "replay", "none", "all", "memory_mb", count),
    ]


def tables(found: Comparison, summary: pd.DataFrame, rule: str, width: int = WIDTH) -> list[Table]:
    """Return a comparison as tables: detectors down, measures across, mean and 95% interval over seeds.

    Parameters
    ----------
    found : Comparison
    summary : pandas.DataFrame
        `found.summary()`.
    rule : str
        The rule whose threshold is told.
    width : int
        Of the terminal; down to 40 columns nothing is left out.
    """
    seeds = len(found.report_seeds)
    over = (f"mean and 95% interval over {seeds} seeds" if seeds > 1 else "one seed") + stopped(found)
    chosen = f"{over}; thresholds chosen on {seeds_text(found.choose_seeds)}"
    named = {"budget": "within the budget of false positives", "cost": "of least cost"}[rule]
    trained = "".join(f"\n{name} was trained on {where}" for name, where in found.supervised.items() if where)
    return [
        _table("Ranking, at all thresholds together", over + trained, ranking_columns(), found, summary, width),
        _table(f"At the threshold {named}", chosen, threshold_columns(rule), found, summary, width),
        _table(
            "What a detector costs",
            "means over seeds" + stopped(found),
            cost_columns(),
            found,
            summary,
            width,
            intervals=False,
        ),
    ]


def seeds_text(seeds: Sequence[int]) -> str:
    """Say which seeds: they follow one another."""
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"


def stopped(found: Comparison) -> str:
    """Say that a comparison was stopped, or nothing."""
    return f"; interrupted: {found.stopped_of} were to be reported on" if found.stopped_of is not None else ""


def fewer_seeds(found: Comparison, detector: str, columns: Sequence[Column]) -> list[str]:
    """Say on how many seeds a detector's row stands where others have more."""
    return found.fewer_seeds(detector, sorted({column.part for column in columns}, reverse=True))


def footnote(found: Comparison, names: Sequence[str], columns: Sequence[Column]) -> str:
    """Say why some rows stand on fewer seeds than the caption says, or nothing where none does."""
    fewer = [name for name in names if fewer_seeds(found, name, columns)]
    failed = {name for name, _ in found.failures}
    told = []
    if failing := [name for name in fewer if name in failed]:
        told.append(f"{', '.join(failing)} failed before the end: fewer seeds, as told beside the name.")
    if [name for name in fewer if name not in failed]:
        told.append("Interrupted: fewer seeds where told beside the name.")
    return " ".join(told)


def cell(summary: pd.DataFrame, detector: str, column: Column, *, intervals: bool = True) -> tuple[str, str]:
    """Return a measure's mean and its interval as texts; the second is empty where there is none to tell."""
    rows = summary[
        (summary["detector"] == detector) & (summary["part"] == column.part) & (summary["rule"] == column.rule)
        & (summary["layer"] == column.layer) & (summary["measure"] == column.measure)
    ]  # fmt: skip
    if rows.empty:
        return "–", ""
    row = rows.iloc[0]
    told = intervals and not math.isnan(row["low"]) and column.measure != "threshold"
    return column.written(row["mean"]), between(row["low"], row["high"], column.written) if told else ""


def between(low: float, high: float, written: Format) -> str:
    """Write an interval in little room: 42–47%, .61–.70; one that is a point as it is."""
    texts = [written(low), written(high)]
    if texts[0] == texts[1]:
        return texts[0]
    if all(text.endswith("%") for text in texts):
        texts[0] = texts[0][:-1]
    return "–".join(text.removeprefix("0") if text.startswith("0.") else text for text in texts)


def _table(
    title: str, note: str, columns: Sequence[Column], found: Comparison, summary: pd.DataFrame, width: int,
    *, intervals: bool = True,
) -> Table:  # fmt: skip
    names = ordered(summary["detector"])
    lines = [
        Line(
            name, "\n".join(fewer_seeds(found, name, columns)),
            [cell(summary, name, column, intervals=intervals) for column in columns],
        )
        for name in names
    ]  # fmt: skip
    note += "".join(f"\n{text}" for text in (footnote(found, names, columns),) if text)
    return fitted(title, note, ["detector", *(column.heading for column in columns)], lines, width)

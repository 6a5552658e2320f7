"""Columns of a comparison's tables: which measure, how it is written, and what is said of the seeds behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from experiments.compare.config import CompareConfig
from experiments.store.comparison import Comparison

Format = Callable[[float], str]


@dataclass(frozen=True)
class Column:
    """A column of a comparison's tables: a measure and how it is written."""

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
    """Return the columns of the ranking, over all thresholds."""
    return [
        Column("core\nAUC", "replay", "none", "core", "auc", number),
        Column("ampl.\nAUC", "replay", "none", "amplifiers", "auc", number),
        Column("core\nAUC <1%", "replay", "none", "core", "partial_auc", number),
        Column("ampl.\nAUC <1%", "replay", "none", "amplifiers", "partial_auc", number),
        Column("core\nscored", "replay", "none", "core", "coverage", share),
        Column("ampl.\nscored", "replay", "none", "amplifiers", "coverage", share),
    ]


def more_ranking(options: CompareConfig) -> list[Column]:
    """Return the further columns of the ranking, for the report."""
    columns = []
    for layer, short in (("core", "core"), ("amplifiers", "ampl.")):
        columns += [
            Column(f"{short} AUC, scored alone", "replay", "none", layer, "auc_scored", number),
            Column(f"{short} lift over base rate", "replay", "none", layer, "lift", count),
            *(Column(f"{short} precision at {k:,}", "replay", "none", layer, f"precision_at_{k}", share)
              for k in options.top),
        ]  # fmt: skip
    return [*columns, Column("public scored", "replay", "none", "operation", "coverage_organic", share)]


def threshold_columns(rule: str) -> list[Column]:
    """Return the columns of a threshold."""
    return [
        Column("thres-\nhold", "replay", rule, "all", "threshold", score),
        Column("hit per\nmillion", "replay", rule, "operation", "wrongly_hit_per_million", count),
        Column("core\ncaught", "replay", rule, "core", "recall", share),
        Column("ampl.\ncaught", "replay", rule, "amplifiers", "recall", share),
        Column("ampl.\nhours", "replay", rule, "amplifiers", "median_hours_to_detection", count),
        Column("reach cut\n(in loop)", "loop", rule, "all", "reach_cut_off", share),
    ]


def more_threshold(rule: str, options: CompareConfig) -> list[Column]:
    """Return the further columns of a threshold, for the report."""
    return [
        Column("core hours", "replay", rule, "core", "median_hours_to_detection", count),
        *(Column(f"ampl. caught before post {k}", "replay", rule, "amplifiers", f"caught_before_{k}_posts", share)
          for k in options.before_posts),
        Column("precision", "replay", rule, "operation", "precision", share),
        Column("groups half hit", "replay", rule, "all", "communities_half_hit", share),
        averted(rule),
    ]  # fmt: skip


def averted(rule: str) -> Column:
    """Return the column of the impressions that a threshold averts."""
    return Column("impressions averted", "replay", rule, "all", "impressions_averted", share)


def loop_columns(rule: str) -> list[Column]:
    """Return the columns of the loop, beside those of the replay."""
    return [
        Column("reach cut off", "loop", rule, "all", "reach_cut_off", share),
        Column("impressions cut off", "loop", rule, "all", "impressions_cut_off", share),
        Column("people wrongly hit", "loop", rule, "all", "organic_suspended", count),
        Column("false-positive rate", "loop", rule, "all", "false_positive_rate", share),
        Column("in the replay", "replay", rule, "operation", "false_positive_rate", share),
        Column("core caught", "loop", rule, "all", "recall_core", share),
        Column("in the replay", "replay", rule, "core", "recall", share),
        Column("ampl. caught", "loop", rule, "all", "recall_amplifiers", share),
        Column("in the replay", "replay", rule, "amplifiers", "recall", share),
    ]


def cost_columns() -> list[Column]:
    """Return the columns of a detector's computing cost."""
    return [
        Column("CPU s /\nM events", "replay", "none", "all", "cpu_seconds_per_million_events", count),
        Column("MB /\nM events", "replay", "none", "all", "memory_mb_per_million_events", count),
        Column("events\na step", "replay", "none", "all", "events_per_step", count),
        Column("observe\nmost, s", "replay", "none", "all", "observe_seconds_most", count),
        Column("score\nmost, s", "replay", "none", "all", "score_seconds_most", count),
        Column("memory\nMB", "replay", "none", "all", "memory_mb", count),
    ]


def cell(summary: pd.DataFrame, detector: str, column: Column, *, intervals: bool = True) -> tuple[str, str]:
    """Return a measure's mean, and its interval and number of seeds, as texts."""
    rows = summary[
        (summary["detector"] == detector) & (summary["part"] == column.part) & (summary["rule"] == column.rule)
        & (summary["layer"] == column.layer) & (summary["measure"] == column.measure)
    ]  # fmt: skip
    if rows.empty:
        return "–", ""
    row = rows.iloc[0]
    known = intervals and column.measure != "threshold"  # a threshold is the same on all seeds
    return column.written(row["mean"]), spread(row, column.written) if known else ""


def spread(row: pd.Series, written: Format) -> str:
    """Write what is known of a mean: its interval, and on how many seeds it stands where some are undefined."""
    limits = between(row["low"], row["high"], written)
    seeds = f"n={row['seeds']}" if row["undefined"] and row["seeds"] else ""
    return "\n".join(filter(None, (limits, seeds)))


def between(low: float, high: float, written: Format) -> str:
    """Write an interval briefly: 42–47%, .61–.70; a point as one number; nothing where there is none."""
    if math.isnan(low):
        return ""
    texts = [written(low), written(high)]
    if texts[0] == texts[1]:
        return texts[0]
    if all(text.endswith("%") for text in texts):
        texts[0] = texts[0][:-1]
    return "–".join(text.removeprefix("0") if text.startswith("0.") else text for text in texts)


def seeds_text(seeds: Sequence[int]) -> str:
    """Return which seeds; they are consecutive."""
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"


def stopped(found: Comparison) -> str:
    """Return that a comparison was stopped, or nothing."""
    return f"; interrupted: {found.stopped_of} were to be reported on" if found.stopped_of is not None else ""


def fewer_seeds(found: Comparison, detector: str, columns: Sequence[Column]) -> list[str]:
    """Return on how many seeds a detector's row stands where others have more."""
    return found.fewer_seeds(detector, sorted({column.part for column in columns}, reverse=True))


def footnote(found: Comparison, names: Sequence[str], columns: Sequence[Column]) -> str:
    """Return why some rows stand on fewer seeds than the caption says, or nothing where none does."""
    fewer = [name for name in names if fewer_seeds(found, name, columns)]
    failed = {name for name, _ in found.failures}
    notes = []
    if failing := [name for name in fewer if name in failed]:
        notes.append(f"{', '.join(failing)} failed before the end: the number of seeds stands beside the name.")
    if [name for name in fewer if name not in failed]:
        notes.append("Interrupted: where there are fewer seeds, their number stands beside the name.")
    return " ".join(notes)


def trained(found: Comparison) -> str:
    """Return on which scenario supervised detectors were trained."""
    known = {name: where for name, where in found.supervised.items() if where}
    if not known:
        return " No detector was trained on labels."
    return " Trained on another scenario: " + ", ".join(f"{name} on {where}" for name, where in known.items()) + "."

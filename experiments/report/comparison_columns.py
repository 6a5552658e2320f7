"""Columns of a comparison's tables: which measure, how it is written, and what is said of the seeds behind it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from experiments.compare.config import CompareConfig
from experiments.report.style import seeds_text
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


def chance(value: float) -> str:
    """Write a share of accounts as odds against a whole: 1 in 1,000."""
    return (
        f"1 in {1.0 / value:,.0f}"
        if 0.0 < value <= 0.5 and math.isclose(1.0 / value, round(1.0 / value))
        else share(value)
    )


def numbers_in(found: Comparison, measure: str) -> list[str]:
    """Return the numbers, as written, in the names of a comparison's measures, such as `caught_by_day_(.+)`."""
    names = dict.fromkeys(found.measures["measure"])
    return [match[1] for name in names if (match := re.fullmatch(measure, name))]


def shares_hit(found: Comparison) -> list[str]:
    """Return the shares of people hit exactly, as written in the measures."""
    return numbers_in(found, r"recall_at_(.+)_hit")


def prevalences(found: Comparison) -> list[str]:
    """Return the shares of all accounts that precision is computed for, as written in the measures."""
    return numbers_in(found, r"precision_if_(.+)")


def ranking_columns(layer: str) -> list[Column]:
    """Return the columns of the ranking of a layer, over all thresholds: all accounts, then those that acted."""
    return [
        Column("AUC, all\naccounts", "replay", "none", layer, "auc", number),
        Column("AUC,\nacted", "replay", "none", layer, "auc_acted", number),
        Column("scored,\nacted", "replay", "none", layer, "coverage_acted", share),
        Column("public\nscored,\nacted", "replay", "none", layer, "coverage_organic_acted", share),
        Column("AUC,\nscored,\nacted", "replay", "none", layer, "auc_scored_acted", number),
        Column("AUC\n<1%", "replay", "none", layer, "partial_auc", number),
    ]


def more_ranking(layer: str, options: CompareConfig) -> list[Column]:
    """Return the further columns of the ranking of a layer, for the report."""
    return [
        Column("average precision", "replay", "none", layer, "average_precision", number),
        Column("base rate", "replay", "none", layer, "base_rate", share),
        Column("lift over it", "replay", "none", layer, "lift", count),
        *(Column(f"precision at {k:,}", "replay", "none", layer, f"precision_at_{k}", share) for k in options.top),
    ]


def exact_columns(found: Comparison, *, most: int | None = None) -> list[Column]:
    """Return the columns of what is found where exactly so many people are hit, and of the precision at the fewest.

    Parameters
    ----------
    found : Comparison
    most : int, optional
        Shares of people hit, and prevalences, that are shown; by default all.
    """
    shares = shares_hit(found)[:most]
    columns = [
        Column(f"{short} at\n{share(float(at))} hit", "replay", "none", layer, f"recall_at_{at}_hit", share)
        for layer, short in (("core", "core"), ("amplifiers", "ampl.")) for at in shares
    ]  # fmt: skip
    return columns + [
        Column(
            f"right if\n{chance(float(p)).replace(' in ', ' in' + chr(10))}", "replay", "none", "operation",
            f"precision_at_{at}_hit_if_{p}", share,
        )
        for at in shares[:1] for p in prevalences(found)[:most]
    ]  # fmt: skip


def threshold_columns(rule: str, found: Comparison) -> list[Column]:
    """Return the columns of a threshold."""
    days = numbers_in(found, r"caught_by_day_(.+)")
    early = [
        Column(f"ampl. by\nday {day}", "replay", rule, "amplifiers", f"caught_by_day_{day}", share)
        for day in days[len(days) // 2 :][:1]
    ]
    return [
        Column("thres-\nhold", "replay", rule, "all", "threshold", score),
        Column("hit per\nmillion", "replay", rule, "operation", "wrongly_hit_per_million", count),
        Column("core\ncaught", "replay", rule, "core", "recall", share),
        Column("ampl.\ncaught", "replay", rule, "amplifiers", "recall", share),
        *early,
        Column("reach cut\n(in loop)", "loop", rule, "all", "reach_cut_off", share),
    ]


def more_threshold(rule: str, found: Comparison) -> list[Column]:
    """Return the further columns of a threshold, for the report."""
    return [
        Column("precision", "replay", rule, "operation", "precision", share),
        *(Column(f"if {chance(float(p))} is the operation's", "replay", rule, "operation", f"precision_if_{p}", share)
          for p in prevalences(found)),
        Column("groups half hit", "replay", rule, "all", "communities_half_hit", share),
        averted(rule),
    ]  # fmt: skip


def early_columns(rule: str, found: Comparison, options: CompareConfig) -> list[Column]:
    """Return the columns of how early accounts are caught."""
    return [
        *(Column(f"{short} by day {day}", "replay", rule, layer, f"caught_by_day_{day}", share)
          for layer, short in (("core", "core"), ("amplifiers", "ampl."))
          for day in numbers_in(found, r"caught_by_day_(.+)")),
        *(Column(f"ampl. before post {k}", "replay", rule, "amplifiers", f"caught_before_{k}_posts", share)
          for k in options.before_posts),
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


def signed(value: float, factor: float = 1.0) -> str:
    """Write a difference with its sign."""
    if math.isnan(value):
        return "–"
    scaled = factor * value
    digits = 1 if abs(scaled) < 9.95 else 0
    return f"{scaled:+.{digits}f}".replace("-", "−")


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


def chosen_on(found: Comparison) -> str:
    """Return on which seeds thresholds were chosen, and of which scenario where it is another."""
    return seeds_text(found.choose_seeds) + (f" of {found.chosen_on}" if found.chosen_on else "")


def trained(found: Comparison) -> str:
    """Return on which scenario supervised detectors were trained."""
    known = {name: where for name, where in found.supervised.items() if where}
    if not known:
        return " No detector was trained on labels."
    return " Trained on another scenario: " + ", ".join(f"{name} on {where}" for name, where in known.items()) + "."

"""The tables of the HTML report: detectors down, measures across; the groups that are hit worst; the thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from experiments.compare.config import CompareConfig
from experiments.report.comparison_figures import ordered
from experiments.report.comparison_table import (
    Column,
    between,
    cell,
    count,
    fewer_seeds,
    footnote,
    number,
    score,
    seeds_text,
    share,
)
from experiments.store.comparison import Comparison

WORST = 5  # benign coordinated groups that are shown of each detector
Cells = list[tuple[str, str]]


@dataclass
class Drawn:
    """A table as the template takes it."""

    headings: list[str]
    rows: list[Cells]
    note: str


def trained(found: Comparison) -> str:
    """Say on which scenario supervised detectors were trained."""
    known = {name: where for name, where in found.supervised.items() if where}
    if not known:
        return " No detector was trained on labels."
    return " Trained on another scenario: " + ", ".join(f"{name} on {where}" for name, where in known.items()) + "."


def more_ranking(options: CompareConfig) -> list[Column]:
    """Return what else is told of the ranking."""
    columns = []
    for layer, short in (("core", "core"), ("amplifiers", "ampl.")):
        columns += [
            Column(f"{short} AUC, scored alone", "replay", "none", layer, "auc_scored", number),
            Column(f"{short} lift over base rate", "replay", "none", layer, "lift", count),
            *(Column(f"{short} precision at {k:,}", "replay", "none", layer, f"precision_at_{k}", share)
              for k in options.top),
        ]  # fmt: skip
    return [*columns, Column("public scored", "replay", "none", "operation", "coverage_organic", share)]


def more_threshold(rule: str, options: CompareConfig) -> list[Column]:
    """Return what else is told of a threshold."""
    return [
        Column("core hours", "replay", rule, "core", "median_hours_to_detection", count),
        *(Column(f"ampl. caught before post {k}", "replay", rule, "amplifiers", f"caught_before_{k}_posts", share)
          for k in options.before_posts),
        Column("precision", "replay", rule, "operation", "precision", share),
        Column("groups half hit", "replay", rule, "all", "communities_half_hit", share),
        *averted(rule),
    ]  # fmt: skip


def averted(rule: str) -> list[Column]:
    """Return what a threshold spared readers."""
    return [Column("impressions averted", "replay", rule, "all", "impressions_averted", share)]


def loop_columns(rule: str) -> list[Column]:
    """Return what is told of the loop, beside the replay."""
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


def table(names: Sequence[str], columns: Sequence[Column], found: Comparison, note: str) -> Drawn:
    """Return detectors down and measures across; a detector that was judged on fewer seeds says so beside its name."""
    summary = found.summary()
    rows = [
        [(name, "; ".join(fewer_seeds(found, name, columns))), *(cell(summary, name, column) for column in columns)]
        for name in names
    ]
    note = " ".join(filter(None, (note, footnote(found, names, columns))))
    return Drawn(["detector", *(_heading(column.heading) for column in columns)], rows, note)


def _heading(text: str) -> str:
    return text.replace("thres-\nhold", "threshold").replace("\n", " ").replace("ampl.", "amplifiers")


def group_table(names: Sequence[str], found: Comparison, groups: pd.DataFrame, rule: str, note: str) -> Drawn:
    """Return the people wrongly hit per million of each group."""
    if groups.empty:
        return Drawn(["detector"], [], note)
    part = groups[groups["rule"] == rule].set_index(["detector", "by", "group"])
    columns = list(dict.fromkeys((by, group) for _, by, group in part.index))
    rows: list[Cells] = []
    for name in names:
        cells: Cells = [(name, "; ".join(found.fewer_seeds(name, ["replay"])))]
        for by, group in columns:
            if (name, by, group) not in part.index:
                cells.append(("–", ""))
                continue
            row = part.loc[(name, by, group)]
            told = not math.isnan(row["low"])
            cells.append((count(row["mean"]), between(row["low"], row["high"], count) if told else ""))
        rows.append(cells)
    headings = [f"decile {group}" if by == "activity" else group.replace("_", " ") for by, group in columns]
    return Drawn(["detector", *headings], rows, note)


def community_table(found: Comparison, rule: str, note: str) -> Drawn:
    """Return the benign coordinated groups of which each detector hits the largest share, of equal ones the largest."""
    groups = found.groups
    if groups.empty or "kind" not in groups:
        groups = pd.DataFrame(columns=["detector", "seed", "rule", "by", "group", "accounts", "hit", "kind"])
    part = groups[(groups["by"] == "each_community") & (groups["rule"] == rule) & (groups["hit"] > 0)]
    part = part.assign(share=part["hit"] / part["accounts"])
    part = part.sort_values(["share", "accounts", "seed"], ascending=[False, False, True], kind="stable")
    worst = [part[part["detector"] == name].head(WORST) for name in ordered(part["detector"])]
    rows: list[Cells] = [
        [(row["detector"], ""), (f"{row['seed']}", ""), (row["kind"].replace("_", " "), ""),
         (count(row["accounts"]), ""), (count(row["hit"]), ""), (share(row["share"]), "")]
        for rows_of in worst for _, row in rows_of.iterrows()
    ]  # fmt: skip
    note = f"Of each detector the {WORST} groups hit worst, if any is; groups.parquet has all. {note}"
    return Drawn(["detector", "seed", "kind of benign coordinated group", "members", "hit", "share hit"], rows, note)


def point_table(names: Sequence[str], found: Comparison) -> Drawn:
    """Return the thresholds, and what the one of least cost comes to."""
    rows: list[Cells] = []
    points = found.points.set_index(["detector", "rule"])
    for name in names:
        if (name, "cost") not in points.index:
            continue
        point, budget = points.loc[(name, "cost")], points.loc[(name, "budget")]
        told = not math.isnan(point["low"])
        rows.append(
            [
                (name, ""), (score(budget["threshold"]), ""),
                (score(point["threshold"]), between(point["low"], point["high"], score) if told else ""),
                (count(point["cost"]), ""), (count(point["cost_of_never"]), ""), (score(point["bayes"]), ""),
            ]
        )  # fmt: skip
    headings = [
        "detector", "within the budget", "of least cost", "its cost of a run", "cost of never acting",
        "if scores were probabilities",
    ]  # fmt: skip
    interval = "95% bootstrap interval over them; few seeds give few thresholds to choose from."
    return Drawn(headings, rows, f"Chosen on {seeds_text(found.choose_seeds)}; {interval}{trained(found)}")

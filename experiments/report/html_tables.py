"""The tables of the HTML report: detectors down, measures across; the groups hit worst; the thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from detectors.evaluation.intervals import MIN_SEEDS, TOO_FEW
from experiments.report.comparison_columns import (
    Column,
    between,
    cell,
    chosen_on,
    count,
    fewer_seeds,
    footnote,
    score,
    share,
    spread,
    trained,
)
from experiments.report.comparison_differences import difference_cells, headings, note_of
from experiments.report.page import Cells, Drawn
from experiments.report.style import ordered
from experiments.store.comparison import Comparison

WORST = 5  # benign coordinated groups that are shown of each detector


def table(names: Sequence[str], columns: Sequence[Column], found: Comparison, note: str) -> Drawn:
    """Return detectors down and measures across; the name of one with fewer seeds is followed by their number."""
    summary = found.summary_with_timings()
    rows = [
        [(name, "; ".join(fewer_seeds(found, name, columns))), *(cell(summary, name, column) for column in columns)]
        for name in names
    ]
    if any("n=" in below for cells in rows for _, below in cells):
        note += " n: seeds where the figure is defined."
    note = " ".join(filter(None, (note, footnote(found, names, columns))))
    return Drawn(["detector", *(_heading(column.heading) for column in columns)], rows, note)


def _heading(text: str) -> str:
    whole = text.replace("thres-\nhold", "threshold").replace("\n", " ")
    return whole.replace("ampl.", "amplifiers").replace("right if", "right if it is")


def group_tables(names: Sequence[str], found: Comparison, groups: pd.DataFrame, rule: str, note: str) -> list[Drawn]:
    """Return the people wrongly hit per million of each group: a table for each way of grouping."""
    if groups.empty:
        return []
    part = groups[groups["rule"] == rule]
    return [_group_table(names, found, part[part["by"] == by], note) for by in dict.fromkeys(part["by"])]


def _group_table(names: Sequence[str], found: Comparison, groups: pd.DataFrame, note: str) -> Drawn:
    columns = list(dict.fromkeys(groups["group"]))
    part = groups.set_index(["detector", "group"])
    rows: list[Cells] = []
    for name in names:
        cells: Cells = [(name, "; ".join(found.fewer_seeds(name, ["replay"])))]
        for group in columns:
            if (name, group) in part.index:
                row = part.loc[(name, group)]
                cells.append((count(row["mean"]), spread(row, count)))
            else:
                cells.append(("–", ""))
        rows.append(cells)
    by = groups["by"].iloc[0]
    headings = [f"decile {group}" if by == "activity" else group.replace("_", " ") for group in columns]
    return Drawn(["detector", *headings], rows, note)


def community_table(found: Comparison, rule: str, note: str) -> Drawn:
    """Return the benign coordinated groups of which each detector hits the largest share; of equal ones the largest."""
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
        for rows_of_detector in worst for _, row in rows_of_detector.iterrows()
    ]  # fmt: skip
    note = f"Of each detector the {WORST} groups hit worst, if any is; groups.parquet has all. {note}"
    return Drawn(["detector", "seed", "kind of benign coordinated group", "members", "hit", "share hit"], rows, note)


def point_table(names: Sequence[str], found: Comparison) -> Drawn:
    """Return the thresholds chosen, and the cost at that of least cost."""
    rows: list[Cells] = []
    few = len(found.choose_seeds) < MIN_SEEDS
    points = found.points.set_index(["detector", "rule"])
    for name in names:
        if (name, "cost") not in points.index:
            continue
        point, budget = points.loc[(name, "cost")], points.loc[(name, "budget")]
        rows.append(
            [
                (name, ""), (score(budget["threshold"]), ""),
                (score(point["threshold"]), TOO_FEW if few else between(point["low"], point["high"], score)),
                (count(point["cost"]), ""), (count(point["cost_of_never"]), ""), (score(point["bayes"]), ""),
            ]
        )  # fmt: skip
    headings = [
        "detector", "within the budget", "of least cost", "its cost of a run", "cost of never acting",
        "if scores were probabilities",
    ]  # fmt: skip
    below = f"{TOO_FEW} for a range of the choice" if few else (
        "below the threshold of least cost the range of thresholds chosen on resampled seeds (95% of them)"
    )  # fmt: skip
    return Drawn(headings, rows, f"Chosen on {chosen_on(found)}; {below}.{trained(found)}")


def acting_table(names: Sequence[str], found: Comparison) -> Drawn:
    """Return up to which price of a person hit any threshold pays, and what is caught at some prices."""
    acting, points = found.acting, found.points
    prices = list(dict.fromkeys(acting["price"])) if not acting.empty else []
    rows: list[Cells] = []
    for name in names:
        point = points[(points["detector"] == name) & (points["rule"] == "cost")]
        if point.empty or "acts_below" not in point or not prices:
            continue
        cells: Cells = [(name, "")]
        cells += [(_price(point.iloc[0][column]), "") for column in ("acts_below", "missed_per_person")]
        for price in prices:
            row = acting[(acting["detector"] == name) & (acting["price"] == price)].iloc[0]
            if math.isinf(row["threshold"]):
                cells.append(("never acts", ""))
            else:
                cells.append(
                    (f"{share(row['caught'])} caught", f"{count(row['wrongly_hit_per_million'])} hit per million")
                )
        rows.append(cells)
    headings = ["detector", "acts below, in currency", "acts below, in missed accounts"]
    headings += [f"a person = {count(price)} missed account{'s' if price != 1 else ''}" for price in prices]
    note = (
        f"Chosen on {chosen_on(found)}. The first column is in the currency of the prices: a person hit may cost no "
        "more than this, with the other prices as they are, or never acting is cheapest. The next leaves reviews "
        "out and asks how many missed accounts of the operation a person hit may be worth. Then the threshold of "
        "least cost at some such prices: the share of the operation's accounts caught, and people hit per million."
    )
    return Drawn(headings, rows, note)


def _price(value: float) -> str:
    """Write the highest price at which something pays."""
    return "at no price" if math.isnan(value) else "at any price" if math.isinf(value) else count(value)


def difference_table(found: Comparison, rule: str) -> Drawn:
    """Return the paired differences, in points."""
    rows: list[Cells] = [[(name, ""), *cells] for name, cells in difference_cells(found, rule)]
    heads = [heading.replace("ampl.", "amplifiers") for heading in headings(found, rule)]
    return Drawn(["detector", *heads], rows, note_of(found, rule))

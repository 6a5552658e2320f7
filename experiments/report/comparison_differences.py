"""Paired differences of a comparison as cells: to the best of the other detectors and to the better trivial rule."""

from __future__ import annotations

import math

import pandas as pd

from detectors.evaluation.intervals import MIN_SEEDS, TOO_FEW
from experiments.report.comparison_columns import share, shares_hit, signed
from experiments.report.style import ordered
from experiments.store.against import BEST, TRIVIAL
from experiments.store.comparison import Comparison

_TO = {BEST: "best", TRIVIAL: "better trivial rule"}


def _figures(found: Comparison, rule: str) -> list[tuple[str, str, str, str, str]]:
    """Return (what it is called, part, rule, layer, measure) of the figures compared."""
    at = next(iter(shares_hit(found)), None)
    figures = []
    if at is not None:
        hit = f"{share(float(at))} hit"
        figures = [
            (f"core found at {hit}", "replay", "none", "core", f"recall_at_{at}_hit"),
            (f"ampl. found at {hit}", "replay", "none", "amplifiers", f"recall_at_{at}_hit"),
        ]
    return [*figures, ("reach cut", "loop", rule, "all", "reach_cut_off")]


def headings(found: Comparison, rule: str, *, brief: bool = False) -> list[str]:
    """Return the headings of the columns of `difference_cells`; the brief ones fit eight characters a line."""
    called = [called for called, *_ in _figures(found, rule)]
    if brief:
        return [f"{one.split()[0]}\nto {to}" for one in called for to in ("best", "rule")]
    return [f"{one}, to the {to}" for one in called for to in _TO.values()]


def difference_cells(found: Comparison, rule: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each detector's differences, in points, with the interval below; empty where there is nothing."""
    table, figures = found.differences(), _figures(found, rule)
    known = table["measure"].isin([measure for *_, measure in figures])
    if not known.any():
        return []
    names = ordered(table["detector"])
    return [(name, [_cell(_row(table, name, figure, to)) for figure in figures for to in _TO]) for name in names]


def _rows(table: pd.DataFrame, figure: tuple[str, str, str, str, str], to: str) -> pd.DataFrame:
    """Return the rows of a figure and what it is compared with."""
    _, part, rule, layer, measure = figure
    return table[
        (table["part"] == part) & (table["rule"] == rule) & (table["layer"] == layer) & (table["measure"] == measure)
        & (table["against"] == to)
    ]  # fmt: skip


def _row(table: pd.DataFrame, name: str, figure: tuple[str, str, str, str, str], to: str) -> pd.Series | None:
    """Return the row of a detector, a figure and what it is compared with."""
    rows = _rows(table, figure, to)
    rows = rows[rows["detector"] == name]
    return None if rows.empty else rows.iloc[0]


def _cell(row: pd.Series | None) -> tuple[str, str]:
    if row is None or math.isnan(row["mean"]):
        return "–", ""
    limits = "" if math.isnan(row["low"]) else f"{signed(row['low'], 100.0)} to {signed(row['high'], 100.0)}"
    seeds = f"n={row['seeds']}" if row["undefined"] else ""
    return signed(row["mean"], 100.0), "\n".join(filter(None, (limits, seeds)))


def note_of(found: Comparison, rule: str) -> str:
    """Return what the differences are taken to, and how."""
    table, parts = found.differences(), []
    for figure in _figures(found, rule):
        named = {}
        for to in _TO:
            references = _rows(table, figure, to)["reference"]
            if (references != "").any():
                named[to] = str(references[references != ""].mode().iloc[0])
        if named:
            parts.append(f"{figure[0]}: {', '.join(f'{_TO[to]} {name}' for to, name in named.items())}")
    few = f" {TOO_FEW} for an interval." if len(found.report_seeds) < MIN_SEEDS else ""
    return (
        f"{'; '.join(parts)}. Beside the best stands its lead over the next. Mean difference and 95% interval over "
        f"shared seeds, by the jackknife.{few}"
    )

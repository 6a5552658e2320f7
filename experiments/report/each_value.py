"""What a sweep found along the axis of its figure: every value against the first, a sentence for each colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from experiments.report.words import called, change_texts, ends_of, value_of
from experiments.store.arms import value_text, values_of
from experiments.store.paired import paired

MOST_VALUES = 8  # of the axis, and of the colours


def each_value(table: pd.DataFrame, x: str, hue: str | None, measure: str) -> list[str]:
    """Return how the measure changes from the first value of `x` to each of the others.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table, a row a run.
    x : str
        A column that varies.
    hue : str or None
        Another, each value of which has a sentence of its own.
    measure : str

    Returns
    -------
    list of str
        Differences are paired by seed: with their 95% interval, or with the range of the seeds where they are too few.
    """
    if hue is None:
        return [_sentence(table, x, measure, {})]
    parts = [(value, table[table[hue] == value]) for value in values_of(table, hue)[:MOST_VALUES]]
    return [_sentence(part, x, measure, {hue: value}) for value, part in parts if part[x].nunique() > 1]


def _sentence(table: pd.DataFrame, x: str, measure: str, held: Mapping[str, Any]) -> str:
    first, *others = values_of(table, x)[: MOST_VALUES + 1]
    clauses, seeds, known = [], 0, True
    level = float("nan")
    for value in others:
        difference = paired(table, x, first, value, measure)
        one, each = difference.found, difference.by_seed.dropna()
        if not len(each):
            clauses.append(f"at {value_text(value)} not known")
            continue
        base = table[(table[x] == first) & table["seed"].isin(list(each.index))][measure]
        seeds, known, level = max(seeds, one.seeds), known and one.known, float(np.mean(base))
        texts, unit = change_texts(measure, [one.mean, *ends_of(one, each)])
        brackets = f" ({texts[1]} to {texts[2]})" if one.seeds > 1 else ""
        clauses.append(f"at {value_text(value)} {'+' if one.mean > 0 else ''}{texts[0]}{unit}{brackets}")
    where = ", ".join(f"{name} = {value_text(value)}" for name, value in held.items())
    kind = "95% intervals" if known else "ranges of the seeds, too few for intervals: this may be chance"
    note = f" Over {seeds} seeds, paired; {kind}." if seeds > 1 else " On one seed: this may be chance."
    text = f"{called(measure)} {value_of(measure, level)} at {x} = {value_text(first)}"
    text = f"With {where}: {text}" if where else text[0].upper() + text[1:]
    return f"{text}; the change from there: {', '.join(clauses)}.{note}"

"""The tables of a sweep: which columns are its arms, which are measures, which runs are whole; old folders too.

By convention the columns before `seed` say what was varied, and after `key`, `steps` and `failed` come the measures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from experiments.store.runs import SUMMED, TWIN
from sim.config import ConfigError
from sim.core.text import shown
from sim.metrics import SERIES

KEYS = ("seed", "key", "steps", "failed")  # columns of a run that are neither an arm nor a measure
UNENFORCED = "none"  # the detector of a twin in the series of one run, and of sweeps of version 0.1
MOST_NAMED = 12  # names listed in a message


def arm_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns before `seed`."""
    return [str(name) for name in table.columns[: list(table.columns).index("seed")]]


def varied_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns before `seed` that take more than one value: the arms of the experiment."""
    return [name for name in arm_columns(table) if table[name].nunique(dropna=False) > 1]


def measure_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns after `seed` that hold measures."""
    after = list(table.columns)[len(arm_columns(table)) :]
    return [str(name) for name in after if name not in KEYS and is_number(table[name])]


def is_number(values: pd.Series) -> bool:
    """Return whether a column holds numbers; truth values are none."""
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of runs with a column `failed`, and with values before `seed` that can be compared.

    Lists become texts, and what is undefined becomes the text `null`.
    """
    table = table.copy()
    for name in arm_columns(table):
        simple = is_number(table[name]) or pd.api.types.is_bool_dtype(table[name])
        if not simple or table[name].isna().any():
            table[name] = pd.Series([_plain(value) for value in table[name].tolist()], table.index, object)
    if "failed" not in table:
        known = [name for name in ("seed", "key", "steps") if name in table]
        table.insert(list(table.columns).index(known[-1]) + 1, "failed", None)
    return table


def whole(table: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that did not break off."""
    return table[table["failed"].isna()] if "failed" in table else table


def nobody_acted_upon(table: pd.DataFrame) -> bool:
    """Return whether the threshold of all runs is one that no score reaches."""
    return "threshold" in table and bool(np.isinf(table["threshold"].astype(float)).all())


def values_of(table: pd.DataFrame, column: str) -> list[Any]:
    """Return the values of a column: numbers rising, others in the order of their first appearance."""
    found = list(dict.fromkeys(table[column].tolist()))
    return sorted(found) if is_number(table[column]) else found


def in_order(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows sorted by the values of columns, each in the order of `values_of`."""
    if not columns:
        return table
    rank = {name: {value: i for i, value in enumerate(values_of(table, name))} for name in columns}
    ranks = pd.DataFrame({name: [rank[name][value] for value in table[name].tolist()] for name in columns})
    return table.iloc[ranks.sort_values(list(columns), kind="stable").index]


def value_text(value: Any) -> str:
    """Return a value of an arm as it is written in tables, figures and sentences."""
    if value is None:
        return "null"
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    return f"{value:g}" if isinstance(value, float | np.floating) else shown(value)


def find_column(asked: str, allowed: Sequence[str], what: str) -> str:
    """Return the column of that name, or the one whose name ends in it: `cadence_hours`.

    Raises
    ------
    ConfigError
        There is none; the message names near ones, or all that are allowed.
    """
    if asked in allowed:
        return asked
    ends = [name for name in allowed if name.endswith(f".{asked}")]
    if len(ends) == 1:
        return ends[0]
    if len(ends) > 1:
        raise ConfigError(f"{what} {shown(asked)!r} could be {_listed(ends)}: say which.")
    near = get_close_matches(asked, [*allowed, *(name.rpartition(".")[2] for name in allowed)], 3)
    near = [name for name in allowed if name in near or name.rpartition(".")[2] in near]
    rest = f"Near it: {_listed(near)}." if near else f"Allowed: {_listed(allowed)}." if allowed else "There is none."
    raise ConfigError(f"{what} {shown(asked)!r} does not exist. {rest}")


def find_value(table: pd.DataFrame, column: str, asked: Any) -> Any:
    """Return the value of a column that equals the one asked for.

    Raises
    ------
    ConfigError
        It does not occur; the message lists those that do.
    """
    found = values_of(table, column)
    for value in found:
        if value == asked or (asked is None and value == "null"):
            return value
    raise ConfigError(f"{column} = {value_text(asked)} does not occur. Its values: {_listed(map(value_text, found))}.")


def where_rows(table: pd.DataFrame, where: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows in which columns have given values.

    Raises
    ------
    ConfigError
        A column or a value does not exist, or no run has all the values.
    """
    found = table
    for asked, value in where.items():
        column = find_column(asked, arm_columns(table), "column")
        known = find_value(table, column, value)
        found = found[found[column] == known]
    if found.empty:
        raise ConfigError(f"no run has {', '.join(f'{name} = {value_text(one)}' for name, one in where.items())}.")
    return found


def days_of_series(series: pd.DataFrame) -> pd.DataFrame:
    """Return the days of a sweep of version 0.1, whose series has a row a step and the twins as a detector `none`.

    Returns
    -------
    pandas.DataFrame
        The columns of `days.parquet`.
    """
    keys = [*arm_columns(series), "seed", *(["key"] if "key" in series else [])]
    day = np.ceil(series["hours"] / 24.0).astype(int) - 1
    how = {name: "sum" if name in SUMMED else "last" for name in SERIES}
    by_day = series.assign(day=day).groupby([*keys, "day"], sort=False, dropna=False).agg(how).reset_index()
    twins = by_day[by_day["detector"] == UNENFORCED].drop_duplicates(["seed", "day"])
    twins = twins[["seed", "day", *SERIES]].rename(columns={name: TWIN + name for name in SERIES})
    return by_day[by_day["detector"] != UNENFORCED].merge(twins, on=["seed", "day"], how="left")


def _plain(value: Any) -> Any:
    """Return a value that can be a key."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "null"
    if isinstance(value, np.ndarray):  # a list, as Parquet gives it back
        value = value.tolist()
    return str(value) if isinstance(value, list | tuple | dict | set) else value


def _listed(names: Iterable[str]) -> str:
    """Return names with commas; of many the first."""
    every = [shown(name) for name in names]
    more = f" and {len(every) - MOST_NAMED} more" if len(every) > MOST_NAMED else ""
    return ", ".join(every[:MOST_NAMED]) + more

"""What a defence loses without each of its parts, paired by seed, before the announcement and from its day on."""

from __future__ import annotations

from typing import Any

import pandas as pd

from experiments.store.arms import arm_columns, find_column, measure_columns, varied_columns, whole
from sim.config import ConfigError

PERIODS = ("before", "after")
HIT = "people_hit_per_million"


def left_out(table: pd.DataFrame, all_of_it: str, measure: str = "reach_cut_off") -> pd.DataFrame:
    """Return what is cut off less without each part.

    Parts do not add up: what one would have caught another catches as well. So nothing here is a share of the whole.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table; `detector` names the whole defence and, each without a part, the others.
    all_of_it : str
        The name of the whole defence.
    measure : str
        Its `_before` and `_after` are compared.

    Returns
    -------
    pandas.DataFrame
        A row a run: `detector`, the other columns that vary, `seed`; for each period `before` and `after` the measure
        of the run, and `lost_before` and `lost_after`, that of the whole defence on the same seed less it; `hit`,
        people hit per million. Runs whose whole defence broke off are left out.

    Raises
    ------
    ConfigError
        There is no such defence, or no such measure for the days before and after.
    """
    names = {period: f"{measure}_{period}" for period in PERIODS}
    for name in (*names.values(), HIT):
        find_column(name, measure_columns(table), "measure")
    good = whole(table)
    if all_of_it not in set(good["detector"]):
        raise ConfigError(f"no run is of {all_of_it!r}, the whole defence.")
    others = [name for name in varied_columns(table) if name not in ("detector", "threshold")]
    keys = [*others, "seed"]
    columns = ["detector", *keys, *names.values(), HIT]
    found = good[columns].rename(columns={HIT: "hit"} | {name: period for period, name in names.items()})
    reference = found[found["detector"] == all_of_it].drop(columns=["detector", "hit"])
    found = found.merge(reference, on=keys, suffixes=("", "_of_all"))
    for period in PERIODS:
        found[f"lost_{period}"] = found.pop(f"{period}_of_all") - found[period]
    return found


def arms_of(found: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the combinations of the other columns, such as two plans of the core after the takedown."""
    others = arm_columns(found)[1:]
    return [] if not others else found[others].drop_duplicates().to_dict("records")

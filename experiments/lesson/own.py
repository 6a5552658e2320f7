"""The fourth lesson's tables, and an operator who gives up a habit."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from experiments.lesson.first import LAYERS

if TYPE_CHECKING:
    import pandas as pd

    from detectors import Detector
    from experiments.store.comparison import Comparison
    from sim import InfluenceModel
    from sim.config import WorldConfig


def highest(detector: Detector, accounts: int = 5) -> list[str]:
    """Return the highest scores of a detector that has observed a run, with what a reviewer would read, a line each."""
    scores = np.nan_to_num(detector.score())
    return [f"{scores[one]:.6f}  {detector.explain(int(one)).sentence}" for one in np.argsort(-scores)[:accounts]]


def weekends(model: InfluenceModel, utc_offset_hours: int = 8) -> pd.DataFrame:
    """Return the share of each layer's acts that fell on Saturdays and Sundays, and how many acts its accounts have."""
    import pandas as pd

    log, layer = model.activity.to_frame(), pd.Series(model.world.truth.layer).map(LAYERS)
    local = log["time"] + pd.Timedelta(hours=utc_offset_hours)
    rest = (local.dt.day_of_week >= 5).groupby(log["account"].map(layer)).mean()
    acts = log["account"].value_counts().groupby(layer).median()
    return pd.DataFrame({"share of acts at weekends": rest.round(3), "median acts of those that acted": acts})


def without_weekends(world: WorldConfig) -> WorldConfig:
    """Return the world of operators who write as much in a run, and the same on every day of it."""
    scenario, operation = world.scenario, world.operation
    if operation.days is None:
        return replace(world, operation=replace(operation, weekend_factor=1.0))
    first = dt.date.fromisoformat(str(scenario.start))
    dates = [first + dt.timedelta(days=i) for i in range(scenario.days)]
    mean = sum(operation.days.on(date, operation.weekend_factor) for date in dates) / len(dates)
    days = replace(operation.days, acts={}, otherwise=mean)
    return replace(world, operation=replace(operation, weekend_factor=1.0, days=days))


def areas(comparisons: dict[str, Comparison]) -> pd.DataFrame:
    """Return the area under each detector's ROC curve, core and amplifiers apart, of comparisons side by side."""
    import pandas as pd

    tables = {}
    for name, found in comparisons.items():
        rows = found.summary().query("measure == 'auc' and layer != 'operation'")
        tables[name] = rows.pivot(index="detector", columns="layer", values="mean")
    return pd.concat(tables, axis=1, join="inner").round(2)

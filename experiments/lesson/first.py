"""The first lesson's tables: who takes part, through whom a campaign is read, whom runs hit; its figure of days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from experiments.lesson.before_after import days as days
from sim.events.records import PROMOTED, RECOMMENDED
from sim.population.truth import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from sim import InfluenceModel

LAYERS = {Layer.ORGANIC: "organic", Layer.CORE: "core", Layer.AMPLIFIER: "amplifiers"}
GROUPS = {"none": "most people", "fans": "fans", "activists": "activists", "newsrooms": "newsrooms"}


def layers(model: InfluenceModel) -> pd.DataFrame:
    """Return what the accounts of each layer look like."""
    import pandas as pd

    layer, accounts = pd.Series(model.world.truth.layer).map(LAYERS), model.accounts
    return pd.DataFrame(
        {
            "accounts": layer.value_counts(),
            "median followers shown": pd.Series(accounts.follower_count).groupby(layer).median(),
            "share without a bio": pd.Series(accounts.empty_bio).groupby(layer).mean().round(2),
        }
    )


def sources(model: InfluenceModel) -> pd.DataFrame:
    """Return through whom or what a campaign was read in a run, as shares of its impressions."""
    import pandas as pd

    seen = model.impressions
    kinds = [seen["source"] == PROMOTED, seen["source"] == RECOMMENDED, seen["source"] == seen["author"]]
    names = ["paid for", "recommended by the platform", "followed the persona"]
    found = pd.Series(np.select(kinds, names, "somebody they follow reposted it"))
    return found.value_counts(normalize=True).round(3).to_frame("share of impressions")


def same_before(one: InfluenceModel, other: InfluenceModel) -> tuple[int, bool]:
    """Return the hour of the first suspension in the second run, and whether all acts before it are the same in both.

    Both runs must have ended, and somebody must have been suspended.
    """
    config = other.config.scenario
    hours = int((other.accounts.suspended_at.min() - config.start_epoch) // 3600)
    logs = [run.activity for run in (one, other)]
    early = [{name: log[name][log["time"] < 3600 * hours] for name in log.columns} for log in logs]
    return hours, all(np.array_equal(early[0][name], early[1][name]) for name in early[0])


def whom(runs: Mapping[str, InfluenceModel]) -> pd.DataFrame:
    """Return what runs cut off, and which share of each group of people they suspended by mistake."""
    import pandas as pd

    rows = {"reach_cut_off": "reach cut off"}
    rows |= {f"false_positive_rate_{name}": f"wrongly suspended: {label}" for name, label in GROUPS.items()}
    rows["collateral_share"] = "reading of ordinary posts lost"
    results = {name: model.results() for name, model in runs.items()}
    return pd.DataFrame(
        {name: {label: one[measure] for measure, label in rows.items()} for name, one in results.items()}
    )

"""What a replay promises, beside what runs in the loop came to."""

from __future__ import annotations

import pandas as pd

from experiments.store.comparison import Comparison

#: Of a replay: its layer and measure; of the loop: its measure.
_PAIRS = {
    "people hit": ("operation", "false_positive_rate", "false_positive_rate"),
    "core caught": ("core", "recall", "recall_core"),
    "amplifiers caught": ("amplifiers", "recall", "recall_amplifiers"),
    "impressions prevented": ("all", "impressions_averted", "impressions_cut_off"),
}


def replay_beside_loop(found: Comparison) -> pd.DataFrame:
    """Return what each detector's threshold led to in the replays and in the loop, as means over seeds.

    Parameters
    ----------
    found : Comparison
        Its loop ran at one rule's threshold (`compare.loop`), which is shown.

    Returns
    -------
    pandas.DataFrame
        A row a detector; shares, in pairs of columns: `recording` and `loop`.
    """
    summary = found.summary()
    loop = summary[summary["part"] == "loop"]
    rule = loop["rule"].iloc[0]
    replay = summary[(summary["part"] == "replay") & (summary["rule"] == rule)]
    columns = {}
    for name, (layer, promised, measure) in _PAIRS.items():
        columns[name, "recording"] = _means(replay, layer, promised)
        columns[name, "loop"] = _means(loop, "all", measure)
    return pd.DataFrame(columns)


def _means(rows: pd.DataFrame, layer: str, measure: str) -> pd.Series:
    return rows[(rows["layer"] == layer) & (rows["measure"] == measure)].set_index("detector")["mean"]

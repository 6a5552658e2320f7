"""The replay beside the loop: each column is the mean of its own part, layer and rule."""

from __future__ import annotations

import pandas as pd

from experiments.report.replay_table import replay_beside_loop
from experiments.store.comparison import Comparison


def test_each_pair_is_of_the_rule_that_ran_in_the_loop() -> None:
    rows = [
        ("replay", "budget", "operation", "false_positive_rate", 0.1),
        ("replay", "cost", "operation", "false_positive_rate", 0.9),
        ("loop", "budget", "all", "false_positive_rate", 0.2), ("replay", "budget", "core", "recall", 0.3),
        ("loop", "budget", "all", "recall_core", 0.4), ("replay", "budget", "amplifiers", "recall", 0.5),
        ("loop", "budget", "all", "recall_amplifiers", 0.6), ("replay", "budget", "all", "impressions_averted", 0.7),
        ("loop", "budget", "all", "impressions_cut_off", 0.8),
    ]  # fmt: skip
    table = pd.DataFrame(
        [
            {"part": part, "detector": "fused", "seed": seed, "rule": rule, "layer": layer, "measure": measure,
             "value": value}
            for part, rule, layer, measure, value in rows for seed in (1, 2)
        ]
    )  # fmt: skip
    found = replay_beside_loop(Comparison([1], [2], measures=table)).loc["fused"]
    assert found.round(6).tolist() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    assert found.index.get_level_values(1).tolist() == ["recording", "loop"] * 4

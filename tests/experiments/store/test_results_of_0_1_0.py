"""Results written by version 0.1.0 can be read: tests/data/results_0.1.0 was made by that version and never changes.

Its folders are what these commands left, less pictures and the HTML report::

    takedown scenario.scale=0.002 scenario.days=3 enforcement.threshold=0.4
    takedown task=sweep ... sweep.seeds=2 sweep.detectors=[random,co_repost]
    takedown task=compare ... compare.choose_seeds=1 compare.report_seeds=2 compare.detectors=[random,co_repost]

Nothing here composes its config.yaml: groups and values may get other names (`labels` is `known_accounts` today), and a
folder of results must be readable all the same.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from omegaconf import OmegaConf

import experiments
from experiments.report.figures import curve, over_time, shown_arm
from experiments.report.terminal import console, sweep_table
from experiments.store.arms import days_of_series
from experiments.store.comparison import Comparison
from experiments.store.results import provenance
from sim.metrics import SERIES

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "data" / "results_0.1.0"
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
#: Keys that the glossary documents and that 0.1.0 did not write.
NEW_SINCE = {
    "share_of_reach_by_recommendation", "people_hit", "people_hit_per_million", "people_hit_count",
    "people_challenged_passed", "people_reinstated", "median_hours_to_reinstatement", "person_days_lost", "posts_lost",
    "reach_lost", "reach_lost_readers_silenced", "reach_lost_operation_removed", "reach_lost_people_removed",
    "impressions_lost", "reach_cut_off_before", "reach_cut_off_after", "impressions_cut_off_before",
    "impressions_cut_off_after", "people_suspended_per_million", "people_challenged_passed_per_million",
    "cost_upkeep",
}  # fmt: skip
SUFFIXES = ("none", "fans", "activists", "newsrooms", "commercial_spam")


def read(name: str) -> pd.DataFrame:
    return pd.read_parquet(FOLDER / f"{name}.parquet")


def documented_keys() -> set[str]:
    """Return the keys of measures that the glossary's sections on measures and on enforcement name after "Key"."""
    sections = GLOSSARY[GLOSSARY.index("## Measures") : GLOSSARY.index("## Running it")]
    sentences = re.findall(r"\b[Kk]eys?\b([^.]*)", sections)
    return {name for sentence in sentences for name in re.findall(r"`([a-z_0-9]+)`", sentence)}


@pytest.mark.parametrize("folder", ["simulate", "sweep"])
def test_its_tables_hold_every_measure_that_the_glossary_names(folder: str) -> None:
    keys = documented_keys()
    assert {"reach", "precision", "recall_core", "cost", "overturn_rate"} <= keys  # the pattern finds what it should
    table = read(f"{folder}/results")
    assert keys - set(table.columns) - NEW_SINCE == set()
    assert {"detector", "threshold", "seed"} <= set(table.columns)
    assert {f"false_positive_rate_{name}" for name in SUFFIXES} <= set(table.columns)


def test_its_series_hold_every_measure_of_a_step() -> None:
    for folder, detectors in (("simulate", {"co_repost", "none"}), ("sweep", {"random", "co_repost", "none"})):
        series = read(f"{folder}/series")
        assert {"step", "hours", *SERIES} <= set(series.columns)
        assert set(series["detector"]) == detectors
        assert series.groupby(["detector", "threshold", "seed"]).size().eq(3 * 24).all()


def test_its_sweep_is_drawn_by_the_code_of_today() -> None:
    table, series = read("sweep/results"), read("sweep/series")
    out = console()
    with out.capture() as capture:
        out.print(sweep_table(table))
    assert "co_repost" in capture.get()
    assert "random" in capture.get()
    assert curve(table).axes
    assert over_time(days_of_series(series), shown_arm(table)).axes


def test_its_sweep_is_loaded_and_its_series_become_days() -> None:
    sweep = experiments.load(FOLDER / "sweep")
    series, days = read("sweep/series"), sweep.days
    assert len(days) == 3 * len(sweep.table)
    run = (days["detector"] == "co_repost") & (days["threshold"] == 0.4) & (days["seed"] == 2)
    for prefix, detector, threshold in (("", "co_repost", 0.4), ("twin_", "none", float("inf"))):
        rows = series[(series["detector"] == detector) & (series["threshold"] == threshold) & (series["seed"] == 2)]
        assert list(days[run][f"{prefix}impressions"]) == list(
            rows["impressions"].to_numpy().reshape(3, 24).sum(axis=1)
        )
        assert list(days[run][f"{prefix}reach"]) == list(rows["reach"].to_numpy()[23::24])
    assert set(sweep.figures()) == {"reach_against_false_positives", "operation_over_time"}


def test_its_comparison_gives_the_means_that_it_wrote() -> None:
    tables = {name: read(f"compare/{name}") for name in Comparison.TABLES if name != "acting"}  # came later
    found = Comparison(choose_seeds=[1], report_seeds=[2, 3], **tables)
    keys = ["part", "detector", "rule", "layer", "measure"]
    today, then = found.summary().set_index(keys)["mean"], read("compare/summary").set_index(keys)["mean"]
    pd.testing.assert_series_equal(today, then)
    assert set(found.group_summary()["detector"]) == {"random", "co_repost"}


@pytest.mark.parametrize("folder", ["simulate", "sweep", "compare"])
def test_its_configuration_is_read_as_it_is(folder: str) -> None:
    config = OmegaConf.load(FOLDER / folder / "config.yaml")
    assert config.task == folder
    assert config.scenario.scale == 0.002
    assert config.scenario.days == 3
    assert "labels" in config
    assert "known_accounts" not in config


@pytest.mark.parametrize("folder", ["simulate", "sweep", "compare"])
def test_where_it_came_from_is_said_in_the_words_of_today(folder: str) -> None:
    then = json.loads((FOLDER / folder / "provenance.json").read_text(encoding="utf-8"))
    assert then["versions"]["takedown"] == "0.1.0"
    assert set(then) == set(provenance([1]))

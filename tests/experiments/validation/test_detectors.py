"""The table of detectors: who is distinguished from whom, and whether the ranks are those of published studies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.compare.config import load_compare
from experiments.compare.recording import record
from experiments.validation.detectors import (
    LAYERS,
    MEASURES,
    Peers,
    compare_with_published,
    default_detectors,
    main,
    markdown,
    published,
    ranks_markdown,
)
from sim import InfluenceModel, load_scenario
from sim.config import WorldConfig
from sim.config.yaml_files import available
from sim.events.records import REPOST

BUSY = ["scenario.amplifiers=20000", "scenario.core=4000", "scenario.days=9"]


@pytest.fixture(scope="module")
def config() -> WorldConfig:
    return load_scenario("hk2019", scale=0.005, seed=1, overrides=BUSY)


@pytest.fixture(scope="module")
def found(config: WorldConfig) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    return compare_with_published(config, load_compare("compare.detectors=[repost_share,random,oracle]"), seeds=2)


def test_peers_are_those_who_acted_and_those_who_reposted_on_the_topic_in_the_last_week(
    config: WorldConfig, tmp_path: Path
) -> None:
    model = InfluenceModel(config)
    model.run()
    acted, on_topic, log = set(), set(), model.activity
    for time, account, kind, topic in zip(*(log[name].tolist() for name in ("time", "account", "kind", "topic")),
                                          strict=True):  # fmt: skip
        acted.add(account)
        if kind == REPOST and topic == 0 and time >= 2 * 86_400:
            on_topic.add(account)
    peers, pseudonyms = Peers(), model.platform.pseudonyms
    record(config, tmp_path / "recording", ("account",), on_step=peers.take)
    assert set(np.flatnonzero(peers.acted).tolist()) == set(pseudonyms[list(acted)].tolist())
    assert set(np.flatnonzero(peers.on_topic).tolist()) == set(pseudonyms[list(on_topic)].tolist())
    assert 20 < len(on_topic) < len(acted) < pseudonyms.size


def test_each_detector_has_every_measure_of_each_layer_and_seed(
    found: tuple[pd.DataFrame, list[tuple[str, str]]],
) -> None:
    rows, failures = found
    assert not failures
    assert len(rows) == 3 * 2 * len(LAYERS) * len(MEASURES)
    values = rows.set_index(["detector", "seed", "layer", "measure"])["value"]
    for layer in LAYERS:
        assert values["oracle", 1, layer, "auc"] == values["oracle", 2, layer, "auc_topic"] == 1.0
        assert values["oracle", 1, layer, "found"] == values["random", 1, layer, "coverage"] == 1.0
        assert values["random", 2, layer, "found"] < 0.2
        assert abs(values["random", 1, layer, "auc"] - 0.5) < 0.2
    # Amplifiers repost more than people do, but not more than those people who repost on the topic.
    assert values["repost_share", 1, "amplifiers", "auc"] > values["repost_share", 1, "amplifiers", "auc_topic"] + 0.1


def synthetic(values: dict[str, float]) -> pd.DataFrame:
    """Return rows of two seeds, an AUC a detector, that of the second seed a tenth lower."""
    return pd.DataFrame([
        {"detector": name, "seed": seed, "layer": layer, "measure": measure, "value": value - 0.1 * seed}
        for name, value in values.items() for seed in (0, 1) for layer in LAYERS for measure in MEASURES
    ])  # fmt: skip


def test_the_table_shows_means_and_spreads() -> None:
    table = markdown(synthetic({"co_repost": 0.9, "random": 0.5}), ["random", "absent", "co_repost"]).splitlines()
    assert [line.split("|")[1].strip() for line in table[2:]] == ["`random`", "`co_repost`"]
    assert table[3].startswith("| `co_repost` | 0.85 ± 0.07 | 0.85 ± 0.07 | 0.85 | 85% | 85% | 0.85 ± 0.07 |")


def test_ranks_are_those_among_the_detectors_with_a_published_figure() -> None:
    names = list(published().index)
    falling = {name: 0.9 - 0.1 * i for i, name in enumerate(names)} | {"co_repost": 0.95}
    table = ranks_markdown(synthetic(falling)).splitlines()
    assert len(table) == 2 + len(names) + 1
    for rank, (name, line) in enumerate(zip(names, table[2:], strict=False), start=1):
        assert [cell.strip() for cell in line.split("|")][1:] == [
            f"`{name}`", f"{published()['auc'][name]:.2f}", *[f"{rank}"] * 7, ""
        ]  # fmt: skip
    assert table[-1].count("1.00") == 6
    rising = {name: 0.5 + 0.1 * i for i, name in enumerate(names)}
    assert ranks_markdown(synthetic(rising)).splitlines()[-1].count("-1.00") == 6


def test_published_figures_have_a_source_and_are_of_detectors_that_there_are() -> None:
    record = published()
    assert set(record.index) <= set(available("detector"))
    assert record["auc"].between(0.0, 1.0).all()
    assert record["source"].str.len().gt(10).all()
    assert set(default_detectors()) == set(available("detector")) - {"oracle"}


@pytest.mark.slow
def test_the_command_prints_both_tables_and_trains_what_learns(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--scale", "0.005", "--seeds", "1", "--detectors", "profile_forest,repost_share,sybilrank,sybilscar"]
    assert main([*options, *BUSY]) == 0
    out = capsys.readouterr().out
    assert "| `profile_forest` | 0." in out
    assert "| rank correlation with the published |" in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--detectors", "random,nobody"], "detector must be one of"),
        (["--seeds", "0"], "--seeds must be at least 1; got 0."),
        (["--scenario", "quiet"], "must have an operation"),
        (
            ["--detectors", "random", "--train", "hk2019"],
            "train_scenario must be another than the scenario tried, hk2019",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--scale", "0.002", *options, "scenario.days=2"])
    assert left.value.code == 2
    assert message in capsys.readouterr().err

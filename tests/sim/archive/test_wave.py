"""The archive of a takedown wave holds what the analysts had confirmed, and is written whole or not at all."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from sim import InfluenceModel, load_scenario
from sim.archive import write_wave
from sim.archive.messages import messages
from sim.archive.publish import Names, tweet_tables
from sim.config.composition import load_enforcement
from sim.core.files import OutputError
from sim.population.truth import Layer
from tests.sim.archive.files import FILES, rows, userids
from tests.sim.enforcement.draws import NUMBER


def investigated(*overrides: str, **changes: object) -> InfluenceModel:
    """Return a run in which an investigation, which takes some people for the operation's, ends in a wave."""
    small = ["scenario.scale=1", "scenario.organic=1500", "scenario.core=40", "scenario.amplifiers=240",
             "scenario.days=10", "operation.cell_size=20", "operation.acts_per_day_median=6",
             "operation=static"]  # fmt: skip
    # Random scores are below 1: the route acts on nobody. People appeal soon after the wave and are back the next day.
    appeals = ["share={organic: 1.0, core: 0.0, amplifiers: 0.0}", "wait_hours_median=1", "reviewers=500"]
    base = replace(load_enforcement(*(f"enforcement.appeals.{change}" for change in appeals)), threshold=1.0)
    rules = replace(
        base.investigation, analysts=10.0, hours_per_day=8.0, hours_per_account=1.0, false_alarm_rate=0.1,
        tip_date="2019-07-21", tip_accounts=3, wave_by="2019-07-28", least_accounts=1, **changes,
    )  # fmt: skip
    model = InfluenceModel(
        load_scenario("hk2019", seed=1, overrides=[*small, *overrides]), "random",
        enforcement=replace(base, investigation=rules),
    )  # fmt: skip
    model.run()
    return model


def test_a_waves_archive_holds_all_accounts_suspended_in_it_with_their_acts_before_it(tmp_path: Path):
    model = investigated()
    wave = model.platform.investigation.report.wave
    log, layer = model.platform.actions.log, model.world.truth.layer
    in_wave = log["account"][(log["time"] == wave) & (log["action"] == NUMBER["suspend"])]
    assert write_wave(model, tmp_path / "archive", hash_below=0) == in_wave.size > 20
    assert {path.name for path in tmp_path.iterdir()} == {"archive"}
    published = [name for name in FILES if not name.startswith(("activity", "accounts"))]  # nothing of the truth
    assert {path.name for path in (tmp_path / "archive").iterdir()} == {
        "manifest.json", *(f"{name}.{end}" for name in published for end in ("csv", "parquet")),
    }  # fmt: skip
    assert userids(tmp_path / "archive") == set(model.platform.pseudonyms[in_wave].tolist())
    core = {int(row["userid"]) - 1_000_000_000 for row in rows(tmp_path / "archive/core_users.csv")}
    mistaken = in_wave[layer[in_wave] == Layer.ORGANIC]
    assert mistaken.size == model.platform.investigation.report.wrongly_confirmed > 0
    assert set(model.platform.pseudonyms[mistaken].tolist()) <= core
    acts = model.activity
    before = np.isin(acts["account"], in_wave) & (acts["time"] < wave)
    posts = [row for name in ("core", "amplifiers") for row in rows(tmp_path / f"archive/{name}_tweets.csv")]
    assert len(posts) == np.count_nonzero(before) > 100
    assert (
        np.isin(acts["account"], mistaken) & (acts["time"] > wave)
    ).any()  # what they did once reinstated is not in it
    assert not set(model.platform.pseudonyms[model.world.truth.state_media].tolist()) & userids(tmp_path / "archive")


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_ids_and_counts_of_some_accounts_acts_are_those_of_the_whole_log(share: float):
    model = investigated(f"scenario.organic_log_share={share}")
    some, wave = model.platform.investigation.confirmed, model.platform.investigation.report.wave
    part = messages(model, wave, of=some)  # from the log step by step, as long as nobody has read a column of it
    assert len(list(model.activity.parts())) > 100 or share < 1.0
    assert len(model.activity["kind"])
    again, whole = messages(model, wave, of=some), messages(model, wave)
    assert all(np.array_equal(getattr(part, name), getattr(again, name)) for name in vars(part))
    assert len(part) < len(whole)
    accounts = np.flatnonzero(some)
    names = Names(model, accounts, 0)
    tables = [pa.concat_tables(tweet_tables(model, acts, accounts, names)) for acts in (whole, part)]
    assert tables[0].num_rows > 100
    if share < 1.0:  # posts that the log lacks are numbered among those asked for
        tables = [table.drop_columns(["retweet_tweetid", "tweet_text"]) for table in tables]
    assert tables[0].equals(tables[1])
    assert max(tables[0]["retweet_count"].to_pylist()) > 3


def test_without_a_wave_no_archive_is_published(model: InfluenceModel, tmp_path: Path):
    assert write_wave(model, tmp_path / "archive") == 0
    assert list(tmp_path.iterdir()) == []


def test_a_waves_archive_replaces_a_former_one_whole_or_leaves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    model = investigated()
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/old").write_text("of a former run")
    left = [2]

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match=r"archive/core_tweets\.\w+ cannot be written: No space left on device"):
            write_wave(model, tmp_path / "archive")
    assert [path.name for path in tmp_path.rglob("*")] == ["archive", "old"]
    assert write_wave(model, tmp_path / "archive") > 0
    assert not (tmp_path / "archive/old").exists()

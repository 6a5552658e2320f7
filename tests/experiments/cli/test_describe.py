"""The tasks `archive` and `describe`: what they write and print, and what they say of wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from experiments.cli.describe import LINES
from tests.experiments.tiny import TINY
from tests.sim.archive.files import tweets_csv, users_csv


def test_a_run_is_written_as_an_archive_and_described(takedown, tmp_path: Path):
    operation = ("scenario.core=7", "enforcement=never")  # three of the seven are state media
    status, out, err = takedown("task=archive", *TINY, *operation, "detector=oracle", "seed=3", "hydra.run.dir=run")
    assert (status, err) == (0, "")
    names = (
        "core_users",
        "core_tweets",
        "amplifiers_users",
        "amplifiers_tweets",
        "activity_toolkit",
        "activity_coortweet",
        "accounts",
    )
    files = {f"{name}.{end}" for name in names for end in ("csv", "parquet")} | {"manifest.json"}
    assert {path.name for path in (tmp_path / "run").iterdir()} == files | {"config.yaml", "provenance.json"}
    assert set(out.splitlines()) == {f"run/{name}" for name in files}

    status, out, err = takedown(
        "task=describe", "archive=[run/core_users.csv,run/core_tweets.parquet]", "hydra.run.dir=described"
    )
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    lines = [line.split() for line in out.splitlines()]
    assert ["accounts", "4", "940", "1"] in lines
    assert {path.name for path in (tmp_path / "described").iterdir()} == {"statistics.json"}
    written = json.loads((tmp_path / "described/statistics.json").read_text())
    assert written["files"] == ["run/core_users.csv", "run/core_tweets.parquet"]
    assert written["statistics"]["accounts"] == 4
    assert written["record"]["followers_log_mean"] == {"value": 9.91, "row": 3, "note": ""}


def test_a_run_with_an_investigation_leaves_the_archive_that_was_published_and_says_so(takedown, tmp_path: Path):
    defence = (
        "scenario.days=10", "scenario.core=40", "operation.acts_per_day_median=6", "enforcement=defence",
        "enforcement.investigation.analysts=10", "enforcement.investigation.tip_date=2019-07-21",
        "enforcement.investigation.tip_accounts=5", "enforcement.investigation.wave_by=2019-07-28",
        "enforcement.investigation.least_accounts=1", "publish.hash_below=0",
    )  # fmt: skip
    status, out, err = takedown(*TINY, *defence, "seed=3", "hydra.run.dir=run")
    assert (status, err) == (0, "")
    line, last = out.splitlines()[-2:]
    n = int(line.split()[0])
    assert line == f"{n} accounts of the takedown wave published in run/archive"
    assert last == "results in run"
    names = ("core_users", "core_tweets", "amplifiers_users", "amplifiers_tweets")
    files = {f"{name}.{end}" for name in names for end in ("csv", "parquet")} | {"manifest.json"}
    assert {path.name for path in (tmp_path / "run/archive").iterdir()} == files
    users = [pd.read_parquet(tmp_path / f"run/archive/{name}_users.parquet") for name in ("core", "amplifiers")]
    assert sum(map(len, users)) == n > 5
    assert all(users[0]["userid"].str.isdigit())

    status, out, err = takedown("task=describe", "archive=run/archive/core_users.csv", "hydra.run.dir=described")
    assert (status, err) == (0, "")
    assert ["accounts", str(len(users[0])), "940", "1"] in [line.split() for line in out.splitlines()]

    long_ago = (
        "scenario.start=1990-01-01", "enforcement.investigation.tip_date=1990-01-02",
        "enforcement.investigation.wave_by=1990-01-08",
    )  # fmt: skip
    status, out, err = takedown(*TINY, *defence, *long_ago, "seed=3", "hydra.run.dir=old")
    assert (status, err) == (0, "")
    assert "the takedown wave's archive is not written: scenario.start must leave every post between" in out
    assert not (tmp_path / "old/archive").exists()


def test_one_file_is_enough_and_every_statistic_of_the_record_is_in_the_table(takedown, tmp_path: Path):
    (tmp_path / "tweets.csv").write_text(tweets_csv({}, {"tweetid": "2", "tweet_time": "2019-05-01 02:00"}))
    status, out, err = takedown("task=describe", "archive=tweets.csv", "describe.date=2019-08-19", "hydra.run.dir=run")
    assert (status, err) == (0, "")
    assert "An archive as of 2019-08-19" in out
    for line in LINES:
        assert line.label.strip() in out
    assert ["posts", "in", "2019-05", "1", "2,900", "9"] in [line.split() for line in out.splitlines()]
    statistics = json.loads((tmp_path / "run/statistics.json").read_text())["statistics"]
    assert {line.name for line in LINES} <= set(statistics)
    assert statistics["age_days_median"] == 731


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "archive must name a file, or a list of files [users.csv,tweets.csv]; got None."),
        (["archive=[]"], "archive must name a file, or a list of files [users.csv,tweets.csv]; got []."),
        (["archive=7"], "archive must name a file, or a list of files [users.csv,tweets.csv]; got 7."),
        (["archive=no.csv"], "archive: no.csv: cannot be read: No such file or directory."),
        (["archive=bad.csv"], "archive: bad.csv: line 2: follower_count must be a whole number; got 'x'."),
        (
            ["archive=[good.csv,good.csv]"],
            "archive: good.csv: line 2: userid must be that of one account; got 12 again.",
        ),
        (
            ["archive=good.csv", "describe.date=2010-01-01"],
            "describe.date must not lie before the newest account's day",
        ),
        (["archive=good.csv", "describe.date=tomorrow"], "describe.date must be a date YYYY-MM-DD; got 'tomorrow'."),
        (
            ["archive=good.csv", "describe.time_zone=Mars"],
            "describe.time_zone must be the name of a time zone, such as",
        ),
        (["archive=good.csv", "describe.time_zone=''"], "describe.time_zone must be the name of a time zone, such as"),
        (["archive=good.csv", "describe.busiest_days=0"], "describe.busiest_days must lie in [1, 100000]; got 0."),
        (["archive=good.csv", "describe.languages=zh"], "describe.languages must be a list; got 'zh'."),
        (["task=archive", "publish.hash_below=-1"], "publish.hash_below must lie in [0, 2.14748e+09]; got -1."),
        (["task=archive", "scenario.start=2009-01-01"], "scenario.start must leave every post between 2010-11-05 and"),
    ],
)
def test_wrong_input_gets_one_line_and_leaves_nothing(takedown, tmp_path: Path, arguments: list[str], message: str):
    (tmp_path / "good.csv").write_text(users_csv({}))
    (tmp_path / "bad.csv").write_text(users_csv({"follower_count": "x"}))
    status, out, err = takedown("task=describe", *TINY, "hydra.run.dir=run", *arguments)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith(f"takedown: {message}")
    assert not (tmp_path / "run").exists()

"""What a run's archive holds, read back with the standard library."""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sim import InfluenceModel, load_scenario
from sim.archive import ArchiveFile, write_archive, write_wave
from sim.archive.publish import Names, messages, tweet_tables
from sim.archive.schema import guarded, hashed, milliseconds_of, snowflakes, unguarded
from sim.archive.write import write_table
from sim.config import ConfigError
from sim.config.composition import load_enforcement
from sim.core.files import OutputError
from sim.events.records import REPOST
from sim.population.truth import Layer
from tests.sim.archive.conftest import SMALL, run
from tests.sim.enforcement.draws import NUMBER

# As published: shared by every release since 2019.
USERS = (
    "userid,user_display_name,user_screen_name,user_reported_location,user_profile_description,user_profile_url,"
    "follower_count,following_count,account_creation_date,account_language"
)
TWEETS = (
    "tweetid,userid,user_display_name,user_screen_name,user_reported_location,user_profile_description,"
    "user_profile_url,follower_count,following_count,account_creation_date,account_language,tweet_language,tweet_text,"
    "tweet_time,tweet_client_name,in_reply_to_userid,in_reply_to_tweetid,quoted_tweet_tweetid,is_retweet,"
    "retweet_userid,retweet_tweetid,latitude,longitude,quote_count,reply_count,like_count,retweet_count,hashtags,urls,"
    "user_mentions,poll_choices"
)
FILES = ("core_users", "core_tweets", "amplifiers_users", "amplifiers_tweets", "activity_toolkit", "activity_coortweet")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def users(archive: Path) -> list[dict[str, str]]:
    return rows(archive / "core_users.csv")


@pytest.fixture(scope="module")
def tweets(archive: Path) -> list[dict[str, str]]:
    return rows(archive / "core_tweets.csv") + rows(archive / "amplifiers_tweets.csv")


def test_each_file_comes_as_csv_and_parquet_with_the_published_columns(archive: Path):
    assert {path.name for path in archive.iterdir()} == {
        f"{name}.{end}" for name in FILES for end in ("csv", "parquet")
    }
    for name, columns in (
        ("core_users", USERS), ("core_tweets", TWEETS), ("amplifiers_users", USERS), ("amplifiers_tweets", TWEETS),
        ("activity_toolkit", "message_id,user_id,username,repost_id,reply_id,message,timestamp,urls"),
        ("activity_coortweet", "object_id,account_id,content_id,timestamp_share"),
    ):  # fmt: skip
        with (archive / f"{name}.csv").open(encoding="utf-8") as file:
            assert next(csv.reader(file)) == columns.split(",")
        assert list(pd.read_parquet(archive / f"{name}.parquet")) == columns.split(",")


def userids(folder: Path) -> set[int]:
    """Return who is in an archive, by the numbers under which detectors know them; nobody may be hashed."""
    found = [int(row["userid"]) for name in ("core", "amplifiers") for row in rows(folder / f"{name}_users.csv")]
    assert len(set(found)) == len(found)
    return {number - 1_000_000_000 for number in found}


def fallen(model: InfluenceModel) -> set[int]:
    """Return who of the operation has been suspended and not reinstated, by the record of what was done."""
    log, down = model.platform.actions.log, set()
    for account, action, lifted in zip(*(log[name].tolist() for name in ("account", "action", "lifted")), strict=True):
        if action == NUMBER["suspend"]:
            (down.discard if lifted else down.add)(account)
    return {account for account in down if model.world.truth.operation[account]}


def test_where_nobody_is_acted_upon_the_whole_operation_is_in_it_but_for_state_media(
    model: InfluenceModel, tmp_path: Path
):
    write_archive(model, tmp_path, hash_below=0)
    truth, start = model.world.truth, model.config.scenario.start_epoch
    there = np.flatnonzero(truth.operation & (model.accounts.created < start + 30 * 86_400))
    expected = set(there.tolist()) - set(truth.state_media.tolist())
    assert truth.state_media.size == 3
    assert userids(tmp_path) == set(model.platform.pseudonyms[list(expected)].tolist())


def test_where_accounts_are_suspended_those_of_the_operation_that_are_not_reinstated_are_in_it(tmp_path: Path):
    config = load_scenario("hk2019", seed=2, overrides=[*SMALL, "scenario.core=60", "scenario.amplifiers=100",
                                                        "scenario.days=6"])  # fmt: skip
    rules = replace(load_enforcement(), threshold=0.7)  # by lot, so that people and a part of the operation fall
    appeals = replace(rules.appeals, share={"organic": 0.5, "core": 0.5, "amplifiers": 0.5})
    reviewed = replace(rules, appeals=appeals, review=replace(rules.review, miss_rate=0.5, reviewers=500.0))
    model = InfluenceModel(config, "random", enforcement=reviewed)
    model.run()
    write_archive(model, tmp_path, hash_below=0)
    down = fallen(model)
    log = model.platform.actions.log
    assert np.count_nonzero(log["lifted"]) > 0
    assert set(log["account"][model.world.truth.layer[log["account"]] == Layer.ORGANIC].tolist())
    assert len(down & set(model.world.truth.state_media.tolist())) > 0
    down -= set(model.world.truth.state_media.tolist())
    assert 10 < len(down) < 60
    assert userids(tmp_path) == set(model.platform.pseudonyms[list(down)].tolist())


def investigated(*overrides: str, **changes: object) -> InfluenceModel:
    """Return a run in which an investigation, which takes some people for the operation's, ends in a wave."""
    small = ["scenario.organic=1500", "scenario.core=40", "scenario.amplifiers=240", "scenario.days=10",
             "operation.cell_size=20", "operation.acts_per_day_median=6", "operation=static"]  # fmt: skip
    # The lot is below 1: the route itself acts on nobody. People appeal soon after the wave, and are back the next day.
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


def test_the_waves_archive_holds_those_who_fell_in_it_people_too_and_what_they_did_before(tmp_path: Path):
    model = investigated()
    wave = model.platform.investigation.report.wave
    log, layer = model.platform.actions.log, model.world.truth.layer
    struck = log["account"][(log["time"] == wave) & (log["action"] == NUMBER["suspend"])]
    assert write_wave(model, tmp_path / "archive", hash_below=0) == struck.size > 20
    assert {path.name for path in tmp_path.iterdir()} == {"archive"}
    assert {path.name for path in (tmp_path / "archive").iterdir()} == {
        f"{name}.{end}" for name in FILES if not name.startswith("activity") for end in ("csv", "parquet")
    }
    assert userids(tmp_path / "archive") == set(model.platform.pseudonyms[struck].tolist())
    core = {int(row["userid"]) - 1_000_000_000 for row in rows(tmp_path / "archive/core_users.csv")}
    mistaken = struck[layer[struck] == Layer.ORGANIC]
    assert mistaken.size == model.platform.investigation.report.wrongly_confirmed > 0
    assert set(model.platform.pseudonyms[mistaken].tolist()) <= core
    acts = model.activity
    before = np.isin(acts["account"], struck) & (acts["time"] < wave)
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
    if share < 1.0:  # posts that the log lacks are told apart among those that are asked for
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


def test_ids_are_unique_and_hold_the_second_of_the_act(model: InfluenceModel, archive: Path):
    messages = rows(archive / "activity_toolkit.csv")
    ids = [int(row["message_id"]) for row in messages]
    assert len(set(ids)) == len(ids) == len(model.activity)
    start = model.config.scenario.start_epoch
    assert [(number >> 22) + 1288834974657 for number in ids] == [
        1000 * (start + int(t)) for t in model.activity["time"]
    ]
    assert [int(row["timestamp"]) for row in messages] == [start + int(t) for t in model.activity["time"]]


def test_the_operations_posts_are_those_of_the_log_with_times_to_the_minute(
    model: InfluenceModel, tweets: list[dict[str, str]]
):
    log, layer = model.activity, model.world.truth.layer
    media = np.isin(log["account"], model.world.truth.state_media)
    operation = (layer[log["account"]] != Layer.ORGANIC) & ~media
    assert np.count_nonzero(media) > 100
    assert len(tweets) == np.count_nonzero(operation)
    assert sum(row["is_retweet"] == "true" for row in tweets) == np.count_nonzero(log["kind"][operation] == REPOST)
    for row in tweets:
        when = pd.Timestamp((int(row["tweetid"]) >> 22) + 1288834974657, unit="ms")
        assert row["tweet_time"] == f"{when:%Y-%m-%d %H:%M}"
        assert (row["is_retweet"] == "true") == (row["retweet_tweetid"] != "") == (row["retweet_userid"] != "")


def test_a_post_has_as_many_reposts_as_point_to_it(archive: Path, tweets: list[dict[str, str]]):
    times = Counter(row["repost_id"] for row in rows(archive / "activity_toolkit.csv") if row["repost_id"])
    counted = {row["tweetid"]: int(row["retweet_count"]) for row in tweets}
    assert max(counted.values()) > 3
    assert counted == {number: times[number] for number in counted}


def test_accounts_with_1_to_4999_followers_are_hashed_and_no_others(users: list[dict[str, str]]):
    kinds = Counter()
    for row in users:
        followers, secret = int(row["follower_count"]), row["userid"].endswith("=")
        assert secret == (1 <= followers <= 4999)
        names = row["user_display_name"], row["user_screen_name"]
        assert names == ((row["userid"],) * 2 if secret else (f"account {row['userid']}", f"account_{row['userid']}"))
        assert secret or row["userid"].isdigit()
        kinds[secret] += 1
    assert min(kinds[True], kinds[False]) > 100
    assert len({row["userid"] for row in users}) == len(users) == 936 - 3  # less state media


def test_posts_and_reposts_name_accounts_as_the_users_file_does(
    users: list[dict[str, str]], tweets: list[dict[str, str]]
):
    known = {row["userid"]: row for row in users}
    author = {row["tweetid"]: row["userid"] for row in tweets}
    core = [row for row in tweets if row["userid"] in known]
    assert len(core) > 10_000
    assert all(row[name] == known[row["userid"]][name] for row in core for name in USERS.split(","))
    inside = [row for row in tweets if row["retweet_tweetid"] in author]
    assert {row["retweet_userid"].endswith("=") for row in inside} == {True, False}
    assert all(row["retweet_userid"] == author[row["retweet_tweetid"]] for row in inside)


def test_no_text_says_anything_but_what_it_is_about(tweets: list[dict[str, str]], users: list[dict[str, str]]):
    assert {row["user_profile_description"] for row in users} == {"", "bio"}
    for row in tweets:
        tag, shown = row["tweet_text"].removeprefix("#").split(" ")
        assert tag.removeprefix("topic").isdigit()
        assert shown == (row["retweet_tweetid"] or row["tweetid"])
        assert row["hashtags"] == f"['{tag}']"


@pytest.mark.parametrize("below", [0, 50])
def test_the_number_of_followers_below_which_is_hashed_can_be_set(model: InfluenceModel, tmp_path: Path, below: int):
    write_archive(model, tmp_path, hash_below=below)
    users = rows(tmp_path / "core_users.csv")
    assert [row["userid"].endswith("=") for row in users] == [1 <= int(row["follower_count"]) < below for row in users]


def test_reposted_posts_that_a_sampled_log_lacks_have_ids_of_their_own(tmp_path: Path):
    model = run("scenario.core=20", "scenario.days=5", "scenario.organic_log_share=0.3")
    write_archive(model, tmp_path)
    messages = rows(tmp_path / "activity_toolkit.csv")
    ids = {row["message_id"] for row in messages}
    assert len(ids) == len(messages) == len(model.activity)
    targets = {row["repost_id"] for row in messages} - {""}
    assert targets - ids, "no repost of an unlogged post: the test shows nothing"
    log = model.activity
    identity = {
        (int(a), int(t)) for a, t, k in zip(log["author"], log["post_time"], log["kind"], strict=True) if k == REPOST
    }
    assert len(targets) == len(identity)


def test_a_run_without_an_operation_has_empty_sets_and_its_activity(tmp_path: Path):
    model = run("scenario.core=0", "scenario.amplifiers=0", "scenario.days=2")
    write_archive(model, tmp_path)
    for name, columns in (("core_users", USERS), ("core_tweets", TWEETS)):
        for end in ("csv", "parquet"):
            table = ArchiveFile(tmp_path / f"{name}.{end}").table()
            assert (table.num_rows, table.column_names) == (0, columns.split(","))
    assert len(rows(tmp_path / "activity_toolkit.csv")) == len(model.activity) > 0


def test_cells_that_a_spreadsheet_would_run_are_made_safe_and_come_back(tmp_path: Path):
    cells = ["=1+1", "+1", "-1", "@me", "'=1", "''@", "a=b", "'quoted'", "", "two\nlines", 'a "b", c']
    n = len(cells)
    table = pa.table(
        {
            "userid": [str(i) for i in range(n)], "user_display_name": cells, "user_screen_name": cells[::-1],
            "user_reported_location": cells, "user_profile_description": cells, "user_profile_url": cells,
            "follower_count": pa.array(range(n), pa.int64()), "following_count": pa.array(range(n), pa.int64()),
            "account_creation_date": pa.array([17_000] * n, pa.int32()).cast(pa.date32()), "account_language": cells,
        }
    )  # fmt: skip
    for path in write_table(tmp_path / "users", [table]):
        assert ArchiveFile(path).table().to_pydict() == table.to_pydict()
    with (tmp_path / "users.csv").open(encoding="utf-8", newline="") as file:
        written = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in written if cell.startswith(("=", "+", "-", "@"))]
    assert unguarded(guarded(pa.array(cells))).to_pylist() == cells


def test_a_scenarios_names_are_made_safe_too(tmp_path: Path):
    config = load_scenario("hk2019", overrides=[*SMALL, "scenario.core=20", "scenario.days=2"])
    organic = replace(config.organic, languages={"=zh": 1.0}, utc_offset_hours={"=zh": 8})
    operation = replace(config.operation, languages={"=zh": 1.0})
    model = InfluenceModel(replace(config, organic=organic, operation=operation))
    model.run()
    write_archive(model, tmp_path)
    assert {row["account_language"] for row in rows(tmp_path / "core_users.csv")} == {"'=zh"}
    assert set(ArchiveFile(tmp_path / "core_users.csv").table()["account_language"].to_pylist()) == {"=zh"}


def test_hashes_differ_between_accounts_and_runs_and_are_no_formulas():
    made = hashed(1, np.arange(5000))
    assert len(set(made)) == 5000
    assert all(len(text) == 44 and text.endswith("=") and text[0] not in "=+-@" for text in made)
    assert not set(made) & set(hashed(2, np.arange(5000)))


def test_times_that_no_id_can_hold_are_refused():
    first, last = 1_288_834_974_657, 1_288_834_974_657 + 2**41 - 1
    assert milliseconds_of(snowflakes(np.array([first, last]), np.array([0, 2**22 - 1]))).tolist() == [first, last]
    for wrong in (first - 1, last + 1):
        with pytest.raises(ConfigError, match=r"scenario\.start must leave every post between 2010-11-05 and 2080"):
            snowflakes(np.array([wrong]), np.array([0]))


def test_a_full_disk_leaves_no_half_file(model: InfluenceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"core_users\.\w+ cannot be written: No space left on device"):
        write_archive(model, tmp_path)
    assert list(tmp_path.iterdir()) == []

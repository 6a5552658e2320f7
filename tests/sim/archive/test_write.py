"""What a run's archive holds, read back with the standard library."""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim import InfluenceModel, load_scenario
from sim.archive import ArchiveFile, write_archive
from sim.config.composition import load_enforcement
from sim.core.files import OutputError
from sim.events.records import REPOST
from sim.population.truth import Layer
from tests.sim.archive.conftest import SMALL, run
from tests.sim.archive.files import FILES, TWEETS, USERS, rows, userids
from tests.sim.enforcement.draws import NUMBER


@pytest.fixture(scope="module")
def users(archive: Path) -> list[dict[str, str]]:
    return rows(archive / "core_users.csv")


@pytest.fixture(scope="module")
def tweets(archive: Path) -> list[dict[str, str]]:
    return rows(archive / "core_tweets.csv") + rows(archive / "amplifiers_tweets.csv")


def test_each_file_comes_as_csv_and_parquet_with_the_published_columns(archive: Path):
    assert {path.name for path in archive.iterdir()} == {
        "manifest.json",
        *(f"{name}.{end}" for name in FILES for end in ("csv", "parquet")),
    }
    for name, columns in (
        ("core_users", USERS), ("core_tweets", TWEETS), ("amplifiers_users", USERS), ("amplifiers_tweets", TWEETS),
        ("activity_toolkit", "message_id,user_id,username,repost_id,reply_id,message,timestamp,urls"),
        ("activity_coortweet", "object_id,account_id,content_id,timestamp_share"),
        ("accounts", "account,userid,label,layer,benign_kind,benign_group"),
    ):  # fmt: skip
        with (archive / f"{name}.csv").open(encoding="utf-8") as file:
            assert next(csv.reader(file)) == columns.split(",")
        assert list(pd.read_parquet(archive / f"{name}.parquet")) == columns.split(",")


def still_suspended(model: InfluenceModel) -> set[int]:
    """Return the operation's accounts that are suspended and not reinstated, by the enforcement log."""
    log, down = model.platform.actions.log, set()
    for account, action, lifted in zip(*(log[name].tolist() for name in ("account", "action", "lifted")), strict=True):
        if action == NUMBER["suspend"]:
            (down.discard if lifted else down.add)(account)
    return {account for account in down if model.world.truth.operation[account]}


def test_without_enforcement_the_archive_is_the_whole_operation_except_state_media(
    model: InfluenceModel, tmp_path: Path
):
    write_archive(model, tmp_path, hash_below=0)
    truth, start = model.world.truth, model.config.scenario.start_epoch
    there = np.flatnonzero(truth.operation & (model.accounts.created < start + 30 * 86_400))
    expected = set(there.tolist()) - set(truth.state_media.tolist())
    assert truth.state_media.size == 3
    assert userids(tmp_path) == set(model.platform.pseudonyms[list(expected)].tolist())


def test_with_enforcement_the_archive_is_the_operations_accounts_that_stay_suspended(tmp_path: Path):
    config = load_scenario("hk2019", seed=2, overrides=[*SMALL, "scenario.core=60", "scenario.amplifiers=100",
                                                        "scenario.days=6"])  # fmt: skip
    rules = replace(load_enforcement(), threshold=0.7)  # random scores: some of either side are suspended
    appeals = replace(rules.appeals, share={"organic": 0.5, "core": 0.5, "amplifiers": 0.5})
    reviewed = replace(rules, appeals=appeals, review=replace(rules.review, miss_rate=0.5, reviewers=500.0))
    model = InfluenceModel(config, "random", enforcement=reviewed)
    model.run()
    write_archive(model, tmp_path, hash_below=0)
    down = still_suspended(model)
    log = model.platform.actions.log
    assert np.count_nonzero(log["lifted"]) > 0
    assert set(log["account"][model.world.truth.layer[log["account"]] == Layer.ORGANIC].tolist())
    assert len(down & set(model.world.truth.state_media.tolist())) > 0
    down -= set(model.world.truth.state_media.tolist())
    assert 10 < len(down) < 60
    assert userids(tmp_path) == set(model.platform.pseudonyms[list(down)].tolist())


def test_ids_are_unique_and_hold_the_second_of_the_act(model: InfluenceModel, archive: Path):
    messages = rows(archive / "activity_toolkit.csv")
    ids = [int(row["message_id"]) for row in messages]
    assert len(set(ids)) == len(ids) == len(model.activity)
    start = model.config.scenario.start_epoch
    assert [(number >> 22) + 1288834974657 for number in ids] == [
        1000 * (start + int(t)) for t in model.activity["time"]
    ]
    assert [int(row["timestamp"]) for row in messages] == [start + int(t) for t in model.activity["time"]]


def test_the_posts_of_the_archive_are_those_of_the_log_with_times_to_the_minute(
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


def test_a_bio_is_a_placeholder_and_a_text_is_made_of_what_the_post_carries(
    tweets: list[dict[str, str]], users: list[dict[str, str]]
):
    assert {row["user_profile_description"] for row in users} == {"", "bio"}
    seen = Counter()
    for row in tweets:
        wording, *more = row["tweet_text"].split(" ")
        assert wording.removeprefix("w").isdigit()
        tags = [f"['{part[1:]}']" for part in more if part.startswith("#h")]
        links = [f"['{part}']" for part in more if part.startswith("https://example.org/")]
        assert [row["hashtags"]] == (tags or ["[]"])
        assert [row["urls"]] == (links or ["[]"])
        seen.update({"tags": len(tags), "links": len(links)})
    assert min(seen["tags"], seen["links"]) > 100


def test_what_posts_carry_is_what_detectors_see_of_them(tmp_path: Path):
    seen: dict[str, list[int]] = {"url": [], "hashtags": [], "text": []}

    class Watcher:
        requires = frozenset({"time", "account", *seen})
        n = 0

        def observe(self, observation):
            self.n = observation.n_accounts
            for name, values in seen.items():
                values += observation.event(name).tolist()

        def score(self):
            return np.full(self.n, np.nan)

    config = load_scenario(
        "hk2019", overrides=[*SMALL, "scenario.core=60", "scenario.amplifiers=80", "scenario.days=4"]
    )
    model = InfluenceModel(config, Watcher())
    model.run()
    write_archive(model, tmp_path)
    messages = rows(tmp_path / "activity_toolkit.csv")
    assert len(messages) == len(seen["url"]) > 1_000
    links = [f"https://example.org/{number}" if number else "" for number in seen["url"]]
    assert [row["urls"] for row in messages] == links
    for row, tag, text in zip(messages, seen["hashtags"], seen["text"], strict=True):
        parts = row["message"].split(" ")
        assert parts[0] == f"w{text}"
        assert (f"#h{tag}" in parts) == (tag != 0)


def test_accounts_say_who_they_are_and_join_with_the_other_files(model: InfluenceModel, archive: Path):
    accounts = rows(archive / "accounts.csv")
    truth, config = model.world.truth, model.config.scenario
    there = model.accounts.created < config.start_epoch + 30 * 86_400
    assert len({row["account"] for row in accounts}) == len(accounts) == np.count_nonzero(there) < there.size
    assert {row["account_id"] for row in rows(archive / "activity_coortweet.csv")} <= {
        row["account"] for row in accounts
    }
    published = {row["userid"] for name in ("core", "amplifiers") for row in rows(archive / f"{name}_users.csv")}
    operation = {row["userid"] for row in accounts if row["label"] == "1"}
    assert published <= operation
    assert len(operation) == len(published) + truth.state_media.size
    layer = dict(zip((1_000_000_000 + model.platform.pseudonyms).tolist(), truth.layer.tolist(), strict=True))
    for row in accounts:
        assert row["layer"] == Layer(layer[int(row["account"])]).name.lower()
        assert (row["label"] == "1") == (row["layer"] != "organic")
        assert (row["benign_kind"] == "") == (row["benign_group"] == "")
    assert sum(row["benign_kind"] != "" for row in accounts) == np.count_nonzero(truth.group[there] >= 0)


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


def test_a_scenarios_names_are_made_safe_too(tmp_path: Path):
    config = load_scenario("hk2019", overrides=[*SMALL, "scenario.core=20", "scenario.days=2"])
    organic = replace(config.organic, languages={"=zh": 1.0}, utc_offset_hours={"=zh": 8})
    operation = replace(config.operation, languages={"=zh": 1.0})
    model = InfluenceModel(replace(config, organic=organic, operation=operation))
    model.run()
    write_archive(model, tmp_path)
    assert {row["account_language"] for row in rows(tmp_path / "core_users.csv")} == {"'=zh"}
    assert set(ArchiveFile(tmp_path / "core_users.csv").table()["account_language"].to_pylist()) == {"=zh"}


def test_a_full_disk_leaves_no_half_file(model: InfluenceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"core_users\.\w+ cannot be written: No space left on device"):
        write_archive(model, tmp_path)
    assert list(tmp_path.iterdir()) == []

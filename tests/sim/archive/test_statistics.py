"""The statistics of an archive: of a small one by hand, and of a run what the run held."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from sim import InfluenceModel
from sim.archive import ArchiveError, View, describe
from sim.config import ConfigError
from sim.events.records import REPOST
from sim.population.truth import Layer
from tests.sim.archive.files import tweets_csv, users_csv

ACCOUNTS = (
    {
        "userid": "1",
        "follower_count": "20000",
        "account_creation_date": "2012-01-01",
        "user_profile_description": "b\nio",
    },
    {"userid": "2", "follower_count": "5000", "account_creation_date": "2017-08-18", "account_language": "zh-CN"},
    {"userid": "3", "follower_count": "4999", "account_creation_date": "2017-08-18", "account_language": "en"},
    {"userid": "4", "follower_count": "9", "account_creation_date": "2019-04-30", "account_language": ""},
    {"userid": "5", "follower_count": "0", "account_creation_date": "2019-06-01", "user_profile_description": " "},
)
POSTS = (
    {"userid": "1", "tweet_time": "2019-05-31 15:59"},  # 23:59 in Hong Kong
    {"userid": "1", "tweet_time": "2019-05-31 16:00"},  # midnight, and June
    {"userid": "2", "tweet_time": "2019-07-20 01:00", "is_retweet": "true"},  # 09:00
    {"userid": "3", "tweet_time": "2019-07-20 09:59", "tweet_language": "en"},  # 17:59
    {"userid": "9", "tweet_time": "2019-07-20 10:00", "tweet_language": "ru", "is_retweet": "True"},  # 18:00
)
HONG_KONG = View(time_zone="Asia/Hong_Kong")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    names = [tmp_path / name for name in ("users_1.csv", "users_2.csv", "tweets_1.csv", "tweets_2.csv")]
    posts = [{"tweetid": number, **post} for number, post in enumerate(POSTS)]
    texts = users_csv(*ACCOUNTS[:2]), users_csv(*ACCOUNTS[2:]), tweets_csv(*posts[:3]), tweets_csv(*posts[3:])
    for path, text in zip(names, texts, strict=True):
        path.write_text(text)
    return names


def test_a_small_archive_counted_by_hand(files: list[Path]):
    found = describe(files, HONG_KONG)
    log = np.log([20000, 5000])
    expected = {
        "accounts": 5, "accounts_with_posts": 3, "never_posted_share": 0.4, "posts_of_unknown_accounts": 1,
        "date": "2019-07-21",
        "followers_5000_share": 0.4, "followers_log_mean": log.mean(), "followers_log_sd": log.std(ddof=1),
        "followers_below_10_share": 0.4, "followers_zero_share": 0.2,
        "age_days_min": 50, "age_days_quartile_1": 82.0, "age_days_median": 702.0, "age_days_quartile_3": 702.0,
        "created_before_2017_share": 0.2, "created_before_2017_followers_5000_share": 1.0,
        "created_from_2017_followers_median": 2504.0, "newest_account": "2019-06-01",
        "created_on_busiest_days_share": 1.0, "largest_batch": 2, "second_batch": 1,
        "largest_batch_share": 0.4, "second_batch_share": 0.2, "created_in_last_four_months_share": 0.4,
        "empty_bio_share": 0.8, "account_languages": {"zh": 0.6, "en": 0.2, "und": 0.2},
        "posts": 5, "repost_share": 0.4, "post_languages": {"zh": 0.6, "en": 0.2, "ru": 0.2},
        "posts_timed": 5, "office_hours_share": 0.4, "busiest_hour": 0,
        "hour_profile": [0.2 if hour in (0, 9, 17, 18, 23) else 0.0 for hour in range(24)],
        "posts_by_month": {"2019-05": 1, "2019-06": 1, "2019-07": 3},
    }  # fmt: skip
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name] == (pytest.approx(value) if isinstance(value, float) else value), name


def test_date_time_zone_and_languages_can_be_chosen(files: list[Path]):
    found = describe(files, View(dt.date(2019, 9, 20), "America/New_York", ("zh", "en"), busiest_days=1))
    assert (found["date"], found["age_days_min"]) == ("2019-09-20", 111)
    assert found["created_on_busiest_days_share"] == 0.4
    assert found["created_in_last_four_months_share"] == 0.2  # May to August
    assert (found["posts"], found["posts_timed"]) == (5, 4)
    assert found["posts_by_month"] == {"2019-05": 2, "2019-07": 2}
    assert [hour for hour, share in enumerate(found["hour_profile"]) if share] == [5, 11, 12, 21]
    with pytest.raises(ConfigError, match=r"describe\.date must not lie before the newest account's day, 2019-06-01"):
        describe(files, View(dt.date(2019, 5, 31)))


def test_a_statistic_that_the_files_cannot_give_is_none(files: list[Path]):
    found = describe(files[:2])
    assert (found["accounts"], found["accounts_with_posts"], found["never_posted_share"]) == (5, None, None)
    assert "posts" not in found
    found = describe(files[2:])
    assert (found["accounts"], found["accounts_with_posts"], found["never_posted_share"]) == (4, 4, None)
    files[0].write_text(users_csv())
    with pytest.raises(ArchiveError, match=r"must have a row after its header, or one of the other files; got none"):
        describe([files[0], files[0]])
    found = describe([files[0], files[2]])
    assert (found["accounts"], found["posts"], found["posts_of_unknown_accounts"]) == (0, 3, 3)
    files[2].write_text(tweets_csv())
    found = describe([files[1], files[2]])
    assert (found["posts"], found["repost_share"]) == (0, None)


def test_a_file_without_a_name_is_refused():
    with pytest.raises(ArchiveError, match=r"a file of an archive must have a name; got ''\."):
        describe([""])


def test_the_statistics_of_a_runs_archive_are_those_of_the_run(model: InfluenceModel, archive: Path):
    core = np.setdiff1d(model.world.truth.accounts(Layer.CORE), model.world.truth.state_media)
    table, log = model.accounts, model.activity
    mine = np.isin(log["account"], core)
    local = (log["time"][mine].astype(np.int64) + model.config.scenario.start_epoch) // 3600 + 8
    created = table.created[core] // 86_400
    takedown = (model.config.scenario.start_epoch + 30 * 86_400) // 86_400
    followers = table.follower_count[core].astype(np.int64)
    days = np.sort(np.unique(created, return_counts=True)[1])[::-1]
    expected = {
        "accounts": 933, "date": "2019-08-19",
        "accounts_with_posts": np.unique(log["account"][mine]).size,
        "followers_5000_share": (followers >= 5000).mean(),
        "followers_log_mean": np.log(followers[followers >= 5000]).mean(),
        "followers_below_10_share": (followers < 10).mean(),
        "age_days_min": (takedown - created).min(), "age_days_median": np.median(takedown - created),
        "created_on_busiest_days_share": days[:9].sum() / 933, "largest_batch": days[0],
        "empty_bio_share": table.empty_bio[core].mean(),
        "posts": mine.sum(), "repost_share": (log["kind"][mine] == REPOST).mean(),
        "office_hours_share": np.isin(local % 24, range(9, 18)).mean(),
    }  # fmt: skip
    for end in ("csv", "parquet"):
        found = describe([archive / f"core_users.{end}", archive / f"core_tweets.{end}"], HONG_KONG)
        for name, value in expected.items():
            assert found[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9)), name
        assert found["hour_profile"] == pytest.approx(np.bincount(local % 24, minlength=24) / mine.sum())


def test_the_statistics_of_a_runs_archive_are_the_configured_ones(model: InfluenceModel, archive: Path):
    """Within four standard deviations of a share among 933 accounts: a false alarm in some thousand seeds."""
    found = describe([archive / "core_users.csv", archive / "core_tweets.csv"], HONG_KONG)
    operation = model.config.operation
    old = operation.established_share
    shares = {
        "never_posted_share": operation.silent_share,
        "followers_5000_share": 0.386,
        "created_before_2017_share": old,
        "created_on_busiest_days_share": sum(operation.core_batches.values()),
        "empty_bio_share": operation.core_empty_bio_share,
    }
    for name, share in shares.items():
        assert found[name] == pytest.approx(share, abs=4 * (share * (1 - share) / 933) ** 0.5), name
    assert found["followers_log_mean"] == pytest.approx(operation.followers_log_mean, abs=0.16)
    assert found["repost_share"] == pytest.approx(operation.core_repost_share, abs=0.02)
    weights = np.array(operation.hour_weights) / sum(operation.hour_weights)
    assert found["hour_profile"] == pytest.approx(weights, abs=0.01)
    assert found["account_languages"]["zh"] == pytest.approx(operation.languages["zh"], abs=0.06)

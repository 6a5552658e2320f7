"""The published columns, archive files made by hand in the forms in which real ones come, and what a file holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

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
FILES = ("core_users", "core_tweets", "amplifiers_users", "amplifiers_tweets", "activity_toolkit", "activity_coortweet",
         "accounts")  # fmt: skip

ACCOUNT = {
    "userid": "12", "user_display_name": "a", "user_screen_name": "a", "user_reported_location": "",
    "user_profile_description": "", "user_profile_url": "", "follower_count": "7", "following_count": "3",
    "account_creation_date": "2017-08-18", "account_language": "zh-cn",
}  # fmt: skip
POST = {
    "tweetid": "1", **ACCOUNT, "tweet_language": "zh", "tweet_text": "", "tweet_time": "2019-07-20 01:08",
    "tweet_client_name": "web", "in_reply_to_userid": "", "in_reply_to_tweetid": "", "quoted_tweet_tweetid": "",
    "is_retweet": "false", "retweet_userid": "", "retweet_tweetid": "", "latitude": "absent", "longitude": "absent",
    "quote_count": "0", "reply_count": "0", "like_count": "0", "retweet_count": "0", "hashtags": "[]", "urls": "[]",
    "user_mentions": "[]", "poll_choices": "",
}  # fmt: skip


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return rows as the real files have them: every cell quoted, LF."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def users_csv(*accounts: Mapping[str, object]) -> str:
    """Return a users file: each account is `ACCOUNT`, updated by the given values."""
    return as_csv(USERS.split(","), [{**ACCOUNT, **account} for account in accounts])


def tweets_csv(*posts: Mapping[str, object], columns: Sequence[str] = TWEETS.split(",")) -> str:
    """Return a tweets file: each post is `POST`, updated by the given values."""
    return as_csv(columns, [{**POST, **post} for post in posts])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def userids(folder: Path) -> set[int]:
    """Return the accounts of an archive without hashes, by pseudonym."""
    found = [int(row["userid"]) for name in ("core", "amplifiers") for row in rows(folder / f"{name}_users.csv")]
    assert len(set(found)) == len(found)
    return {number - 1_000_000_000 for number in found}

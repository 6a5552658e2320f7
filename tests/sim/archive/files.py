"""Archive files made by hand, in the forms in which real ones come."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from tests.sim.archive.test_write import TWEETS, USERS

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
    """Return a users file: each account is `ACCOUNT` but for what is given."""
    return as_csv(USERS.split(","), [{**ACCOUNT, **account} for account in accounts])


def tweets_csv(*posts: Mapping[str, object], columns: Sequence[str] = TWEETS.split(",")) -> str:
    """Return a tweets file: each post is `POST` but for what is given."""
    return as_csv(columns, [{**POST, **post} for post in posts])

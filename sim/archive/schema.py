"""Published formats: columns by name, snowflake ids, hashes, and cells that a spreadsheet takes for formulas.

The archive's two files are Twitter's of 2018 to 2021 ("Elections integrity" releases): a row an account, and a row a
post. The activity's two are those that the coordination-network-toolkit (QUT, 1.5.2) and CooRTweet (R, 2.1.3) read.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sim.config import ConfigError

USER_COLUMNS = (
    "userid", "user_display_name", "user_screen_name", "user_reported_location", "user_profile_description",
    "user_profile_url", "follower_count", "following_count", "account_creation_date", "account_language",
)  # fmt: skip
TWEET_COLUMNS = (
    "tweetid", *USER_COLUMNS, "tweet_language", "tweet_text", "tweet_time", "tweet_client_name", "in_reply_to_userid",
    "in_reply_to_tweetid", "quoted_tweet_tweetid", "is_retweet", "retweet_userid", "retweet_tweetid", "latitude",
    "longitude", "quote_count", "reply_count", "like_count", "retweet_count", "hashtags", "urls", "user_mentions",
    "poll_choices",
)  # fmt: skip
TOOLKIT_COLUMNS = ("message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls")
COORTWEET_COLUMNS = ("object_id", "account_id", "content_id", "timestamp_share")

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657  # 4 November 2010, when Twitter's ids began to hold their time
_SEQUENCE_BITS = 22
_RUN = r"['=+\-@\t\r\n]"  # how cells begin that spreadsheets run, and those that are guarded
_MOST_MS = SNOWFLAKE_EPOCH_MS + 2 ** (63 - _SEQUENCE_BITS)


class ArchiveError(ValueError):
    """A file is no archive, or a run cannot be one. The message names the file, the place and what is allowed."""


def snowflakes(milliseconds: NDArray[np.int64], sequence: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ids that hold a time in their upper bits and a sequence number in the lower 22.

    Parameters
    ----------
    milliseconds : int64 (ids,)
        Since 1970-01-01 UTC, not before `SNOWFLAKE_EPOCH_MS`.
    sequence : int64 (ids,)
        Tells ids of one time apart, in [0, 2**22).

    Raises
    ------
    ConfigError
        A time before November 2010 or after July 2080.
    ArchiveError
        A sequence number is out of range.

    Examples
    --------
    >>> snowflakes(np.array([1_566_172_800_000]), np.array([0]))
    array([1163239150187446272])
    >>> milliseconds_of(np.array([1163239150187446272]))
    array([1566172800000])
    """
    if milliseconds.size and not SNOWFLAKE_EPOCH_MS <= milliseconds.min() <= milliseconds.max() < _MOST_MS:
        raise ConfigError(
            "scenario.start must leave every post between 2010-11-05 and 2080-07-10, the times that a post's id can "
            f"hold; got posts from {np.datetime64(int(milliseconds.min()), 'ms')} on."
        )
    if sequence.size and not 0 <= sequence.min() <= sequence.max() < 2**_SEQUENCE_BITS:
        raise ArchiveError(f"a second has room for {2**_SEQUENCE_BITS:,} posts; got {sequence.max() + 1:,}.")
    return np.asarray((milliseconds - SNOWFLAKE_EPOCH_MS) << _SEQUENCE_BITS | sequence, np.int64)


def milliseconds_of(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the times that ids hold, milliseconds since 1970-01-01 UTC: int64 (ids,)."""
    return np.asarray((ids >> _SEQUENCE_BITS) + SNOWFLAKE_EPOCH_MS, np.int64)


def hashed(seed: int, userids: NDArray[np.int64]) -> list[str]:
    """Return what stands in for the ids of accounts whose names are not published: 44 characters that end in `=`.

    As in the archive of 2019 it is base64; `_` stands for `+`, so that no spreadsheet takes it for a formula.
    """
    salt = f"takedown archive {seed} ".encode()
    digests = (hashlib.sha256(salt + str(number).encode()).digest() for number in userids.tolist())
    return [base64.b64encode(digest, b"_/").decode() for digest in digests]


def guarded(cells: Any) -> Any:
    """Return texts of which none is a formula to a spreadsheet.

    An apostrophe is put before a text that begins with `=`, `+`, `-`, `@`, a tab, a carriage return or a line feed; and
    before one that begins with an apostrophe, so that `unguarded` gives back exactly what was.

    Examples
    --------
    >>> guarded(pa.array(["=1+1", "a=b", "'@me", "'tis"])).to_pylist()
    ["'=1+1", 'a=b', "''@me", "''tis"]
    >>> unguarded(guarded(pa.array(["=1+1", "a=b", "'@me", "'tis"]))).to_pylist()
    ['=1+1', 'a=b', "'@me", "'tis"]
    """
    return pc.replace_substring_regex(cells, rf"^({_RUN})", r"'\1")


def unguarded(cells: Any) -> Any:
    """Return the texts that `guarded` made safe; one of somebody else's keeps an apostrophe that guards nothing."""
    return pc.replace_substring_regex(cells, rf"^'({_RUN})", r"\1")


def as_text(column: Any) -> Any:
    """Return a column as the archive's CSV writes it: times to the minute, true and false, nothing for a null.

    Parameters
    ----------
    column : pyarrow Array or ChunkedArray
        Of texts, whole numbers, truth values, dates or times.
    """
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = pc.strftime(column.cast(pa.timestamp("s"), safe=False), format="%Y-%m-%d %H:%M")  # in UTC
    elif pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    return column.cast(pa.string()).fill_null("")

"""Which columns of a table are what: the published formats, and names that people use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.score.errors import LogError
from sim.archive.schema import COORTWEET_COLUMNS, TOOLKIT_COLUMNS, USER_COLUMNS

#: What a log can say of an act, and what that is; the keys of `score.columns`.
MEANINGS = {
    "account": "who acts",
    "time": "when",
    "post": "the post that is reposted; nothing where the row is a post of the account's own",
    "message": "id of the act itself",
    "author": "who wrote the post that is reposted",
    "repost": "whether the row is a repost; where there is no such column, it is one if it has a post",
    "url": "the links",
    "hashtags": "the sequence of hashtags",
    "text": "the wording",
    "language": "of the account",
}
NEEDED = ("account", "time")
_ARCHIVE = {
    "account": "userid", "time": "tweet_time", "post": "retweet_tweetid", "message": "tweetid",
    "author": "retweet_userid", "repost": "is_retweet", "url": "urls", "hashtags": "hashtags", "text": "tweet_text",
    "language": "account_language",
}  # fmt: skip
_COORTWEET = dict(zip(("post", "account", "message", "time"), COORTWEET_COLUMNS, strict=True))
_TOOLKIT = {
    "message": "message_id", "account": "user_id", "post": "repost_id", "text": "message", "time": "timestamp",
    "url": "urls",
}  # fmt: skip
# Without capitals, spaces and underscores; the first that is there is taken.
_ALIASES = {
    "account": "account accountid user userid userscreenname screenname username person actor authorid",
    "time": "time timestamp timestampshare datetime createdat tweettime posttime postedat sharedat date seconds",
    "post": "post postid repostid repostedid repostedpost retweettweetid retweetedid retweetedstatusid retweetid"
    " reposteduri objectid sharedid originalid originalpost subject",
    "message": "messageid tweetid statusid contentid id",
    "author": "author repostauthor postauthor retweetuserid retweeteduserid originalauthor originaluserid",
    "repost": "repost isrepost isretweet retweet",
    "url": "url urls link links expandedurl",
    "hashtags": "hashtags hashtag tags",
    "text": "text tweettext fulltext body content message",
    "language": "language accountlanguage lang",
}


@dataclass(frozen=True)
class Format:
    """What a table is.

    Attributes
    ----------
    name : str
        As the report calls it.
    columns : mapping of str to str
        Column of the table by its meaning (`MEANINGS`).
    """

    name: str
    columns: Mapping[str, str]


def format_of(header: Sequence[str], chosen: Mapping[str, str], where: str) -> Format | None:
    """Return what a table is; None for an archive's file of accounts, which holds no acts.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    chosen : mapping of str to str
        `score.columns`: what the user says; it has the last word.
    where : str
        The file, for messages.

    Raises
    ------
    LogError
        A column that is needed, or that was named, is not there.
    """
    names = {name.lower(): name for name in header}
    for meaning, column in chosen.items():
        if column not in header:
            raise LogError(
                f"{where}: must have the column {column!r} (score.columns.{meaning}); got {_listed(header)}."
            )
    if {"tweetid", "userid", "tweet_time"} <= set(names):
        found = Format("a published archive", _present(_ARCHIVE, names))
    elif set(COORTWEET_COLUMNS) <= set(names):
        found = Format("CooRTweet's", _present(_COORTWEET, names))
    elif set(TOOLKIT_COLUMNS) <= set(names):
        found = Format("coordination-network-toolkit's", _present(_TOOLKIT, names))
    elif len({*USER_COLUMNS} & {*names}) > len(USER_COLUMNS) // 2 and not chosen:
        return None
    else:
        found = Format("a plain table", _by_alias(header, chosen))
    columns = {**found.columns, **chosen}
    for meaning in NEEDED:
        if meaning not in columns:
            said = ", ".join(f"{key}: NAME" for key in NEEDED if key not in columns)
            raise LogError(
                f"{where}: line 1 must name a column for {meaning} ({MEANINGS[meaning]}); got {_listed(header)}. "
                f"Say which it is by 'score.columns={{{said}}}'."
            )
    return Format(found.name, columns)


def _listed(header: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(repr(name) for name in header[:most]) or "nothing"
    return shown + (f" and {len(header) - most} more" if len(header) > most else "")


def _present(columns: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {meaning: names[column] for meaning, column in columns.items() if column in names}


def _by_alias(header: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that names give away; none for two meanings."""
    plain: dict[str, str] = {}
    for name in header:
        plain.setdefault(re.sub(r"[\s_.-]", "", name.lower()), name)
    taken, found = set(chosen.values()), {}
    for meaning, aliases in _ALIASES.items():
        for alias in aliases.split():
            if meaning not in chosen and alias in plain and plain[alias] not in taken:
                found[meaning] = plain[alias]
                taken.add(plain[alias])
                break
    return found

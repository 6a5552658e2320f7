"""What an archive says of an operation: the statistics that scenarios are calibrated to.

Each is named as in `docs/archive.md`, which says which row of the record it belongs to.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sim.archive.read import ArchiveFile
from sim.archive.schema import ArchiveError
from sim.config import ConfigError

MANY_FOLLOWERS, FEW_FOLLOWERS = 5_000, 10
OFFICE_HOURS = range(9, 18)  # 09:00 to 17:59
SPLIT_YEAR = 2017  # accounts from before it are the established ones of the record
_BESIDE = {False: "", True: ", or one of the other files"}
_ACCOUNT = ["userid", "follower_count", "account_creation_date", "user_profile_description", "account_language"]
_POST = ["tweetid", "tweet_time", "is_retweet", "tweet_language"]


@dataclass(frozen=True)
class View:
    """How an archive is looked at.

    Attributes
    ----------
    date : datetime.date or None
        On which accounts are so old; None is the day after the newest post or account.
    time_zone : str
        In which posts have their hour and month, such as Asia/Hong_Kong.
    languages : tuple of str
        Only posts of these count for the hours and months; of all, where there is none.
    busiest_days : int
        Days of registration that are counted as batches.
    """

    date: dt.date | None = None
    time_zone: str = "UTC"
    languages: tuple[str, ...] = ()
    busiest_days: int = 9


def describe(paths: Sequence[str | os.PathLike[str]], view: View | None = None) -> dict[str, Any]:
    """Return the statistics of an archive.

    Parameters
    ----------
    paths : sequence of path
        Its files, of accounts or posts or both; as many as it is split into. Where no users file is among them, the
        accounts are those that posts name, and who never posted is not known.
    view : View, optional

    Returns
    -------
    dict
        Numbers by name, None where nothing is known; `account_languages`, `post_languages` and `posts_by_month` are
        dicts, `hour_profile` a list of 24 shares.

    Raises
    ------
    ArchiveError
        A file is bad, an account or a post is in it twice, or there is no row in any.
    ConfigError
        The date lies before an account's registration.
    """
    view, files = view or View(), [ArchiveFile(path) for path in paths]
    if not files:
        raise ArchiveError("an archive needs a users or a tweets file, at least one; got none.")
    users = [file for file in files if file.kind == "users"]
    tweets = [file for file in files if file.kind == "tweets"]
    posts = _Posts(view, keep_accounts=not users)
    _count(tweets, posts)
    accounts = _accounts(users) if users else posts.accounts()
    if not len(accounts) and not posts.n:
        raise ArchiveError(f"{files[0].path}: must have a row after its header{_BESIDE[len(files) > 1]}; got none.")
    found = _account_statistics(accounts, view, posts.last_day)
    poster = accounts["userid"].isin(posts.by_account.index)
    found["accounts_with_posts"] = int(poster.sum()) if tweets else None
    found["never_posted_share"] = _ratio(int((~poster).sum()), len(accounts)) if tweets and users else None
    strangers = ~posts.by_account.index.isin(accounts["userid"])
    found["posts_of_unknown_accounts"] = int(posts.by_account[strangers].sum())
    return found | (posts.statistics() if tweets else {})


def _count(files: list[ArchiveFile], posts: _Posts) -> None:
    """Count the posts of files, and see that none comes twice: in a file given twice, or in two that overlap."""
    ids: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    starts, rows = [], 0
    for file in files:
        starts.append(rows)
        for chunk in file.chunks(_POST + _ACCOUNT):
            ids.append(chunk.column("tweetid").to_numpy())
            rows += chunk.num_rows
            posts.add(chunk)
    again = _again(np.concatenate(ids))
    if again is not None:
        row, tweetid = again
        number = int(np.searchsorted(starts, row, side="right")) - 1
        place = files[number].place(row - starts[number])
        raise ArchiveError(f"{files[number].path}: {place}: tweetid must be that of one post; got {tweetid} again.")


def _again(values: Any) -> tuple[int, Any] | None:
    """Return the place and value of the first that has been before, if any."""
    repeated = np.flatnonzero(pd.Series(values).duplicated())
    return (int(repeated[0]), values[repeated[0]]) if repeated.size else None


def _accounts(files: list[ArchiveFile]) -> pd.DataFrame:
    """Return a row an account: userid, followers, created (days since 1970), empty_bio, language."""
    parts = [_account_rows(chunk).assign(file=i) for i, file in enumerate(files) for chunk in file.chunks(_ACCOUNT)]
    frame = pd.concat([*parts, _NOBODY], ignore_index=True)
    again = _again(frame["userid"].to_numpy())
    if again is not None:
        row, userid = again
        number = int(frame["file"][row])
        place = files[number].place(row - int((frame["file"] < number).sum()))
        raise ArchiveError(f"{files[number].path}: {place}: userid must be that of one account; got {userid} again.")
    return frame


def _account_rows(chunk: pa.Table) -> pd.DataFrame:
    bio = chunk.column("user_profile_description").to_pandas()
    return pd.DataFrame(
        {
            "userid": chunk.column("userid").to_pandas(),
            "followers": chunk.column("follower_count").to_numpy(),
            "created": chunk.column("account_creation_date").cast(pa.int32()).to_numpy(),
            "empty_bio": (bio.str.strip() == "").to_numpy(bool),
            "language": chunk.column("account_language").to_pandas(),
        }
    )


_NOBODY = pd.DataFrame(
    {
        "userid": pd.Series([], dtype="str"), "followers": np.empty(0, np.int64), "created": np.empty(0, np.int32),
        "empty_bio": np.empty(0, np.bool_), "language": pd.Series([], dtype="str"),
    }
)  # fmt: skip


class _Posts:
    """Counts posts chunk by chunk: nothing but the counts stays in memory."""

    def __init__(self, view: View, *, keep_accounts: bool) -> None:
        self._view, self._zone, self._keep = view, ZoneInfo(view.time_zone), keep_accounts
        self.n = self._reposts = 0
        self.by_account = pd.Series([], index=pd.Index([], dtype="str"), dtype=np.int64)
        self._languages: Counter[str] = Counter()
        self._hours = np.zeros(24, np.int64)
        self._months: Counter[str] = Counter()
        self._accounts = _NOBODY
        self.last_day: dt.date | None = None

    def add(self, chunk: pa.Table) -> None:
        self.n += chunk.num_rows
        self._reposts += int(np.count_nonzero(chunk.column("is_retweet").to_numpy()))
        self.by_account = self.by_account.add(chunk.column("userid").to_pandas().value_counts(), fill_value=0)
        language = chunk.column("tweet_language").to_pandas()
        self._languages.update(language.value_counts().to_dict())
        when = pd.DatetimeIndex(chunk.column("tweet_time").to_numpy())
        if when.size:
            last = cast(dt.date, when.max().date())
            self.last_day = last if self.last_day is None else max(last, self.last_day)
        if self._view.languages:
            when = when[language.isin(self._view.languages).to_numpy(bool)]
        local = when.tz_localize("UTC").tz_convert(self._zone)
        self._hours += np.bincount(local.hour, minlength=24)
        months, times = np.unique(local.year * 100 + local.month, return_counts=True)
        self._months.update({f"{m // 100:04d}-{m % 100:02d}": int(k) for m, k in zip(months, times, strict=True)})
        if self._keep:
            rows = pd.concat([self._accounts, _account_rows(chunk)], ignore_index=True)
            self._accounts = rows.drop_duplicates("userid", ignore_index=True)

    def accounts(self) -> pd.DataFrame:
        """Return the accounts that posts name, as `_accounts` does."""
        return self._accounts

    def statistics(self) -> dict[str, Any]:
        hours = int(self._hours.sum())
        profile = [_ratio(int(k), hours) for k in self._hours]
        return {
            "posts": self.n,
            "repost_share": _ratio(self._reposts, self.n),
            "post_languages": _shares(self._languages),
            "posts_timed": hours,
            "office_hours_share": _ratio(int(self._hours[OFFICE_HOURS.start : OFFICE_HOURS.stop].sum()), hours),
            "busiest_hour": int(self._hours.argmax()) if hours else None,
            "hour_profile": profile,
            "posts_by_month": dict(sorted(self._months.items())),
        }


def _account_statistics(accounts: pd.DataFrame, view: View, last_post: dt.date | None) -> dict[str, Any]:
    n, followers = len(accounts), accounts["followers"].to_numpy(np.int64)
    created = accounts["created"].to_numpy().astype("datetime64[D]")
    newest = cast(dt.date, created.max().item()) if n else None
    known = [day for day in (newest, last_post) if day is not None]
    date = view.date or (max(known) + dt.timedelta(days=1) if known else None)
    if date is not None and newest is not None and date < newest:
        raise ConfigError(f"describe.date must not lie before the newest account's day, {newest}; got {date}.")
    ages = (np.datetime64(date) - created).astype(np.int64) if n else np.empty(0, np.int64)
    log = np.log(followers[followers >= MANY_FOLLOWERS])
    old = created < np.datetime64(f"{SPLIT_YEAR}-01-01")
    days = np.sort(np.unique(created, return_counts=True)[1])[::-1]
    first_month = np.datetime64(date, "M") - 4 if n else None
    months = created.astype("datetime64[M]")
    recent = (months >= first_month) & (months < np.datetime64(date, "M")) if n else old
    return {
        "accounts": n,
        "date": None if date is None else date.isoformat(),
        "followers_5000_share": _ratio(int((followers >= MANY_FOLLOWERS).sum()), n),
        "followers_log_mean": float(log.mean()) if log.size else None,
        "followers_log_sd": float(log.std(ddof=1)) if log.size > 1 else None,
        "followers_below_10_share": _ratio(int((followers < FEW_FOLLOWERS).sum()), n),
        "followers_zero_share": _ratio(int((followers == 0).sum()), n),
        "age_days_min": int(ages.min()) if n else None,
        "age_days_quartile_1": float(np.quantile(ages, 0.25)) if n else None,
        "age_days_median": float(np.median(ages)) if n else None,
        "age_days_quartile_3": float(np.quantile(ages, 0.75)) if n else None,
        "created_before_2017_share": _ratio(int(old.sum()), n),
        "created_before_2017_followers_5000_share": _ratio(int((followers[old] >= MANY_FOLLOWERS).sum()), old.sum()),
        "created_from_2017_followers_median": float(np.median(followers[~old])) if n and not old.all() else None,
        "newest_account": None if newest is None else newest.isoformat(),
        "created_on_busiest_days_share": _ratio(int(days[: view.busiest_days].sum()), n),
        "largest_batch": int(days[0]) if n else None,
        "second_batch": int(days[1]) if days.size > 1 else None,
        "largest_batch_share": _ratio(int(days[:1].sum()), n),
        "second_batch_share": _ratio(int(days[1:2].sum()), n),
        "created_in_last_four_months_share": _ratio(int(recent.sum()), n),
        "empty_bio_share": _ratio(int(accounts["empty_bio"].sum()), n),
        "account_languages": _shares(Counter(accounts["language"].value_counts().to_dict())),
    }


def _ratio(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None


def _shares(counts: Counter[str]) -> dict[str, float]:
    """Return the share of each language, the greatest first; zh-CN and zh-tw are zh, nothing is und."""
    merged: Counter[str] = Counter()
    for name, count in counts.items():
        merged[name.lower().partition("-")[0].partition("_")[0] or "und"] += int(count)
    total = sum(merged.values())
    return {name: count / total for name, count in sorted(merged.items(), key=lambda item: (-item[1], item[0]))}

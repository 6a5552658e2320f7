"""What a log holds, in a few numbers: who acts how much, what is reposted, when."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from experiments.score.log import Log
from sim.observation import REPOST

#: Statistic, what it is called, and how it is written (`experiments.cli.describe`).
LOG_LINES = (
    ("first", "first act", "text"),
    ("last", "last act", "text"),
    ("accounts", "accounts that act", "count"),
    ("acts", "acts", "count"),
    ("acts_of_top_tenth_share", "  by the busiest tenth of accounts", "share"),
    ("acts_median", "acts of an account, median", "plain"),
    ("acts_most", "  most", "count"),
    ("repost_share", "reposts", "share"),
    ("posts_reposted", "posts that are reposted", "count"),
    ("posts_in_log_share", "  of them in the log", "share"),
    ("authors_known_share", "reposts of known authors", "share"),
    ("times_of_posts_share", "reposts of posts with a known time", "share"),
    ("reposts_of_top_posts_share", "reposts of the top 1% of posts", "share"),
    ("accounts_with_3_reposts_share", "accounts with 3 reposts or more", "share"),
    ("accounts_with_11_reposts_share", "  with 11 or more", "share"),
    ("links_share", "acts with a link", "share"),
    ("hashtags_share", "acts with hashtags", "share"),
    ("texts_share", "acts with a text", "share"),
    ("office_hours_share", "acts at 09:00–17:59", "share"),
    ("busiest_hour", "busiest hour", "count"),
)


def log_statistics(log: Log, time_zone: str) -> dict[str, Any]:
    """Return the statistics of a log by name (`LOG_LINES`), and `hour_profile`, 24 shares; None for what is unknown.

    Parameters
    ----------
    log : Log
    time_zone : str
        Of the hours.
    """
    reposts = log.kind == REPOST
    acts = np.bincount(log.account, minlength=log.n_accounts)
    acts = np.sort(acts[acts > 0])[::-1]
    mine = np.bincount(log.account[reposts], minlength=log.n_accounts)
    _, holders = np.unique(log.post[reposts], return_counts=True)
    holders = np.sort(holders)[::-1]
    own, reposted = np.unique(log.post[~reposts]), np.unique(log.post[reposts])
    inside = np.isin(reposted, own)
    written = log.originals()
    timed = np.isin(log.post[reposts], np.concatenate([own, written[0]]) if written is not None else own)
    local = pd.DatetimeIndex(log.time.astype("datetime64[s]")).tz_localize("UTC").tz_convert(ZoneInfo(time_zone))
    hours = np.bincount(local.hour, minlength=24) / log.time.size
    n = int(acts.size)
    return {
        "first": _second(log.start, time_zone), "last": _second(log.end - 1, time_zone),
        "accounts": n, "acts": int(acts.sum()),
        "acts_of_top_tenth_share": float(acts[: max(n // 10, 1)].sum() / acts.sum()),
        "acts_median": float(np.median(acts)), "acts_most": int(acts[0]),
        "repost_share": float(reposts.mean()),
        "posts_reposted": int(reposted.size) if reposts.any() else None,
        "posts_in_log_share": float(inside.mean()) if reposts.any() else None,
        "authors_known_share": float((log.author[reposts] >= 0).mean()) if reposts.any() else None,
        "times_of_posts_share": float(timed.mean()) if reposts.any() else None,
        "reposts_of_top_posts_share": (
            float(holders[: max(holders.size // 100, 1)].sum() / holders.sum()) if reposts.any() else None
        ),
        "accounts_with_3_reposts_share": float((mine >= 3).sum() / n),
        "accounts_with_11_reposts_share": float((mine >= 11).sum() / n),
        **{
            f"{key}_share": float((log.traces[name] != 0).mean()) if name in log.traces else None
            for key, name in (("links", "url"), ("hashtags", "hashtags"), ("texts", "text"))
        },
        "office_hours_share": float(hours[9:18].sum()), "busiest_hour": int(hours.argmax()),
        "hour_profile": hours.tolist(),
    }  # fmt: skip


def _second(second: int, time_zone: str) -> str:
    return f"{dt.datetime.fromtimestamp(second, ZoneInfo(time_zone)):%Y-%m-%d %H:%M:%S}"

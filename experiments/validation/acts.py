"""What people do beside the record: rows 17, 25 to 27, 32 to 34, 39 and 51."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from experiments.validation.line import Line, amount, band, share, unknown
from sim import InfluenceModel
from sim.events.content import NONE, Content
from sim.events.records import POST, POSTED, REPOST
from sim.population.truth import Origin

MONTH_DAYS = 30.0
_BUSY = 100  # acts of an account whose repost share is measured
_POSTS = 200_000  # that are looked at for links, at most


def act_lines(model: InfluenceModel) -> list[Line]:
    """Measure how much people do, read and repost, and whom."""
    return [*_activity_lines(model), *_share_lines(model), _link_line(model)]


def _activity_lines(model: InfluenceModel) -> list[Line]:
    """Measure the distribution of activity over the public, those who never log in included."""
    n, days = model.config.scenario.n_organic, model.config.scenario.days
    account = model.activity["account"]
    month = np.sort(np.bincount(account[account < n], minlength=n))[::-1] * (MONTH_DAYS / days)
    top, rest = month[: n // 10], month[n // 10 :]
    reads = (model.organic_impressions + len(model.impressions)) / n * (MONTH_DAYS / days)
    return [
        Line("17", "share of acts by the most active tenth", share(0.8, "80%"), "{:.0%}",
             float(top.sum() / max(month.sum(), 1))),
        Line("17", "median acts a month in that tenth", amount(138.0, "138"), "{:.0f}", float(np.median(top))),
        Line("17", "median acts a month of the rest", amount(2.0, "2"), "{:.1f}", float(np.median(rest))),
        Line("51", "items read a person and a month", unknown("at least 10 an act"), "{:.0f}", reads),
        Line("51", "items read for an act", band(10.0, np.inf, "at least 10"), "{:.1f}",
             reads / max(float(month.mean()), 1e-9)),
    ]  # fmt: skip


def _share_lines(model: InfluenceModel) -> list[Line]:
    """Measure how much of what people do is reposting, and whom they repost."""
    n, log, table = model.config.scenario.n_organic, model.activity, model.accounts
    people = log["account"] < n
    account, reposts, topic = log["account"][people], log["kind"][people] == REPOST, log["topic"][people]
    author = log["author"][people]
    acts = np.bincount(account, minlength=n)
    shares = np.bincount(account, weights=reposts, minlength=n)[acts >= _BUSY] / acts[acts >= _BUSY]
    ever = shares[shares > 0.0]
    return [
        Line("25", "reposts among all acts", share(0.46, "46 to 50%", high=0.5), "{:.0%}", float(reposts.mean())),
        Line("26", "the same on the contested topic", band(0.55, 0.8, "77% (a band of 55 to 80%)"), "{:.0%}",
             float(reposts[topic == 0].mean())),
        Line("27", "reposts of a post", amount(0.6, "0.6 to 1.0", high=1.0), "{:.2f}",
             float(reposts.sum() / max((~reposts).sum(), 1))),
        *(
            Line("32", f"repost share of accounts with {_BUSY} acts that repost at all, quantile {level}",
                 share(record, f"{record:.2f}"), "{:.2f}",
                 float(np.quantile(ever, level)) if ever.size else float("nan"))
            for level, record in _REPOST_SHARES.items()
        ),
        Line("32", f"accounts with {_BUSY} acts that never repost", unknown("many"), "{:.0%}",
             1.0 - ever.size / shares.size if shares.size else float("nan")),
        Line("33", "acts that are of verified accounts or repost them", share(0.1, "over 10%"), "{:.1%}",
             float(table.verified[author].mean())),
        Line("34", "deliveries (posts times followers) from the top 0.05%", share(0.5, "about half"), "{:.0%}",
             _top_deliveries(model, np.bincount(account[~reposts], minlength=n))),
    ]  # fmt: skip


#: Quantiles over the 366 people among the labelled reposting accounts of Mazza et al. (2019, RTbust).
_REPOST_SHARES = {0.25: 0.5034, 0.5: 0.7529, 0.75: 0.9072, 0.9: 0.9765}


def _top_deliveries(model: InfluenceModel, posts: NDArray[np.int64]) -> float:
    """Return the share of posts times followers of the twentieth of a per cent that have most of them."""
    n = model.config.scenario.n_organic
    return top_share(posts * model.world.graph.among_first(n).follower_count(), 0.0005)


def top_share(amounts: NDArray[np.int64], top: float) -> float:
    """Return the share of all that the highest share `top` have; NaN of nothing."""
    falling = np.sort(amounts)[::-1]
    total = int(falling.sum())
    return float(falling[: max(round(top * falling.size), 1)].sum()) / total if total else float("nan")


def _link_line(model: InfluenceModel) -> Line:
    """Measure how many posts of the public have a link."""
    n, log = model.config.scenario.n_organic, model.activity
    rows = np.flatnonzero((log["kind"] == POST) & (log["account"] < n))
    rows = rows[:: max(1, -(-rows.size // _POSTS))]
    posts = np.zeros(rows.size, POSTED)
    posts["author"], posts["origin"] = log["account"][rows], Origin.ORGANIC
    for name in ("time", "topic", "language"):
        posts[name] = log[name][rows]
    linked = Content(model.config, model.world.truth).of("url", posts) != NONE
    value = float(linked.mean()) if rows.size else float("nan")
    return Line("39", "posts with a link", share(0.4, "about 40%"), "{:.0%}", value)

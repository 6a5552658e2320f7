"""How posts spread, and who reads the campaign's, beside the record: rows 13 and 20 to 22."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from experiments.validation.acts import top_share
from experiments.validation.line import Line, amount, band, share, unknown
from sim import InfluenceModel
from sim.events.log import post_identity
from sim.events.records import POST, RECOMMENDED, REPOST

_HOUR, _DAY = 3600, 86_400
_MANY = 100  # reposts of a large cascade, in the simulated part
_READS = 10  # of a post whose half-life is measured, at full size: a smaller public reads less of each post
_FOLLOWED_DAYS = 7.0  # a post's reads are complete, but for few, so long after it was written


def cascade_lines(model: InfluenceModel) -> list[Line]:
    """Measure the reposts by organic accounts of organic posts."""
    n, log = model.config.scenario.n_organic, model.activity
    organic = (log["account"] < n) & (log["author"] < n)
    posts, reposts = organic & (log["kind"] == POST), organic & (log["kind"] == REPOST)
    delay = log["time"][reposts].astype(np.int64) - log["post_time"][reposts]
    post = post_identity(log)
    written, count = np.unique(post[reposts], return_counts=True)
    count = count[np.isin(written, post[posts])]
    total = max(int(np.count_nonzero(posts)), 1)
    source = log["source"][reposts]
    return [
        Line("20", "reposts within an hour of the post", share(0.55, "55%"), "{:.0%}", float(np.mean(delay < _HOUR))),
        Line("20", "reposts straight from the author or a recommendation of the post", share(0.96, "96%"), "{:.1%}",
             float(np.mean((source == log["author"][reposts]) | (source < 0)))),
        Line("–", "reposts of what the platform recommended", unknown(), "{:.0%}",
             float(np.mean(source == RECOMMENDED))),
        Line("21", "posts never reposted", band(0.9, 0.97, "90 to 97%"), "{:.1%}", 1.0 - count.size / total),
        Line("21", f"posts with {_MANY} reposts or more", band(0.0002, 0.0015, "0.02 to 0.15%"), "{:.3%}",
             float(np.count_nonzero(count >= _MANY)) / total),
    ]  # fmt: skip


def campaign_lines(model: InfluenceModel) -> list[Line]:
    """Measure the impressions of the campaign's posts.

    Eady et al. (2023) count exposures by the accounts that a person follows, so row 22 leaves out what is recommended.
    """
    scenario, seen, log = model.config.scenario, model.impressions, model.activity
    n = scenario.n_organic
    delay = seen["time"].astype(np.int64) - seen["post_time"]
    in_network = seen["source"] >= 0
    core = (log["account"] >= n) & (log["account"] < n + scenario.n_core) & (log["kind"] == POST)
    spread = (log["account"] < n) & (log["author"] >= n) & (log["kind"] == REPOST)
    old = seen["post_time"] <= (scenario.days - min(_FOLLOWED_DAYS, scenario.days / 2.0)) * _DAY
    least = max(round(_READS * scenario.scale), 1)
    half = half_lives(post_identity(seen)[old], delay[old], least) / 60.0
    return [
        Line("13", "organic reposts of a persona's post, mean", band(0.0, 0.8, "at most 0.8"), "{:.2f}",
             np.count_nonzero(spread) / max(int(np.count_nonzero(core)), 1)),
        Line("20", f"half of a campaign post's reads have come, minutes: median of posts with {least} or more",
             amount(80.0, "80"), "{:.0f}", float(np.median(half)) if half.size else float("nan")),
        Line("–", "half of the reads of all campaign posts together have come, minutes", unknown(), "{:.0f}",
             float(np.median(delay)) / 60.0 if delay.size else float("nan")),
        Line("22", "exposures in network, share of the most exposed 1% of people", share(0.7, "70% (Russia 2016)"),
             "{:.0%}", top_share(np.bincount(seen["account"][in_network], minlength=n), 0.01)),
        Line("–", "exposures of every kind, share of the most exposed 1% of people", unknown(), "{:.0%}",
             top_share(np.bincount(seen["account"], minlength=n), 0.01)),
        Line("–", "reads of the campaign that the platform recommended", unknown(), "{:.0%}",
             float(np.mean(seen["source"] == RECOMMENDED)) if delay.size else float("nan")),
        Line("–", "people reached by the campaign", unknown(), "{:.1%}", np.unique(seen["account"]).size / n),
    ]  # fmt: skip


def half_lives(post: NDArray[np.int64], delay: NDArray[np.int64], least: int) -> NDArray[np.int64]:
    """Return the time after which half of a post's reads have come, of each post with enough reads.

    The half-life of Pfeffer et al. (2023), "The half-life of a tweet": the time that it takes before half of all
    impressions of a tweet are created, whose median over tweets is some 80 minutes. Over all reads together the time
    is another one, as posts that are read for long have more reads.

    Parameters
    ----------
    post, delay : int64 (reads,)
        Which post was read, and how long after it was written, in any unit.
    least : int
        Reads that a post must have.

    Examples
    --------
    >>> half_lives(np.array([7, 7, 7, 7, 9]), np.array([5, 90, 2, 1, 3]), least=4)
    array([2])
    """
    order = np.lexsort((delay, post))
    _, first, count = np.unique(post[order], return_index=True, return_counts=True)
    enough = count >= least
    return np.asarray(delay[order][first[enough] + (count[enough] - 1) // 2])

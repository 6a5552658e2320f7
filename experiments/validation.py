"""The organic public and its cascades beside the record: `python -m experiments.validation`.

One unenforced run per seed; each figure is the mean over seeds. Row numbers are those of docs/validation.md. The record
is of whole platforms, the simulation of a part of one. Followers are therefore compared by the shape of their
distribution. With `--public FILE` the reposts of real people on one topic are set beside those on the contested topic.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.report.terminal import step_progress
from experiments.topic_public import beside, read_topic_log, simulated_topic_log
from sim import ConfigError, InfluenceModel, load_scenario
from sim.events.records import POST, RECOMMENDED, REPOST
from sim.graph.measure import clustering, followers_summary, random_clustering, reciprocity
from sim.population.world import World

_MONTH_DAYS = 30.0
_HOUR = 3600
_SAMPLE = 2_000  # accounts whose clustering is measured
_BUSY = 100  # acts of an account whose repost share is measured
_MANY = 100  # reposts of a large cascade, in the simulated part


@dataclass(frozen=True)
class Line:
    """A quantity of the record, the format of its value, and its value in one run."""

    row: str
    quantity: str
    record: str
    unit: str  # a format such as {:.0%} or {:.1f}
    value: float


def lines(model: InfluenceModel) -> list[Line]:
    """Return every quantity of one finished run without enforcement."""
    parts = (_activity_lines, _share_lines, _cascade_lines, _exposure_lines)
    return [*_graph_lines(model.world), *(line for part in parts for line in part(model))]


def _graph_lines(world: World) -> list[Line]:
    """Measure the follower graph of the public, without the operation's accounts."""
    n = world.config.scenario.n_organic
    graph = world.graph.among_first(n)
    summary = followers_summary(graph)
    sample = np.arange(0, n, max(1, n // _SAMPLE))
    return [
        Line("18", "followers, 96th percentile in medians", "16", "{:.1f}", summary["p96"] / summary["median"]),
        Line("18", "followers, 99th percentile in medians", "49", "{:.1f}", summary["p99"] / summary["median"]),
        Line("19", "ties that are mutual", "22%", "{:.1%}", reciprocity(graph)),
        Line("–", "clustering, in that of a random graph as dense", "well above 1", "{:.0f}",
             clustering(graph, sample) / random_clustering(graph)),
    ]  # fmt: skip


def _activity_lines(model: InfluenceModel) -> list[Line]:
    """Measure the distribution of activity over the public."""
    n, days = model.config.scenario.n_organic, model.config.scenario.days
    account = model.activity["account"]
    month = np.sort(np.bincount(account[account < n], minlength=n))[::-1] * (_MONTH_DAYS / days)
    top, rest = month[: n // 10], month[n // 10 :]
    reads = (model.organic_impressions + len(model.impressions)) / n * (_MONTH_DAYS / days)
    return [
        Line("17", "share of acts by the most active tenth", "80%", "{:.0%}", float(top.sum() / max(month.sum(), 1))),
        Line("17", "median acts a month in that tenth", "138", "{:.0f}", float(np.median(top))),
        Line("17", "median acts a month of the rest", "2", "{:.0f}", float(np.median(rest))),
        Line("51", "items read a person and a month", "at least 10 an act", "{:.0f}", reads),
        Line("51", "items read for an act", "at least 10", "{:.1f}", reads / max(float(month.mean()), 1e-9)),
    ]


def _share_lines(model: InfluenceModel) -> list[Line]:
    """Measure how much of what people do is reposting, and whom they repost."""
    n, log, table = model.config.scenario.n_organic, model.activity, model.accounts
    people = log["account"] < n
    account, reposts, topic = log["account"][people], log["kind"][people] == REPOST, log["topic"][people]
    author = log["author"][people]
    acts = np.bincount(account, minlength=n)
    share = np.bincount(account, weights=reposts, minlength=n)[acts >= _BUSY] / acts[acts >= _BUSY]
    found = [
        Line("25", "reposts among all acts", "46 to over 50%", "{:.0%}", float(reposts.mean())),
        Line("26", "the same on the contested topic", "77% (a band of 55 to 80%)", "{:.0%}",
             float(reposts[topic == 0].mean())),
        Line("27", "reposts of a post", "0.6 to 1.0", "{:.2f}", float(reposts.sum() / max((~reposts).sum(), 1))),
        Line("33", "acts that are of verified accounts or repost them", "over 10%", "{:.1%}",
             float(table.verified[author].mean())),
        Line("34", "deliveries (posts times followers) from the top 0.05%", "about half", "{:.0%}",
             _top_deliveries(model, np.bincount(account[~reposts], minlength=n))),
    ]  # fmt: skip
    public = model.config.organic
    at, quantile = np.array(public.repost_share).T
    for level in (0.25, 0.5, 0.75, 0.9):
        # Of all accounts of the law: those that never repost are its first ones.
        law = float(
            np.interp(max(level - public.never_repost_share, 0.0) / (1.0 - public.never_repost_share), at, quantile)
        )
        law = 0.0 if level < public.never_repost_share else law
        simulated = float(np.quantile(share, level)) if share.size else float("nan")
        found.append(Line("32", f"repost share of accounts with {_BUSY} acts, quantile {level}", f"{law:.2f}", "{:.2f}",
                          simulated))  # fmt: skip
    return found


def _top_deliveries(model: InfluenceModel, posts: NDArray[np.int64]) -> float:
    """Return the share of posts times followers of the twentieth of a per cent that have most of them."""
    n = model.config.scenario.n_organic
    delivered = np.sort(posts * model.world.graph.among_first(n).follower_count().astype(np.float64))[::-1]
    return float(delivered[: max(round(0.0005 * n), 1)].sum() / max(delivered.sum(), 1.0))


def _cascade_lines(model: InfluenceModel) -> list[Line]:
    """Measure the reposts by organic accounts of organic posts."""
    n, log = model.config.scenario.n_organic, model.activity
    organic = (log["account"] < n) & (log["author"] < n)
    posts, reposts = organic & (log["kind"] == POST), organic & (log["kind"] == REPOST)
    delay = log["time"][reposts].astype(np.int64) - log["post_time"][reposts]
    written, count = np.unique(_identity(log, reposts), return_counts=True)
    count = count[np.isin(written, _identity(log, posts))]
    total = max(int(np.count_nonzero(posts)), 1)
    return [
        Line("20", "reposts within an hour of the post", "55%", "{:.0%}", float(np.mean(delay < _HOUR))),
        Line("20", "reposts straight from the author or a recommendation of the post", "96%", "{:.0%}",
             float(np.mean((log["source"][reposts] == log["author"][reposts]) | (log["source"][reposts] < 0)))),
        Line("–", "reposts of what the platform recommended", "not known", "{:.0%}",
             float(np.mean(log["source"][reposts] == RECOMMENDED))),
        Line("21", "posts never reposted", "90 to 97%", "{:.1%}", 1.0 - count.size / total),
        Line("21", f"posts with {_MANY} reposts or more", "0.02 to 0.15%", "{:.3%}",
             float(np.count_nonzero(count >= _MANY)) / total),
    ]  # fmt: skip


def _exposure_lines(model: InfluenceModel) -> list[Line]:
    """Measure the impressions of the campaign's posts."""
    n, seen, log = model.config.scenario.n_organic, model.impressions, model.activity
    minutes = (seen["time"].astype(np.int64) - seen["post_time"]) / 60.0
    each = np.sort(np.bincount(seen["account"], minlength=n))[::-1]
    core = (log["account"] >= n) & (log["account"] < n + model.config.scenario.n_core) & (log["kind"] == POST)
    spread = (log["account"] < n) & (log["author"] >= n) & (log["kind"] == REPOST)
    return [
        Line("13", "organic reposts of a persona's post, mean", "at most 0.8", "{:.2f}",
             np.count_nonzero(spread) / max(int(np.count_nonzero(core)), 1)),
        Line("20", "half of the reads of a post come within, minutes", "80", "{:.0f}", float(np.median(minutes))),
        Line("22", "share of exposures of the most exposed 1%", "70% (Russia 2016)", "{:.0%}",
             float(each[: max(n // 100, 1)].sum() / max(each.sum(), 1))),
        Line("–", "reads of the campaign that the platform recommended", "not known", "{:.0%}",
             float(np.mean(seen["source"] == RECOMMENDED))),
        Line("–", "people reached by the campaign", "not known", "{:.1%}", float(np.count_nonzero(each)) / n),
    ]  # fmt: skip


def _identity(log: Any, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the identities of the posts of the chosen acts."""
    return np.asarray((log["author"][chosen].astype(np.int64) << 32) | log["post_time"][chosen])


def markdown(runs: Sequence[Sequence[Line]]) -> str:
    """Return the means over runs as a Markdown table."""
    out = ["| row | quantity | record | simulated |", "| --- | --- | --- | --- |"]
    for same in zip(*runs, strict=True):
        mean = float(np.mean([line.value for line in same]))
        out.append(f"| {same[0].row} | {same[0].quantity} | {same[0].record} | {same[0].unit.format(mean)} |")
    return "\n".join(out)


def public_markdown(runs: Sequence[Sequence[tuple[str, float, float]]]) -> str:
    """Return the means over runs of a real and a simulated public as a Markdown table."""
    out = ["| measure | real people | simulated |", "| --- | --- | --- |"]
    for same in zip(*runs, strict=True):
        real, simulated = (float(np.mean([line[place] for line in same])) for place in (1, 2))
        out.append(f"| {same[0][0]} | {real:.4g} | {simulated:.4g} |")
    return "\n".join(out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m experiments.validation", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.05, help="of hk2019 (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 1 on (default: %(default)s)")
    parser.add_argument("--public", help="a log of real reposts on one topic, to set beside the contested topic")
    parser.add_argument("overrides", nargs="*", help="other values of the configuration: KEY=VALUE")
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1; got {options.seeds}.")
    runs, publics = [], []
    try:
        real = read_topic_log(options.public) if options.public else None
        with step_progress("simulating") as progress:
            for seed in range(1, options.seeds + 1):
                config = load_scenario("hk2019", scale=options.scale, seed=seed, overrides=options.overrides)
                progress.plan(options.seeds * config.scenario.n_steps)
                model = InfluenceModel(config)
                model.run(progress.step)
                runs.append(lines(model))
                publics += [beside(real, simulated_topic_log(model))] if real else []
    except ConfigError as error:
        parser.error(str(error))
    print(markdown(runs))
    if publics:
        print("\n" + public_markdown(publics))
    return 0


if __name__ == "__main__":
    sys.exit(main())

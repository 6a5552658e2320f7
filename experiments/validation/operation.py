"""The core beside the record, rows 41 to 45, 47 and 48: `python -m experiments.validation.operation`.

One unenforced run per seed of hk2019 from May to August 2019 and one of ira2016, without amplifiers and with the whole
core at any scale of the public, as the record is of the whole. Each figure is the mean over seeds.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.report.terminal import step_progress
from experiments.validation.line import Line, amount, markdown, rows_met, share, summaries, unknown
from experiments.validation.options import parsed, parser_of
from sim import ConfigError, InfluenceModel, load_scenario
from sim.config import WorldConfig
from sim.events.records import REPOST
from sim.population.truth import Layer

_CORE = {"hk2019": 936, "ira2016": 2856}
_DAY = 86_400
_BUSIEST = 10  # accounts, and days
_FOLLOWED = 10_000  # followers of the accounts whose followees are measured
_WORDS = ("scenario.amplifiers=0", "operation.supply.core.reserve_share=0")


class CoreLog:
    """The acts of a run's core, state media left out: they were no part of what was taken down."""

    def __init__(self, model: InfluenceModel) -> None:
        log, truth = model.activity, model.world.truth
        ours = np.zeros(model.config.scenario.n_accounts, np.bool_)
        ours[np.setdiff1d(truth.accounts(Layer.CORE), truth.state_media)] = True
        rows = ours[log["account"]]
        self.config, self.core = model.config, np.flatnonzero(ours)
        self.account, self.author, self.time = (log[name][rows] for name in ("account", "author", "time"))
        self.repost = log["kind"][rows] == REPOST
        self.language = model.accounts.language[self.account]
        self.inside = truth.layer[self.author] != Layer.ORGANIC

    @property
    def day(self) -> NDArray[np.int64]:
        """The operator's day of each act, days since 1970."""
        local = self.time.astype(np.int64) + self.config.scenario.start_epoch
        return np.asarray((local + 3600 * self.config.operation.utc_offset_hours) // _DAY)

    def between(self, first: str, last: str) -> NDArray[np.bool_]:
        """Return which acts are from a day to another, both included."""
        day = self.day
        return np.asarray((day >= _number(first)) & (day <= _number(last)))


def _number(day: str) -> int:
    return (dt.date.fromisoformat(day) - dt.date(1970, 1, 1)).days


def share_of(part: NDArray[np.bool_]) -> float:
    """Return the share of a mask that is true; NaN of an empty one."""
    return float(part.mean()) if part.size else float("nan")


def in_shared_minutes(times: NDArray[np.integer]) -> tuple[float, float]:
    """Return how many acts share their minute with another one, and how many would, were each hour's acts independent.

    Parameters
    ----------
    times : int (acts,)
        Seconds.

    Returns
    -------
    tuple of float
        Shares; of n acts in an hour, one is in a minute with another with probability 1 - (59 / 60)^(n - 1).

    Examples
    --------
    >>> in_shared_minutes(np.array([0, 30, 90]))[0]
    0.6666666666666666
    """
    if not times.size:
        return float("nan"), float("nan")
    minutes, hours = (np.unique(times.astype(np.int64) // unit, return_counts=True)[1] for unit in (60, 3600))
    independent = (hours * (1.0 - (59.0 / 60.0) ** (hours - 1))).sum() / times.size
    return float(minutes[minutes > 1].sum() / times.size), float(independent)


def summer_lines(model: InfluenceModel) -> list[Line]:
    """Measure a run of hk2019 that has the days from 1 May to 31 August 2019."""
    log = CoreLog(model)
    month, by_july = log.between("2019-07-20", "2019-08-18"), log.between("2019-07-20", "2019-07-31")
    by_day = np.bincount(log.day - _number("2019-05-01"), minlength=123)
    begin = _number("2019-06-10")
    weekdays = [day for day in range(begin, _number("2019-07-29") + 1) if (day + 3) % 7 < 5]
    worked = by_day[np.array(weekdays) - _number("2019-05-01")]
    by_account = np.sort(np.bincount(log.account))[::-1]
    chinese = list(log.config.organic.languages).index("zh")
    following = model.accounts.following_count[log.core][model.accounts.follower_count[log.core] >= _FOLLOWED]
    together, independent = in_shared_minutes(log.time[month & ~log.repost])
    bins = np.array([0, 10, 100, 1000, 10_000])
    in_bin = np.searchsorted(bins, following, side="right") - 1
    names = ("0 to 9", "10 to 99", "100 to 999", "1,000 to 9,999", "10,000 or more")
    return [
        Line("41", "hk2019: core's reposts that stay inside the operation", unknown("not known"), "{:.1%}",
             share_of(log.inside[log.repost])),
        Line("42", "hk2019: acts of the core, 20 July to 18 August 2019", amount(11_646, "11,646"), "{:,.0f}",
             float(np.count_nonzero(month))),
        Line("42", "of them by 31 July", share(0.81, "81%"), "{:.0%}",
             np.count_nonzero(by_july) / max(int(np.count_nonzero(month)), 1)),
        Line("43", "acts of a weekday, 10 June to 29 July: coefficient of variation", amount(0.41, "0.41"), "{:.2f}",
             float(np.std(worked) / max(float(np.mean(worked)), 1e-9))),
        Line("43", "acts on the ten busiest days of May to August", share(0.28, "28%"), "{:.0%}",
             float(np.sort(by_day)[::-1][:_BUSIEST].sum() / max(int(by_day.sum()), 1))),
        Line("44", "acts in Chinese, the others being in English", share(0.92, "92%"), "{:.0%}",
             share_of(log.language == chinese)),
        Line("44", "acts of the ten busiest accounts", share(0.42, "42% (all years)"), "{:.0%}",
             float(by_account[:_BUSIEST].sum() / max(int(by_account.sum()), 1))),
        Line("48", "posts in a minute in which another of the core's falls", unknown("held back"), "{:.0%}", together),
        Line("48", "the same, were the posts of each hour independent", unknown(), "{:.0%}", independent),
        Line("–", "accounts that act, 20 July to 18 August", unknown(), "{:.0f}",
             float(np.unique(log.account[month]).size)),
        *(
            Line("47", f"core with {_FOLLOWED:,} followers or more that follows {name}", share(record), "{:.0%}",
                 share_of(in_bin == place))
            for place, (name, record) in enumerate(zip(names, (0.07, 0.36, 0.18, 0.17, 0.22), strict=True))
        ),
    ]  # fmt: skip


def october_lines(model: InfluenceModel) -> list[Line]:
    """Measure a run of ira2016 of thirty days."""
    log = CoreLog(model)
    acts = np.unique(log.account, return_counts=True)[1]
    median, p90, most = np.quantile(acts, [0.5, 0.9, 1.0]) if acts.size else np.full(3, np.nan)
    order = np.lexsort([log.time, log.account])
    same = log.account[order][1:] == log.account[order][:-1]
    seconds, minutes = (np.diff(log.time[order].astype(np.int64) // unit)[same] for unit in (1, 60))
    return [
        Line("41", "ira2016: core's reposts that stay inside the operation", share(0.02, "2 to 5.5%", high=0.055),
             "{:.1%}", share_of(log.inside[log.repost])),
        Line("45", "ira2016: accounts that act in the month", amount(386, "386 of 2,856"), "{:.0f}", float(acts.size)),
        Line("45", "acts", amount(116_475, "116,475"), "{:,.0f}", float(log.time.size)),
        Line("45", "reposts among them", share(0.8, "0.80"), "{:.2f}", share_of(log.repost)),
        Line("45", "acts of an active account, median", amount(214, "214"), "{:.0f}", float(median)),
        Line("45", "90th percentile", amount(676, "676"), "{:.0f}", float(p90)),
        Line("45", "most", amount(2502, "2,502"), "{:,.0f}", float(most)),
        Line("45", "an account's acts in the minute of its act before", share(0.33, "33 to 51%", high=0.51), "{:.0%}",
             share_of(minutes == 0)),
        Line("–", "less than sixty seconds after it", unknown("times are known to the minute"), "{:.0%}",
             share_of(seconds < 60)),
    ]  # fmt: skip


def world(scenario: str, scale: float, seed: int, words: Sequence[str]) -> WorldConfig:
    """Return the world in which a scenario's core is measured: the whole core, no amplifiers."""
    whole = f"scenario.core={round(_CORE[scenario] / scale)}"
    dates = ["scenario.start=2019-05-01", "scenario.days=123"] if scenario == "hk2019" else []
    return load_scenario(scenario, scale=scale, seed=seed, overrides=[whole, *_WORDS, *dates, *words])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = parser_of("experiments.validation.operation", __doc__, scale=0.02, of="the public")
    options = parsed(parser, arguments)
    runs: list[list[Line]] = []
    try:
        worlds = [
            [world(name, options.scale, seed, options.overrides) for name in _CORE]
            for seed in range(1, options.seeds + 1)
        ]
        with step_progress("simulating") as progress:
            progress.plan(sum(one.scenario.n_steps for both in worlds for one in both))
            for summer, october in worlds:
                runs.append([])
                for config, measure in ((summer, summer_lines), (october, october_lines)):
                    model = InfluenceModel(config)
                    model.run(progress.step)
                    runs[-1] += measure(model)
                    del model  # two at a time would be too many at full size
    except ConfigError as error:
        parser.error(str(error))
    whole = summaries(runs)
    print(markdown(whole))
    print("\n" + rows_met(whole))
    return 0


if __name__ == "__main__":
    sys.exit(main())

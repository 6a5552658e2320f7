"""Whether a tactic is a counter-measure: at equal dollars it gains under a defence, and more than without one.

The gain is the logarithm of the people reached with the tactic over those reached without it, on the same seed. What a
tactic costs more or less is made up for by the number of amplifiers, in the runs with and without a defence each by
itself: so many that the mean costs agree. They are found on the first seeds, and once more on all where those differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from detectors.evaluation.intervals import Interval, interval
from experiments.tactics.trial import Trial, Trials

CLOSE, EQUAL = 0.01, 0.02  # shares of the cost: aimed at on the first seeds, allowed on all
FIRST, ROUNDS = 2, 4


@dataclass(frozen=True)
class Arm:
    """A tactic beside the static operation, seed by seed, with a defence or without.

    Attributes
    ----------
    gain : Interval
        Mean logarithm of people reached with the tactic over those without.
    by_seed : list of float
        The logarithms.
    accounts : float
        Amplifiers with the tactic over those without.
    dollars : float
        Mean cost with the tactic over that without.
    """

    gain: Interval
    by_seed: list[float]
    accounts: float
    dollars: float


@dataclass(frozen=True)
class Verdict:
    """What a tactic gains under the defence and without, and how much more with it (`advantage`), paired by seed."""

    tactic: str
    defended: Arm
    undefended: Arm
    advantage: Interval

    @property
    def equal(self) -> bool:
        """Whether costs agree."""
        return all(abs(arm.dollars - 1.0) <= EQUAL for arm in (self.defended, self.undefended))

    @property
    def passes(self) -> bool:
        """Whether it gains under the defence, and more than without: the whole 95% interval of either is above 0."""
        return self.equal and self.advantage.low > 0.0 and self.defended.gain.low > 0.0


def judge(trials: Trials, name: str, tactic: Sequence[str], seeds: Sequence[int]) -> Verdict:
    """Return the verdict on a tactic.

    Parameters
    ----------
    trials : Trials
    name : str
    tactic : sequence of str
        The overrides that make it.
    seeds : sequence of int
    """
    defended = _arm(trials, tactic, seeds, defended=True)
    undefended = _arm(trials, tactic, seeds, defended=False)
    more = [a - b for a, b in zip(defended.by_seed, undefended.by_seed, strict=True)]
    return Verdict(name, defended, undefended, interval(more))


def _arm(trials: Trials, tactic: Sequence[str], seeds: Sequence[int], *, defended: bool) -> Arm:
    static = [trials.run((), seed, defended=defended) for seed in seeds]
    accounts = 1.0
    for some, close, rounds in ((FIRST, CLOSE, ROUNDS), (len(seeds), EQUAL, 1)):
        for _ in range(rounds):
            own = [trials.run(tactic, seed, defended=defended, accounts=accounts) for seed in seeds[:some]]
            factor = _factor(static[:some], own)
            if factor is None or abs(_dollars(static[:some], own) - 1.0) <= close:
                break
            accounts *= factor
    own = [trials.run(tactic, seed, defended=defended, accounts=accounts) for seed in seeds]
    logs = [math.log(max(one.reach, 1) / max(other.reach, 1)) for one, other in zip(own, static, strict=True)]
    return Arm(interval(logs), logs, accounts, _dollars(static, own))


def _dollars(static: Sequence[Trial], own: Sequence[Trial]) -> float:
    """Return the mean cost of trials over that of others."""
    return fmean(one.cost for one in own) / fmean(one.cost for one in static)


def _factor(static: Sequence[Trial], own: Sequence[Trial]) -> float | None:
    """Return how many times the accounts cost the same, as what they cost goes with their number; None: no number."""
    fixed = fmean(one.fixed for one in own)
    left, paid = (fmean(one.cost for one in some) - fixed for some in (static, own))
    return left / paid if min(left, paid) > 0.0 else None


def row(verdict: Verdict) -> str:
    """Return a verdict as a line of a Markdown table."""
    arms = [verdict.defended, verdict.undefended]
    cells = [f"{_times(arm.gain)} | {arm.accounts:.2f} | {arm.dollars:.3f}" for arm in arms]
    said = "passes" if verdict.passes else "fails" if verdict.equal else "costs differ"
    return f"| `{verdict.tactic}` | {' | '.join(cells)} | {_times(verdict.advantage)} | {said} |"


HEADER = (
    "| tactic | reach, times the static operation's, under the defence | amplifiers | dollars "
    "| the same without a defence | amplifiers | dollars | the first over the second | verdict |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


def _times(found: Interval) -> str:
    """Return an interval of logarithms as factors."""
    mean = math.exp(found.mean)
    return f"{mean:.2f} ({math.exp(found.low):.2f} to {math.exp(found.high):.2f})" if found.known else f"{mean:.2f}"

"""Locks: when organic accounts could not log in, and which of their reads fall into such times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.enforcement.actions.actions import Actions
from sim.enforcement.actions.challenge import Challenge
from sim.enforcement.appeals import ROUTE
from sim.metrics.outcome import Outcome


@dataclass(frozen=True)
class Locks:
    """The locks of organic accounts in a run.

    Attributes
    ----------
    account : int32 (locks,)
        Who was locked or suspended, in rising order.
    begin, end : int32 (locks,)
        Seconds from the start of the run, the end excluded; of a lock that goes on the end is now. Those of an account
        come by time and do not overlap.
    reinstated : bool (locks,)
        Whether it was an appeal that ended it.
    people : int32 (people,)
        Accounts ever locked or suspended, in rising order.
    passed : int
        Of them, those that were challenged alone and passed.
    """

    account: NDArray[np.int32]
    begin: NDArray[np.int32]
    end: NDArray[np.int32]
    reinstated: NDArray[np.bool_]
    people: NDArray[np.int32]
    passed: int


def locks_of(actions: Actions, n_organic: int, now: int) -> Locks:
    """Return the locks of the accounts below `n_organic`, from the log of actions up to a time.

    An account that is challenged and then suspended has one lock. One that is reinstated and acted upon again has two.

    Parameters
    ----------
    actions : Actions
    n_organic : int
    now : int
        Seconds from the start of the run.
    """
    locking = [actions.number_of(name) for name in actions if actions[name].locks]
    people = np.flatnonzero(np.logical_or.reduce([actions.ever[number][:n_organic] for number in locking]))
    challenge = actions["challenge"]
    assert isinstance(challenge, Challenge)
    others = [number for number in locking if number != challenge.number]
    passed = challenge.passed[people] & (challenge.in_force(people) == 0)
    passed &= ~np.logical_or.reduce([actions.ever[number][people] for number in others])
    log = actions.log
    rows = np.flatnonzero((log["account"] < n_organic) & np.isin(log["action"], locking))
    account, time, lifted, route = (log[name][rows] for name in ("account", "time", "lifted", "route"))
    order = np.argsort(account, kind="stable")  # an account's rows stay in the order of the log
    account, time, free, route = account[order], time[order], lifted[order], route[order]
    first = np.diff(account, prepend=-1) != 0
    was_free = np.where(first, True, np.roll(free, 1))
    turns = np.flatnonzero(free != was_free)  # from free to locked and back, by turns: an account begins free
    account, time, free, route = account[turns], time[turns], free[turns], route[turns]
    begins = np.flatnonzero(~free)
    after = np.minimum(begins + 1, max(account.size - 1, 0))
    ended = free[after] & (account[after] == account[begins])
    end = np.where(ended, time[after], now)
    by_appeal = actions.routes.index(ROUTE) if ROUTE in actions.routes else -1
    some = end > time[begins]
    return Locks(
        account=account[begins][some].astype(np.int32),
        begin=time[begins][some].astype(np.int32),
        end=end[some].astype(np.int32),
        reinstated=(ended & (route[after] == by_appeal))[some],
        people=people.astype(np.int32),
        passed=int(np.count_nonzero(passed)),
    )


def remaining(of: Outcome, run: Outcome) -> NDArray[np.bool_]:
    """Return which impressions of one run its readers could have had in another.

    Left out are those at times when the reader is locked or suspended in the other run.

    Parameters
    ----------
    of : Outcome
        Whose impressions are looked at.
    run : Outcome
        Whose locks count.

    Returns
    -------
    bool (impressions,)
    """
    if not run.locked_account.size:
        return np.ones(of.impression_reader.size, np.bool_)
    begins = _keys(run.locked_account, run.locked_from)
    last = np.searchsorted(begins, _keys(of.impression_reader, of.impression_time), side="right") - 1
    locked = (last >= 0) & (run.locked_account[last] == of.impression_reader)
    return ~(locked & (of.impression_time < run.locked_until[last]))


def readers_among(outcome: Outcome, kept: NDArray[np.bool_]) -> int:
    """Return the number of distinct readers of some of a run's impressions, bool (impressions,)."""
    reader = outcome.impression_reader[kept]
    return int(np.count_nonzero(np.diff(reader, prepend=-1)))


def _keys(account: NDArray[np.int32], time: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return numbers that sort by account, then by time."""
    return account.astype(np.int64) << 32 | time

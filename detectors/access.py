"""Network of access: new or busy accounts that connect in ways which established ones hardly use."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, nothing_observed
from detectors.parts.parameters import require_at_least, require_positive, require_probability
from sim.observation import COLUMNS, Observation

_DAY = 86_400.0
_NEW, _BUSY = 0, 1
_WORDS = ("new", "busy")


class Access(Detector):
    """Scores new and busy accounts by how far the signs of their access exceed those of established accounts.

    An operation that works from behind a firewall connects by VPNs, in a browser, without a telephone number. So do
    many innocent people, and no way of connecting is an offence. What can be measured is how much more common a
    combination of such signs is among the new, or among the busy, than among established accounts, and hence at most
    how many of those that show it are innocent. That is the score, and `explain` gives both numbers. All accounts that
    connect in one way have one score, the innocent among them included.

    A *way of access* is a combination of values of `signals`. *New* accounts were registered within `young_days`,
    *busy* ones acted at least `busy_acts` times within `window_hours`; *established* ones are neither. O accounts of a
    group of n use one way, as do S of N established accounts. If the group were like the established, O would follow a
    negative binomial distribution (a Poisson count whose rate is known from S + 1 in N): q is the number that it
    exceeds with probability `chance`, 1 at least. The score is max(0, 1 - q / O): at most the share q / O are
    people like the established ones. An account in both groups has the higher score; established accounts are unscored.

    There is no one paper. Platforms name such signs in their disclosures [1]_. The allowance for chance is the
    Poisson-gamma model of rare counts that drug safety uses to find drugs with too many reports [2]_.

    It reads who is registered, creation times, the times of events, and the signals, which only the platform's own
    staff see. Cost: 9 bytes an account and the size of the signals, 8 bytes an act in the window. `observe` is
    O(events); `score` sorts the accounts once for each signal.

    Parameters
    ----------
    signals : tuple or list of str
        Whole-number columns of `sim.observation.COLUMNS`; at least one. Finer ones (a block of addresses) are taken as
        they are: values shared by few established accounts need more of the group to stand out.
    young_days : float
        Above 0.
    window_hours : float
        In which acts count; above 0.
    busy_acts : int
        At least 1.
    chance : float
        In (0, 1).

    Raises
    ------
    ValueError
        A parameter is out of range, or a signal is not a column.

    References
    ----------
    .. [1] Twitter Safety, "Information operations directed at Hong Kong", 19 August 2019: accounts that connected by
       VPN, and from unblocked addresses of mainland China.
    .. [2] W. DuMouchel, "Bayesian data mining in large frequency tables", The American Statistician 53 (1999), 177-190.

    Examples
    --------
    Nine hundred established accounts, three in a hundred by VPN, and a hundred new ones, sixty by VPN:

    >>> import numpy as np
    >>> from detectors import Access
    >>> from sim.observation import Observation
    >>> day, n = 86_400, 1000
    >>> created = np.where(np.arange(n) < 900, 0, 400 * day)
    >>> by_vpn = np.isin(np.arange(n), [*range(27), *range(900, 960)])
    >>> columns = {"registered": np.ones(n, bool), "created": created, "access": by_vpn.astype(int)}
    >>> events = {"time": np.empty(0, np.int64), "account": np.empty(0, np.int32)}
    >>> access, start, end = Access(signals=["access"]), 401 * day, 402 * day
    >>> access.observe(Observation(step=0, start=start, end=end, n_accounts=n, columns=columns, events=events))
    >>> access.score()[[0, 900, 999]].round(2)  # established; new, by VPN; new, as most people connect
    array([ nan, 0.83, 0.  ])
    """

    requires: frozenset[str]

    def __init__(
        self,
        signals: tuple[str, ...] | list[str] = ("access", "client", "phone_verified"),
        young_days: float = 45.0,
        window_hours: float = 168.0,
        busy_acts: int = 20,
        chance: float = 0.001,
    ) -> None:
        require_positive("Access", young_days=young_days, window_hours=window_hours)
        require_at_least("Access", 1, busy_acts=busy_acts)
        require_probability("Access", chance=chance)
        unknown = [signal for signal in signals if signal not in COLUMNS]
        if unknown or not signals:
            got = ", ".join(map(str, unknown)) or "none"
            raise ValueError(f"Access.signals must be one or more of {', '.join(COLUMNS)}; got {got}.")
        self.signals, self.young_days, self.window_hours = tuple(signals), young_days, window_hours
        self.busy_acts, self.chance = busy_acts, chance
        self.requires = frozenset({"registered", "created", "time", "account", *signals})
        self._n_accounts, self._end = -1, 0
        self._acts = np.empty(0, np.int32)  # of each account in the window
        self._parts: deque[tuple[int, NDArray[np.uint32], NDArray[np.int32]]] = deque()  # start, seconds since, account
        self._columns: dict[str, NDArray[np.generic]] = {}

    def observe(self, observation: Observation) -> None:
        """Count the step's acts, forget those that have left the window, and keep the columns as they are now."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        if not self._acts.size:
            self._acts = np.zeros(self._n_accounts, np.int32)
        self._end = observation.end
        account, time = observation.event("account"), observation.event("time")
        if account.size:
            self._parts.append((observation.start, (time - observation.start).astype(np.uint32), account))
            self._count(account, 1)
        oldest = self._end - 3600.0 * self.window_hours
        while self._parts:
            start, since, account = self._parts[0]
            gone = int(np.searchsorted(since, oldest - start))
            self._count(account[:gone], -1)
            if gone < since.size:
                self._parts[0] = (start, since[gone:], account[gone:])
                break
            self._parts.popleft()
        self._columns = {name: observation.column(name) for name in ("registered", "created", *self.signals)}

    def score(self) -> FloatArray:
        """Return the share, at least, of the accounts of one way of access that are too many; float64 (accounts,)."""
        if not self._acts.size:
            raise nothing_observed(self)
        scores = np.full(self._acts.size, np.nan)
        groups, way = self._groups(), self._ways()
        for group in (_NEW, _BUSY):
            who = np.flatnonzero(groups[group])
            if who.size:
                observed, usual, _ = self._compared(groups, way, group)
                excess = np.maximum(1.0 - usual / np.maximum(observed, 1), 0.0)
                scores[who] = np.fmax(scores[who], excess[way[who]])
        return scores

    def explain(self, account: int) -> Evidence:
        """Say how many connect in this way, how many would if all were like the established, and the innocent share."""
        scores = self.score()
        check_account(self, account, scores.size)
        if np.isnan(scores[account]):
            return Evidence(account, "Neither new nor busy, or no account is established: nothing to compare it with.")
        groups, way = self._groups(), self._ways()
        best, chosen = -1.0, (0.0, 0.0, 0.0, _NEW)
        for group in (_NEW, _BUSY):
            if groups[group][account]:
                observed, usual, expected = (float(part[way[account]]) for part in self._compared(groups, way, group))
                excess = max(1.0 - usual / observed, 0.0)
                if excess > best:
                    best, chosen = excess, (observed, usual, expected, group)
        observed, usual, expected, group = chosen
        signs = ", ".join(f"{signal} {int(self._columns[signal][account])}" for signal in self.signals)
        innocent = min(usual / observed, 1.0)
        return Evidence(
            account,
            f"One of {observed:.0f} {_WORDS[group]} accounts that connect in one way ({signs}), where {expected:.1f} "
            f"are expected by the habits of established accounts; up to {100 * innocent:.0f}% of them may be innocent.",
            {"observed": observed, "expected": expected, "usual_at_most": usual, "innocent_at_most": innocent},
        )

    def _count(self, accounts: NDArray[np.int32], by: int) -> None:
        np.add.at(self._acts, accounts, np.int32(by))

    def _groups(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which accounts are new, which busy, which established: bool (accounts,) each."""
        registered = self._columns["registered"].astype(np.bool_)
        new = registered & (self._columns["created"].astype(np.int64) >= self._end - self.young_days * _DAY)
        busy = registered & (self._acts >= self.busy_acts)
        return new, busy, registered & ~new & ~busy

    def _ways(self) -> NDArray[np.int64]:
        """Return a number for each account's combination of signals, int64 (accounts,), from 0 without gaps."""
        way = np.zeros(self._acts.size, np.int64)
        for signal in self.signals:
            values, place = np.unique(self._columns[signal], return_inverse=True)
            way = way * values.size + place
            if way.max(initial=0) > 4 * way.size:  # before numbers overflow, and counts by number take too much
                _, way = np.unique(way, return_inverse=True)
        return way

    def _compared(
        self, groups: tuple[NDArray[np.bool_], ...], way: NDArray[np.int64], group: int
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return for each way: how many of the group use it, how many at most by chance, how many are expected."""
        n_ways = int(way.max()) + 1
        from scipy.stats import nbinom  # slow to import

        established, members = groups[2], groups[group]
        observed = np.bincount(way[members], minlength=n_ways).astype(np.float64)
        known = np.bincount(way[established], minlength=n_ways) + 1.0
        n_established, n_members = int(established.sum()), int(members.sum())
        if not n_established:
            return observed, observed, observed
        usual, taken = np.zeros(n_ways), np.flatnonzero(observed)
        limit = nbinom.isf(self.chance, known[taken], n_established / (n_established + n_members))
        usual[taken] = np.maximum(limit, 1.0)  # a single account is no crowd, however rare its way
        return observed, usual, known * n_members / n_established

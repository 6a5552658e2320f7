"""Reports by readers: accounts that more people report or block than the posts which they write lead to expect."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, not_scored, nothing_observed
from detectors.parts.parameters import require_positive
from detectors.parts.window import TraceWindow
from sim.observation import POST, REPORT, Observation


class ReaderReports(Detector):
    """Scores an account by how far the people who report or block it exceed what its posts lead to expect.

    Every platform has a button for it, and no report is proof: people report those with whom they disagree, in numbers
    where they agree to, and do not report what they like. An account that writes much is read much and is reported by
    somebody in the end, so the people who report it are compared with its posts.

    Of an account that wrote w posts in the window, e = w R / W reporters are expected, R being the reporters of all
    accounts, a person counting once for each account that it reports, and W the posts of all. The score is
    max(0, 1 - (e + weight) / (n + weight)) for n reporters: one less the inverse of the ratio n / e after it is drawn
    towards 1 as if `weight` expected reporters had been met by as many, as drug safety shrinks the ratios of rare
    reports (a gamma prior of mean 1) [1]_. One reporter is little evidence; who is reported by no more people than
    expected scores 0; who neither wrote nor was reported in the window is unscored.

    The author of a post is scored, not who reposted it: amplifiers that write nothing are beyond this method. How often
    an account is read, the better measure, is not in an observation.

    It reads time, account and kind of each event, and the reports. Cost: 20 bytes a post and 20 a report in the window,
    and a sort of the reports a scoring.

    Parameters
    ----------
    window_hours : float
        Posts and reports older than this at the end of the last step are forgotten; above 0.
    weight : float
        Strength of the shrinkage, expected reporters; above 0.
    blocks : bool
        Whether a person who blocks an account counts as one who reports it.

    References
    ----------
    .. [1] W. DuMouchel, "Bayesian data mining in large frequency tables", The American Statistician 53 (1999), 177-190.

    Examples
    --------
    Accounts 0 and 1 wrote two posts each; three people report the one, one of them twice, and one the other:

    >>> import numpy as np
    >>> from detectors import ReaderReports
    >>> from sim.observation import POST, REPORT, Observation
    >>> detector = ReaderReports()
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=6, columns={}, events={
    ...     "time": np.arange(4), "account": np.array([0, 0, 1, 1]), "kind": np.full(4, POST)}, reports={
    ...     "time": np.arange(5), "account": np.array([2, 3, 4, 4, 5]), "kind": np.full(5, REPORT),
    ...     "post": np.ones(5, int), "author": np.array([0, 0, 0, 0, 1])}))
    >>> detector.score().round(2)
    array([0.25, 0.  ,  nan,  nan,  nan,  nan])
    >>> detector.explain(0).sentence
    'Reported or blocked by 3 people in the last 720 hours, where 2.0 are usual for its 2 posts.'
    """

    requires: frozenset[str] = frozenset({"time", "account", "kind", "reports"})

    def __init__(self, window_hours: float = 720.0, weight: float = 1.0, blocks: bool = True) -> None:
        require_positive("ReaderReports", window_hours=window_hours, weight=weight)
        if not isinstance(blocks, bool):
            raise ValueError(f"ReaderReports.blocks must be true or false; got {blocks!r}.")
        self.window_hours, self.weight, self.blocks = window_hours, weight, blocks
        self._posts, self._reports, self._n_accounts = TraceWindow(window_hours), TraceWindow(window_hours), -1
        self._wrote, self._reporters = np.empty(0, np.int64), np.empty(0, np.int64)
        self._scores = np.empty(0)

    def observe(self, observation: Observation) -> None:
        """Take in the step's posts and reports."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        wrote = observation.event("kind") == POST
        author = observation.event("account")[wrote]
        self._posts.add(observation.end, observation.event("time")[wrote], author, np.zeros(author.size, np.int64))
        taken = (observation.report("kind") == REPORT) | self.blocks
        time, author, person = (observation.report(name)[taken] for name in ("time", "author", "account"))
        self._reports.add(observation.end, time, author, person)

    def score(self) -> FloatArray:
        """Return the part of an account's reporters beyond the usual, float64 (accounts,); NaN of who did nothing."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        pairs = np.unique(self._reports.accounts().astype(np.int64) << 32 | self._reports.items())
        self._reporters = np.bincount(pairs >> 32, minlength=self._n_accounts)
        self._wrote = np.bincount(self._posts.accounts(), minlength=self._n_accounts)
        excess = np.maximum(1.0 - (self._expected() + self.weight) / (self._reporters + self.weight), 0.0)
        self._scores = np.where(self._reporters + self._wrote > 0, excess, np.nan)
        return self._scores.copy()

    def explain(self, account: int) -> Evidence:
        """Say how many people reported or blocked the account, and how many are usual for as many posts."""
        if self._scores.size != self._n_accounts:
            raise not_scored(self)
        check_account(self, account, self._n_accounts)
        hours = f"in the last {self.window_hours:g} hours"
        if np.isnan(self._scores[account]):
            return Evidence(account, f"Neither wrote nor was reported {hours}: nothing to say.")
        n, wrote, usual = int(self._reporters[account]), int(self._wrote[account]), float(self._expected()[account])
        return Evidence(
            account,
            f"Reported{' or blocked' if self.blocks else ''} by {n} people {hours}, where {usual:.1f} are usual for "
            f"its {wrote} posts.",
            {"reporters": n, "expected": usual, "posts": wrote},
        )

    def _expected(self) -> NDArray[np.float64]:
        """Return how many reporters the posts of each account lead to expect."""
        return self._wrote * (self._reporters.sum() / max(int(self._wrote.sum()), 1))

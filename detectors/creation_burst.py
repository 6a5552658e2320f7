"""Registration in bursts: new accounts of one look, registered more densely than chance allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, nothing_observed
from detectors.parts.parameters import require_at_least, require_positive, require_probability
from sim.observation import Observation

_HOUR, _DAY = 3600.0, 86_400.0
_LOOKS = 16  # four signs of a profile, yes or no


class CreationBurst(Detector):
    """Scores young accounts by how far registrations like theirs exceed the usual.

    Accounts bought or made by script are registered many at a time and look alike. No post is needed to see it: an
    account can be scored in the step of its registration, which makes this a fast filter against young spam. It says
    nothing about old accounts, and it hits real people who happen to register in the same hours and look the same, such
    as those whom an event brings to the platform. The score is an effect size: the share of the accounts like this
    one, registered around the same time, that usual registrations do not explain. It means the same in a small
    simulation and a large one, where a test against chance alone would take ever smaller excesses for a crowd.

    An account's *look* is whether it has the default image, no bio, no verified phone, and fewer than `few_followers`
    followers. O accounts of its look were registered within `window_hours` around it; the look's usual rate, taken from
    accounts older than `memory_days` at the first step, makes E expected (rounded up to hundredths, at least 0.01).
    With q the number that a Poisson draw of mean E exceeds with probability `chance`, the score is 1 - E / O where
    O > q, and 0 elsewhere. The least E bounds what a look that is hardly ever seen can score: a score of s takes a
    crowd of 0.01 / (1 - s) accounts, five for 0.998. While a window is not over yet, its part so far counts, and E with
    it. The paper [1]_ looks for dense stretches of creation dates among the followers of an account; here they are
    sought among the accounts of one look, against the usual rate of that look.

    It reads who is registered, creation times, and the four signs of a look. Cost: 33 bytes an account, and 40 for each
    registered within `memory_days`. `observe` costs one pass over `registered`; `score` sorts the young accounts whose
    windows are open.

    Parameters
    ----------
    window_hours : float
        Above 0.
    memory_days : float
        Older accounts are left unscored (NaN); above 0.
    baseline_days : float
        Usual rates are means over this many days before that; above 0.
    few_followers : int
        At least 0.
    chance : float
        In (0, 1).

    References
    ----------
    .. [1] C. Zouzou and O. Varol, "Unsupervised detection of coordinated fake followers on social media", EPJ Data
       Science 13 (2024).

    Examples
    --------
    One registration a week, then twenty at once:

    >>> import numpy as np
    >>> from detectors import CreationBurst
    >>> from sim.observation import Observation
    >>> day = 86_400
    >>> created = np.concatenate([np.arange(100) * 7 * day, np.full(20, 700 * day + 100)])
    >>> columns = {name: np.zeros(120, bool) for name in ("default_image", "empty_bio", "phone_verified")}
    >>> columns |= {"registered": np.ones(120, bool), "created": created, "follower_count": np.zeros(120, np.int32)}
    >>> burst, end = CreationBurst(), 700 * day + 3600
    >>> burst.observe(Observation(step=0, start=end - 3600, end=end, n_accounts=120, columns=columns, events={}))
    >>> burst.score()[[0, -1]].round(3)
    array([  nan, 0.998])
    """

    requires: frozenset[str] = frozenset(
        {"registered", "created", "default_image", "empty_bio", "phone_verified", "follower_count"}
    )

    def __init__(
        self,
        window_hours: float = 6.0,
        memory_days: float = 45.0,
        baseline_days: float = 730.0,
        few_followers: int = 10,
        chance: float = 0.001,
    ) -> None:
        require_positive(
            "CreationBurst", window_hours=window_hours, memory_days=memory_days, baseline_days=baseline_days
        )
        require_at_least("CreationBurst", 0, few_followers=few_followers)
        require_probability("CreationBurst", chance=chance)
        self.window_hours, self.memory_days, self.baseline_days = window_hours, memory_days, baseline_days
        self.few_followers, self.chance = few_followers, chance
        self._n_accounts, self._end = -1, 0
        self._seen = np.empty(0, np.bool_)
        self._rate = np.zeros(_LOOKS)  # usual registrations a second, by look
        # Of the young: account, look and time of registration, in the order of time.
        self._young, self._look, self._time = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)

    def observe(self, observation: Observation) -> None:
        """Note which accounts are new; at the first step also the usual rates."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        registered = observation.column("registered")
        first = self._seen.size == 0
        if first:
            self._seen = np.zeros(registered.size, np.bool_)
        self._end = observation.end
        fresh = np.flatnonzero(registered & ~self._seen)
        self._seen[fresh] = True
        look, created = self._look_of(observation, fresh), observation.column("created")[fresh].astype(np.int64)
        if first:
            self._learn_rates(look, created)
        young = created >= self._end - self.memory_days * _DAY
        if young.any():
            time = np.concatenate([self._time, created[young]])
            # By time alone: an order by account number would let scores depend on the numbering.
            order = np.argsort(time, kind="stable")
            self._time = time[order]
            self._young = np.concatenate([self._young, fresh[young]])[order]
            self._look = np.concatenate([self._look, look[young]])[order]
        forget = int(np.searchsorted(self._time, self._end - (self.memory_days * _DAY + self._half)))
        self._time, self._young, self._look = self._time[forget:], self._young[forget:], self._look[forget:]

    def score(self) -> FloatArray:
        """Return the part of each young account's crowd that is not usual, float64 (accounts,); NaN of the old."""
        if not self._seen.size:
            raise nothing_observed(self)
        from scipy.stats import poisson  # slow to import

        scores = np.full(self._seen.size, np.nan)
        observed, expected = self._crowds()
        scored = self._time >= self._end - self.memory_days * _DAY
        # The quantile is costly, and the means are few once they are rounded up to hundredths.
        hundredths, of = np.unique(np.maximum(np.ceil(100.0 * expected), 1.0), return_inverse=True)
        means = hundredths / 100.0
        crowd = observed > poisson.isf(self.chance, means)[of]
        scores[self._young[scored]] = np.where(crowd, 1.0 - means[of] / observed, 0.0)[scored]
        return scores

    def explain(self, account: int) -> Evidence:
        """Say how many accounts like this one were registered around it, and how many are usual."""
        if not self._seen.size:
            raise nothing_observed(self)
        check_account(self, account, self._seen.size)
        place = np.flatnonzero(self._young == account)
        if not place.size or self._time[place[0]] < self._end - self.memory_days * _DAY:
            return Evidence(account, f"Not registered within the last {self.memory_days:g} days: nothing to say.")
        observed, expected = (float(part[place[0]]) for part in self._crowds())
        return Evidence(
            account,
            f"Registered among {observed:.0f} accounts of the same look within {self.window_hours:g} hours, where "
            f"{expected:.1f} are usual.",
            {"observed": observed, "expected": expected},
        )

    @property
    def _half(self) -> float:
        return 0.5 * self.window_hours * _HOUR

    def _look_of(self, observation: Observation, who: NDArray[np.int64]) -> NDArray[np.int64]:
        look = (observation.column("follower_count")[who] < self.few_followers).astype(np.int64)
        for sign in ("default_image", "empty_bio", "phone_verified"):
            look = 2 * look + observation.column(sign)[who].astype(np.bool_)
        return look

    def _learn_rates(self, look: NDArray[np.int64], created: NDArray[np.int64]) -> None:
        end = self._end - self.memory_days * _DAY
        usual = (created < end) & (created >= end - self.baseline_days * _DAY)
        self._rate = np.bincount(look[usual], minlength=_LOOKS) / (self.baseline_days * _DAY)

    def _crowds(self) -> tuple[FloatArray, FloatArray]:
        """Return how many of the same look were registered around each young account, and how many are usual."""
        observed = np.ones(self._time.size)
        for look in np.unique(self._look):
            same = np.flatnonzero(self._look == look)
            time = self._time[same]
            low = np.searchsorted(time, time - self._half, side="left")
            observed[same] = np.searchsorted(time, time + self._half, side="right") - low
        seconds = np.minimum(self._time + self._half, float(self._end)) - (self._time - self._half)
        return observed, self._rate[self._look] * seconds

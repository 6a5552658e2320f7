"""Profile forest: a random forest over what a profile shows, trained on another scenario."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detectors.base import (
    Detector,
    DetectorError,
    Evidence,
    FloatArray,
    accounts_of,
    check_account,
    not_scored,
    nothing_observed,
)
from detectors.parts.parameters import require_at_least, require_whole
from detectors.parts.training import checked_labels, training_rows
from sim.observation import Observation

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestClassifier

FEATURES = (
    "posts", "followers", "followees", "posts a day", "followers a day", "followees a day", "followers per followee",
    "default image", "empty bio", "verified",
)  # fmt: skip
_COUNTS = ("post_count", "follower_count", "following_count")
_FLAGS = ("default_image", "empty_bio", "verified")
_DAY = 86_400.0
_BITS = 10  # of a rounded count in a profile's key


class ProfileForest(Detector):
    """Scores accounts by the share of trees, weighted by their certainty, that take the profile for the operation's.

    The method [1]_ puts counts of the profile, and their rates and ratios, into a random forest, so that accounts can
    be evaluated by the stream of their profiles alone. Of the paper's twenty features these can be seen here: posts,
    followers and followees, each as a number and per day of the account's age; followers over followees; default image;
    verified. An empty bio stands for the length of the description. Names, likes and lists are not simulated, so their
    features are missing. Language and time zone are left out on purpose: the forest would learn which languages an
    operation speaks.

    Training weighs the two classes alike (`class_weight="balanced"`), so the score is no probability at the base rate
    of the platform, which is far lower.

    It reads profiles and, to be trained, labels of another run's accounts. Cost: 30 bytes an account. Counts and age
    are rounded to parts of a doubling, so that like profiles are evaluated once: `score` sorts the accounts by profile
    and asks the forest about the distinct ones.

    Parameters
    ----------
    trees : int
        At least 1.
    min_leaf : int
        Training accounts in a leaf, at least 1.
    max_per_class : int
        The largest number of accounts of each class that are trained on, drawn at random; at least 1.
    steps_per_doubling : int
        To which counts and age are rounded, in [1, 16]: more is finer and slower.
    seed : int
        Of the forest's own draws, in [0, 2**32).

    References
    ----------
    .. [1] K.-C. Yang, O. Varol, P.-M. Hui and F. Menczer, "Scalable and Generalizable Social Bot Detection through Data
       Selection", AAAI 34 (2020), 1096-1103, doi:10.1609/aaai.v34i01.5460.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import ProfileForest
    >>> from sim.observation import Observation
    >>> draw = np.random.Generator(np.random.Philox(key=1))
    >>> fake = np.arange(200) < 50
    >>> columns = {"registered": np.ones(200, bool), "created": np.where(fake, -10**6, -10**8),
    ...     "post_count": np.where(fake, 5, 500), "follower_count": np.where(fake, 0, draw.integers(20, 900, 200)),
    ...     "following_count": draw.integers(10, 500, 200), "default_image": fake, "empty_bio": fake,
    ...     "verified": np.zeros(200, bool)}
    >>> seen = Observation(step=0, start=0, end=60, n_accounts=200, columns=columns, events={})
    >>> forest = ProfileForest(trees=10, min_leaf=5)
    >>> forest.fit([seen], fake)
    >>> forest.observe(seen)
    >>> forest.score()[[0, 199]]
    array([1., 0.])
    """

    requires: frozenset[str] = frozenset({"registered", "created", *_COUNTS, *_FLAGS})

    def __init__(
        self,
        trees: int = 100,
        min_leaf: int = 20,
        max_per_class: int = 20_000,
        steps_per_doubling: int = 2,
        seed: int = 0,
    ) -> None:
        require_at_least("ProfileForest", 1, trees=trees, min_leaf=min_leaf, max_per_class=max_per_class)
        require_whole("ProfileForest", steps_per_doubling=steps_per_doubling, seed=seed)
        if not 1 <= steps_per_doubling <= 16:
            raise ValueError(f"ProfileForest.steps_per_doubling must lie in [1, 16]; got {steps_per_doubling}.")
        if not 0 <= seed < 2**32:
            raise ValueError(f"ProfileForest.seed must lie in [0, 2**32); got {seed}.")
        self.trees, self.min_leaf, self.max_per_class = trees, min_leaf, max_per_class
        self.steps_per_doubling, self.seed = steps_per_doubling, seed
        self._forest: RandomForestClassifier | None = None
        self._seen: Observation | None = None
        self._scores: FloatArray = np.empty(0)

    def fit(self, observations: Iterable[Observation], labels: NDArray[np.bool_]) -> None:
        """Learn from the profiles at the end of another run.

        Parameters
        ----------
        observations : iterable of Observation
            Steps in order; the columns of the last are learnt from, of the accounts registered by then.
        labels : bool (accounts,)
            True for the operation's accounts.

        Raises
        ------
        DetectorError
            There is no step, the labels do not fit, or the registered accounts are all of one kind.
        """
        from sklearn.ensemble import RandomForestClassifier  # slow to import

        last: Observation | None = None
        for observation in observations:
            last = observation
        if last is None:
            raise DetectorError("detector ProfileForest: fit() takes at least one observation; got none.")
        labels = checked_labels(self, labels, last.n_accounts)
        registered = last.column("registered").astype(np.bool_)
        rows = training_rows(self, labels, registered, self.max_per_class, "accounts")
        forest = RandomForestClassifier(
            self.trees, min_samples_leaf=self.min_leaf, class_weight="balanced", random_state=self.seed
        )
        self._forest = forest.fit(self._features(self._profiles(last)[rows]), labels[rows])

    def observe(self, observation: Observation) -> None:
        """Keep the step's profiles.

        Raises
        ------
        DetectorError
            It has not been trained.
        """
        self._trained()
        accounts_of(self, -1 if self._seen is None else self._seen.n_accounts, observation)
        self._seen = observation

    def score(self) -> FloatArray:
        """Return the forest's vote, float64 (accounts,); NaN before an account is registered."""
        forest = self._trained()
        if self._seen is None:
            raise nothing_observed(self)
        registered = np.flatnonzero(self._seen.column("registered"))
        self._scores = np.full(self._seen.n_accounts, np.nan)
        if registered.size:
            distinct, which = np.unique(self._profiles(self._seen)[registered], return_inverse=True)
            votes = forest.predict_proba(self._features(distinct))[:, list(forest.classes_).index(True)]
            self._scores[registered] = np.clip(votes, 0.0, 1.0)[which]
        return self._scores.copy()

    def explain(self, account: int) -> Evidence:
        """Give the profile as the forest sees it."""
        if self._seen is None or self._scores.size != self._seen.n_accounts:
            raise not_scored(self)
        check_account(self, account, self._seen.n_accounts)
        score = float(self._scores[account])
        if np.isnan(score):
            return Evidence(account, "Not registered: nothing to say.")
        features = self._features(self._profiles(self._seen)[account : account + 1])[0]
        facts = dict(zip(FEATURES, map(float, features), strict=True))
        return Evidence(
            account,
            f"{score:.0%} of the forest takes the profile for the operation's: about {facts['posts']:.0f} posts "
            f"({facts['posts a day']:.2g} a day), {facts['followers']:.0f} followers, {facts['followees']:.0f} "
            f"followees.",
            {"vote": score, **facts},
        )

    def _trained(self) -> RandomForestClassifier:
        if self._forest is None:
            raise DetectorError(
                "detector ProfileForest must be trained before it is used: call fit with the observations and labels "
                "of another scenario, as takedown task=compare does."
            )
        return self._forest

    def _profiles(self, observation: Observation) -> NDArray[np.int64]:
        """Return each account's profile, counts and age rounded, as one number: int64 (accounts,)."""
        age = (observation.end - observation.column("created").astype(np.int64)) / _DAY
        key = np.zeros(observation.n_accounts, np.int64)
        for amount in (age, *(observation.column(name) for name in _COUNTS)):
            steps = np.rint(self.steps_per_doubling * np.log2(1.0 + np.maximum(amount, 0.0))).astype(np.int64)
            key = key << _BITS | np.minimum(steps, 2**_BITS - 1)
        for name in _FLAGS:
            key = key << 1 | observation.column(name).astype(np.bool_)
        return key

    def _features(self, profiles: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the features of profiles: float32 (profiles, features)."""
        flags = [profiles >> place & 1 for place in (2, 1, 0)]
        amounts = [
            np.exp2((profiles >> (len(_FLAGS) + _BITS * place) & (2**_BITS - 1)) / self.steps_per_doubling) - 1.0
            for place in (3, 2, 1, 0)
        ]
        age, counts = np.maximum(amounts[0], 1.0), amounts[1:]
        ratio = counts[1] / np.maximum(counts[2], 1.0)
        columns = [*counts, *(count / age for count in counts), ratio, *flags]
        return np.column_stack(columns).astype(np.float32)

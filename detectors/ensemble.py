"""Ensembles: several detectors, one score."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

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
from detectors.parts.ranks import shares_below
from detectors.parts.training import checked_labels, training_rows
from sim.observation import Observation


class _Members(Detector):
    """What both ensembles share: members by name, which observe together.

    Parameters
    ----------
    members : mapping of str to Detector
        At least one; fresh, as the ensemble uses them up.
    """

    def __init__(self, members: Mapping[str, Detector]) -> None:
        name = type(self).__name__
        if not isinstance(members, Mapping):
            raise ValueError(f"{name}.members must be a mapping of names to detectors; got {members!r}.")
        if not members:
            raise ValueError(f"{name}.members must hold at least one detector; got none.")
        for key, member in members.items():
            if not isinstance(member, Detector):
                raise ValueError(f"{name}.members.{key} must be a detector; got {type(member).__name__}.")
            if member.sees_truth:
                raise ValueError(f"{name}.members.{key} sees the truth and cannot be a member.")
        self.members = dict(members)
        self.requires = frozenset().union(*(member.requires for member in self.members.values()))
        self._n_accounts = -1
        self._scores: FloatArray = np.empty(0)
        self._parts: FloatArray = np.empty((0, 0))  # (members, accounts), of the last scoring

    def observe(self, observation: Observation) -> None:
        """Let every member observe the step."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        for member in self.members.values():
            member.observe(observation)

    def explain(self, account: int) -> Evidence:
        """Name the member that makes most of the account's score, with its own reason."""
        if self._scores.size != self._n_accounts:
            raise not_scored(self)
        check_account(self, account, self._n_accounts)
        score, parts = float(self._scores[account]), self._parts[:, account]
        if np.isnan(score):
            return Evidence(account, "No member of the ensemble scores it.")
        most = list(self.members)[int(np.nanargmax(parts))]
        reason = self.members[most].explain(account).sentence
        facts = {name: float(part) for name, part in zip(self.members, parts, strict=True) if not np.isnan(part)}
        return Evidence(account, f"{score:.2f} in all, most of it by {most}: {reason}", {"score": score, **facts})

    def _member_scores(self) -> FloatArray:
        if self._n_accounts < 0:
            raise nothing_observed(self)
        return np.stack([member.score() for member in self.members.values()])


class RankAverage(_Members):
    """Scores accounts by their average rank among the accounts that each member scores.

    Scores of different methods mean different things, so of each method only the order is taken. A rank is the share of
    the scored accounts that score less, equals half, so that it is uniform where a member tells all accounts apart and
    one half where it tells none. Nothing is trained.

    It reads what its members read and costs what they cost together; a rank costs a sort of the accounts.

    Parameters
    ----------
    members : mapping of str to Detector
        At least one, none that must be trained; fresh, as the ensemble uses them up.
    min_members : int
        Accounts that fewer members score are NaN; at least 1.

    Examples
    --------
    >>> from detectors import RandomDetector, RankAverage
    >>> from sim.observation import Observation
    >>> both = RankAverage({"one": RandomDetector(1), "other": RandomDetector(1)})
    >>> both.observe(Observation(step=0, start=0, end=60, n_accounts=4, columns={}, events={}))
    >>> sorted(both.score().tolist())
    [0.125, 0.375, 0.625, 0.875]
    """

    def __init__(self, members: Mapping[str, Detector], min_members: int = 1) -> None:
        super().__init__(members)
        for key, member in self.members.items():
            if hasattr(member, "fit"):
                raise ValueError(f"RankAverage.members.{key} must be trained: use Stacking, which trains its members.")
        require_whole("RankAverage", min_members=min_members)
        if not 1 <= min_members <= len(self.members):
            raise ValueError(f"RankAverage.min_members must lie in [1, {len(self.members)}]; got {min_members}.")
        self.min_members = min_members

    def score(self) -> FloatArray:
        """Return the mean rank over the members that score an account, float64 (accounts,); NaN where too few do."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        self._parts = np.empty((len(self.members), self._n_accounts))
        count, total = np.zeros(self._n_accounts, np.int32), np.zeros(self._n_accounts)
        for part, member in zip(self._parts, self.members.values(), strict=True):  # one at a time: memory
            shares_below(member.score(), out=part)
            scored = ~np.isnan(part)
            count += scored
            np.add(total, part, out=total, where=scored)
        enough = count >= self.min_members
        np.divide(total, count, out=total, where=enough)
        total[~enough] = np.nan
        self._scores = total
        return total.copy()


class Stacking(_Members):
    """Scores accounts by a logistic regression over the members' scores, trained on another scenario.

    Stacked generalization [1]_ learns from another scenario how much each member can be trusted. A member gives two
    inputs: its score (0 where it has none) and whether it has one. Training weighs the two classes alike
    (`class_weight="balanced"`), so the score is no probability at the platform's base rate. Members that must be
    trained are trained on the same accounts as the regression, which therefore trusts them too much.

    It reads what its members read and costs what they cost together.

    Parameters
    ----------
    members : mapping of str to Detector
        At least one; fresh, as the ensemble uses them up.
    max_per_class : int
        The largest number of accounts of each class that are trained on, drawn at random; at least 1.

    References
    ----------
    .. [1] D. H. Wolpert, "Stacked generalization", Neural Networks 5 (1992), 241-259.

    Examples
    --------
    Trained on a synthetic log, tried on another:

    >>> from detectors import CoRepost, CreationBurst, Stacking
    >>> from detectors.testing.synthetic_log import synthetic_operation, synthetic_steps
    >>> stacking = Stacking({"co_repost": CoRepost(), "creation_burst": CreationBurst()})
    >>> stacking.fit(synthetic_steps(seed=1), synthetic_operation())
    >>> for seen in synthetic_steps(seed=2):
    ...     stacking.observe(seen)
    >>> scores, operation = stacking.score(), synthetic_operation()
    >>> bool(np.nanmedian(scores[operation]) > np.nanmedian(scores[~operation]))
    True
    """

    def __init__(self, members: Mapping[str, Detector], max_per_class: int = 100_000) -> None:
        super().__init__(members)
        require_at_least("Stacking", 1, max_per_class=max_per_class)
        self.max_per_class = max_per_class
        self._weights: FloatArray | None = None  # (2 * members + 1,), the constant last

    def fit(self, observations: Iterable[Observation], labels: NDArray[np.bool_]) -> None:
        """Learn how much to trust each member, from its scores at the end of another run.

        Parameters
        ----------
        observations : iterable of Observation
            Steps in order; gone through once, and once more for each member that must be trained.
        labels : bool (accounts,)
            True for the operation's accounts.

        Raises
        ------
        DetectorError
            There is no step, the labels do not fit, or the accounts scored are all of one kind.
        """
        from sklearn.linear_model import LogisticRegression  # slow to import

        steps = observations if hasattr(observations, "__len__") else list(observations)
        for member in self.members.values():
            if hasattr(member, "fit"):
                member.fit(steps, labels)
        learners = _Learners({name: copy.deepcopy(member) for name, member in self.members.items()})
        for observation in steps:
            learners.observe(observation)
        scores = learners.scores()
        labels = checked_labels(self, labels, scores.shape[1])
        scored = np.asarray(~np.isnan(scores).all(axis=0))
        rows = np.sort(training_rows(self, labels, scored, self.max_per_class, "scored accounts"))
        model = LogisticRegression(class_weight="balanced", max_iter=1000)
        model.fit(_inputs(scores[:, rows]).T, labels[rows])
        self._weights = np.append(model.coef_[0], model.intercept_[0])

    def observe(self, observation: Observation) -> None:
        """Let every member observe the step.

        Raises
        ------
        DetectorError
            It has not been trained.
        """
        self._trained()
        super().observe(observation)

    def score(self) -> FloatArray:
        """Return the regression's answer, float64 (accounts,); NaN where no member scores."""
        from scipy.special import expit  # slow to import

        weights = self._trained()
        scores = self._member_scores()
        inputs, n = _inputs(scores), len(self.members)
        self._parts = np.where(np.isnan(scores), np.nan, weights[:n, None] * inputs[:n] + weights[n:-1, None])
        total = np.full(scores.shape[1], weights[-1])
        # Not a product of matrices, whose order of summation may depend on an account's number.
        for weight, column in zip(weights[:-1], inputs, strict=True):
            total += weight * column
        self._scores = np.where(np.isnan(scores).all(axis=0), np.nan, expit(total))
        return self._scores.copy()

    def _trained(self) -> FloatArray:
        if self._weights is None:
            raise DetectorError(
                "detector Stacking must be trained before it is used: call fit with the observations and labels of "
                "another scenario, as takedown task=compare does."
            )
        return self._weights


class _Learners:
    """Copies of the members, which are used up by training."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members, self._steps = members, 0

    def observe(self, observation: Observation) -> None:
        self._steps += 1
        for member in self._members.values():
            member.observe(observation)

    def scores(self) -> FloatArray:
        if not self._steps:
            raise DetectorError("detector Stacking: fit() takes at least one observation; got none.")
        return np.stack([member.score() for member in self._members.values()])


def _inputs(scores: FloatArray) -> FloatArray:
    """Return scores, 0 for none, and then whether there is one: float64 (2 * members, accounts)."""
    scored = ~np.isnan(scores)
    return np.concatenate([np.where(scored, scores, 0.0), scored.astype(np.float64)])

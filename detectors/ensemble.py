"""Ensembles: several detectors, one score. By average rank, untrained; or stacked, trained on another scenario.

Scores of different methods mean different things, so `RankAverage` takes of each method only the order: an account's
rank among those whom the method scores, averaged over the methods that score it. `Stacking` learns from another
scenario how far to believe each: D. H. Wolpert, "Stacked generalization", Neural Networks 5 (1992), 241-259, with a
logistic regression over the members' scores and over whether they score at all.

It reads what its members read and costs what they cost together; a rank costs a sort of the accounts.

Examples
--------
>>> from detectors.random import RandomDetector
>>> both = RankAverage({"one": RandomDetector(1), "other": RandomDetector(1)})
>>> both.observe(Observation(step=0, start=0, end=60, n_accounts=4, columns={}, events={}))
>>> sorted(both.score())
[np.float64(0.125), np.float64(0.375), np.float64(0.625), np.float64(0.875)]
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from detectors.base import Detector, DetectorError, Evidence, FloatArray, check_account, nothing_observed
from detectors.parts.draws import draws_of
from detectors.parts.ranks import shares_below
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
        self._n_accounts = observation.n_accounts
        for member in self.members.values():
            member.observe(observation)

    def explain(self, account: int) -> Evidence:
        """Name the member that makes most of the account's score, with its own reason."""
        if self._scores.size != self._n_accounts:
            name = type(self).__name__
            raise DetectorError(f"detector {name} was asked for reasons before it scored; call score first.")
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

    A rank is the share of the scored accounts that score less, equals half, so that it is uniform where a member
    tells everybody apart and one half where it tells nobody.

    Parameters
    ----------
    members : mapping of str to Detector
        At least one, none that must be trained.
    min_members : int
        Accounts that fewer members score are NaN; at least 1.
    """

    def __init__(self, members: Mapping[str, Detector], min_members: int = 1) -> None:
        super().__init__(members)
        for key, member in self.members.items():
            if hasattr(member, "fit"):
                raise ValueError(f"RankAverage.members.{key} must be trained: use Stacking, which trains its members.")
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

    A member gives two inputs: its score (0 where it has none) and whether it has one. Training weighs the two classes
    alike (`class_weight="balanced"`), so the score is no probability at the platform's base rate. Members that must be
    trained are trained on the same accounts as the regression, which believes them too much in consequence.

    Parameters
    ----------
    members : mapping of str to Detector
    max_per_class : int
        Accounts of each class that are trained on at most, drawn by lot; at least 1.
    """

    def __init__(self, members: Mapping[str, Detector], max_per_class: int = 100_000) -> None:
        super().__init__(members)
        if max_per_class < 1:
            raise ValueError(f"Stacking.max_per_class must be at least 1; got {max_per_class}.")
        self.max_per_class = max_per_class
        self._weights: FloatArray | None = None  # (2 * members + 1,), the constant last

    def fit(self, observations: Iterable[Observation], labels: NDArray[np.bool_]) -> None:
        """Learn how far to believe each member, from its scores at the end of another run.

        Parameters
        ----------
        observations : iterable of Observation
            Steps in order; gone through once, and once more for each member that must be trained.
        labels : bool (accounts,)
            True for the operation's accounts.

        Raises
        ------
        DetectorError
            There is no step, or not both kinds of account among those scored.
        """
        labels = np.asarray(labels, np.bool_)
        steps = observations if hasattr(observations, "__len__") else list(observations)
        for member in self.members.values():
            if hasattr(member, "fit"):
                member.fit(steps, labels)
        learners = _Learners({name: copy.deepcopy(member) for name, member in self.members.items()})
        for observation in steps:
            learners.observe(observation)
        scores = learners.scores()
        if labels.shape != scores.shape[1:]:
            raise DetectorError(
                f"detector Stacking: fit() takes one label an account, {scores.shape[1]}; got {labels.shape}."
            )
        scored = ~np.isnan(scores).all(axis=0)
        chosen = []
        for kind in (labels, ~labels):
            rows = np.flatnonzero(kind & scored)
            if not rows.size:
                lacks = "of the operation's" if kind is labels else "other"
                raise DetectorError(f"detector Stacking: fit() needs scored accounts of both kinds; got no {lacks}.")
            chosen.append(rows[np.argsort(draws_of(rows), kind="stable")[: self.max_per_class]])
        rows = np.sort(np.concatenate(chosen))
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
        weights = self._trained()
        scores = self._member_scores()
        inputs, n = _inputs(scores), len(self.members)
        self._parts = np.where(np.isnan(scores), np.nan, weights[:n, None] * inputs[:n] + weights[n:-1, None])
        total = np.full(scores.shape[1], weights[-1])
        for weight, column in zip(weights[:-1], inputs, strict=True):  # not a product of matrices: its order of
            total += weight * column  # summation may hang on an account's number
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

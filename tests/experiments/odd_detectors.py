"""Detectors for tests of a comparison: some fail, one is trained, one has a known score distribution."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy import stats

from detectors.base import Detector, DetectorError, Evidence, nothing_observed
from experiments.cli.interrupts import Ended
from sim.core.rng import Purpose, normals, stream


class Counting(Detector):
    """Scores by the number of an account's acts so far, over the most of any; the base of the others here."""

    requires: frozenset[str] = frozenset({"account"})

    def __init__(self) -> None:
        self._counts: np.ndarray | None = None

    def observe(self, observation) -> None:
        if self._counts is None:
            self._counts = np.zeros(observation.n_accounts)
        self._counts += np.bincount(observation.event("account"), minlength=observation.n_accounts)

    def score(self):
        if self._counts is None:
            raise nothing_observed(self)
        return np.where(self._counts > 0, self._counts / max(self._counts.max(), 1.0), np.nan)

    def explain(self, account: int) -> Evidence:
        return Evidence(account, "Counted.")


class Interrupted(Counting):
    """A signal comes while compiled code calls back, which makes another exception of the handler's."""

    def score(self):
        try:
            raise Ended(143)
        except Ended as error:
            raise SystemError("a result with an exception set") from error


class WrongShape(Counting):
    def score(self):
        return super().score()[:-1]


class TooHigh(Counting):
    def score(self):
        return np.ceil(super().score()) * 2.0


class Infinite(Counting):
    def score(self):
        return np.where(np.isnan(super().score()), np.inf, 0.0)


class NoArray(Counting):
    def score(self):
        return list(super().score())


class Raises(Counting):
    def score(self):
        raise ZeroDivisionError("nothing to divide\nby")


class RaisesLater(Counting):
    """Raises from a seed on."""

    def __init__(self, seed: int, first: int = 2) -> None:
        super().__init__()
        self.seed, self.first = seed, first

    def score(self):
        if self.seed >= self.first:
            raise KeyError("lost")
        return super().score()


class Leaves(Counting):
    """Ends the program, as scripts do."""

    def score(self):
        raise SystemExit(3)


class NeverMade(Counting):
    def __init__(self) -> None:
        raise SystemExit("no licence")


class Stops(Counting):
    """The user's Ctrl-C comes while it scores seed 3."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def score(self):
        if self.seed >= 3:
            raise KeyboardInterrupt
        return super().score()


class Mutates(Counting):
    def observe(self, observation) -> None:
        observation.event("account")[:] = 0


class Refuses(Counting):
    """Says itself what is too much for it."""

    def observe(self, observation) -> None:
        raise DetectorError(f"detector Refuses takes at most 10 accounts; got {observation.n_accounts}.")


class Learns(Counting):
    """Supervised: remembers how many acts the accounts with labels did, and what it was trained on."""

    fitted: ClassVar[list[tuple[int, int, int]]] = []

    def __init__(self) -> None:
        super().__init__()
        self._factor = 0.0

    def fit(self, observations, labels) -> None:
        assert labels.dtype == np.bool_
        acts = sum(np.count_nonzero(labels[seen.event("account")]) for seen in observations)
        again = sum(np.count_nonzero(labels[seen.event("account")]) for seen in observations)
        assert acts == again  # they can be gone through twice
        self._factor = 1.0 if acts else 0.5
        Learns.fitted.append((len(observations), int(labels.sum()), labels.size))

    def observe(self, observation) -> None:
        if not self._factor:
            raise DetectorError("detector Learns was not trained; call fit first.")
        super().observe(observation)

    def score(self):
        return super().score() * self._factor


class Gaussian(Detector):
    """Φ(x), x from N(d, 1) for the operation's accounts and from N(0, 1) for others; it sees the truth and says so."""

    requires: frozenset[str] = frozenset()
    sees_truth: ClassVar[bool] = True

    def __init__(self, d: float, seed: int) -> None:
        self.d, self.seed = d, seed
        self._labels: np.ndarray | None = None

    def reveal(self, labels) -> None:
        self._labels = labels

    def observe(self, observation) -> None: ...

    def score(self):
        x = normals(stream(self.seed, Purpose.DETECTOR), np.arange(self._labels.size))
        return stats.norm.cdf(x + self.d * self._labels)

    def explain(self, account: int) -> Evidence:
        return Evidence(account, "Drawn.")

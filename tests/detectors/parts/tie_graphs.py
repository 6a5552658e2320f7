"""Small follower graphs and the observations of detectors that read them."""

import numpy as np

from sim.observation import Follows, Observation


def follows_of(ties, n):
    """Return the graph of pairs (follower, followee)."""
    ties = sorted(set(ties))
    counts = np.bincount([a for a, _ in ties], minlength=n)
    return Follows(np.concatenate([[0], np.cumsum(counts)]), np.array([b for _, b in ties], np.int64))


def step(follows, labels, registered=None):
    n = follows.n_accounts
    columns = {
        "registered": np.ones(n, np.bool_) if registered is None else np.asarray(registered),
        "known_accounts": np.asarray(labels, np.int8),
    }
    return Observation(step=0, start=0, end=60, n_accounts=n, columns=columns, events={}, follows=follows)


def random_ties(seed, n, share):
    draw = np.random.Generator(np.random.Philox(key=seed))
    return [(int(a), int(b)) for a, b in zip(*np.nonzero(draw.random((n, n)) < share), strict=True) if a != b]


def two_camps(seed, real, fake, bridges):
    """Return ties of real people and of fakes, each group well connected, and a few from people to fakes."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    ties = random_ties(seed, real, 12 / real)
    ties += [(real + a, real + b) for a, b in random_ties(seed + 1, fake, 12 / fake)]
    return ties + [(int(draw.integers(0, real)), real + int(draw.integers(0, fake))) for _ in range(bridges)]

"""Keyed random draws: (seed, purpose, what is decided) -> number.

Every draw is a pure function of its key and never of the order in which things are computed, so two runs with one
seed that differ only in policy share every draw that they have in common (common random numbers), and neither the
number of threads nor the process changes a result.

The generator is a counter hash: each word of the key is absorbed by a multiply-xorshift round of SplitMix64
(Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), whose output function is a
bijection of the 64-bit integers with full avalanche.

Examples
--------
>>> key = stream(seed=1, purpose=Purpose.SESSION)
>>> uniform(key, 7, 3, 0) == uniform(key, 7, 3, 0)
True
>>> uniform(key, 7, 3, 0) == uniform(key, 7, 4, 0)
False
>>> 0.0 <= uniform(key, 7, 3, 0) < 1.0
True
"""

from __future__ import annotations

from enum import IntEnum, unique

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtri

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_WORD1 = np.uint64(0xD1342543DE82EF95)
_WORD2 = np.uint64(0xA24BAED4963EE407)
_WORD3 = np.uint64(0x9FB21C651E98DF25)
_S27, _S30, _S31, _S11 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(11)
_TO_UNIT = 1.0 / 9007199254740992.0  # 2**-53


@unique
class Purpose(IntEnum):
    """What a draw decides. A number is never given a second meaning: that would couple two decisions."""

    # graph
    GRAPH_OUT = 1
    GRAPH_IN = 2
    GRAPH_TIE = 3
    GRAPH_RECIPROCITY = 4
    GRAPH_CLOSURE = 5
    GRAPH_NODE = 6
    # accounts
    ACTIVITY = 20
    INTEREST = 21
    STANCE = 22
    CREATED = 23
    PROFILE = 24
    ACCESS = 25
    FOLLOWERS = 26
    ROLE = 27
    GROUP = 28
    FOLLOW = 29
    HISTORY = 30
    # the organic public
    SESSION = 40
    SESSION_TIME = 41
    WRITE = 42
    TOPIC = 43
    APPEAL = 44
    REPOST = 45
    RECOMMEND = 46
    # the operation
    PERSONA_ACT = 60
    PERSONA_TIME = 61
    PERSONA_KIND = 62
    TASKING = 63
    PARTICIPATION = 64
    DELAY = 65
    CAMOUFLAGE = 66
    TARGET = 67
    REGISTRATION = 68
    # the platform
    RENUMBER = 80
    LOG_SAMPLE = 81
    DETECTOR = 82


@njit(cache=True, inline="always")
def _mix(word: np.uint64) -> np.uint64:
    word = (word ^ (word >> _S30)) * _MIX1
    word = (word ^ (word >> _S27)) * _MIX2
    return word ^ (word >> _S31)


@njit(cache=True)
def _stream(seed: np.uint64, purpose: np.uint64) -> np.uint64:
    return _mix(_mix(seed + _GOLDEN) + purpose * _WORD1)


def stream(seed: int, purpose: Purpose) -> np.uint64:
    """Return the key of one purpose's stream.

    Parameters
    ----------
    seed : int
        The run's seed, in [0, 2**63).
    purpose : Purpose
        What the draws of this stream decide.

    Returns
    -------
    numpy.uint64
        To be handed to `uniform` and `bits` with up to three words of key.
    """
    return np.uint64(_stream(np.uint64(seed), np.uint64(int(purpose))))


@njit(cache=True, inline="always")
def bits(key: np.uint64, a: int, b: int, c: int) -> np.uint64:
    """Return 64 random bits for the key and three words (integers, read modulo 2**64)."""
    word = _mix(key + np.uint64(a) * _GOLDEN)
    word = _mix(word + np.uint64(b) * _WORD2)
    return _mix(word + np.uint64(c) * _WORD3)


@njit(cache=True, inline="always")
def uniform(key: np.uint64, a: int, b: int, c: int) -> float:
    """Return a number in [0, 1) for the key and three words: 53 random bits."""
    return np.float64(bits(key, a, b, c) >> _S11) * _TO_UNIT


@njit(cache=True, inline="always")
def substream(key: np.uint64, a: int) -> np.uint64:
    """Return the key of the stream of one first word, for loops that draw once per account and step."""
    return _mix(key + np.uint64(a) * _WORD1)


@njit(cache=True, inline="always")
def quick_uniform(key: np.uint64, a: int) -> float:
    """Return a number in [0, 1) for a substream's key and one word, at a third of the cost of `uniform`."""
    return np.float64(_mix(key + np.uint64(a) * _GOLDEN) >> _S11) * _TO_UNIT


@njit(cache=True, inline="always")
def pair(account: int, other: int) -> int:
    """Pack two numbers in [0, 2**31) into one word of a key."""
    return (np.int64(account) << np.int64(32)) | np.int64(other)  # type: ignore[return-value]


@njit(cache=True)
def _uniforms(key: np.uint64, a: NDArray[np.int64], b: NDArray[np.int64], c: NDArray[np.int64]) -> NDArray[np.float64]:
    out = np.empty(a.size, np.float64)
    for i in range(a.size):
        out[i] = uniform(key, a[i], b[i], c[i])
    return out


def uniforms(
    key: np.uint64, a: NDArray[np.integer], b: NDArray[np.integer] | int = 0, c: NDArray[np.integer] | int = 0
) -> NDArray[np.float64]:
    """Return `uniform(key, a[i], b[i], c[i])` for arrays of words, which are broadcast to one shape (flat)."""
    wide = np.broadcast_arrays(np.asarray(a, np.int64), np.asarray(b, np.int64), np.asarray(c, np.int64))
    return np.asarray(_uniforms(key, *(np.ascontiguousarray(word).ravel() for word in wide)))


def normals(
    key: np.uint64, a: NDArray[np.integer], b: NDArray[np.integer] | int = 0, c: NDArray[np.integer] | int = 0
) -> NDArray[np.float64]:
    """Return standard normal draws by inversion of `uniforms`; shape as there."""
    # Half a step up, so that 0 is no infinity; the greatest uniform would be rounded up to 1.
    return np.asarray(ndtri(np.minimum(uniforms(key, a, b, c) + 0.5 * _TO_UNIT, 1.0 - _TO_UNIT)))

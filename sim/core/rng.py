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

import math
from enum import IntEnum, unique
from functools import cache, lru_cache

import numpy as np
from numba import njit, vectorize
from numpy.typing import NDArray

from sim.core.compiled import one_type

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_WORD1 = np.uint64(0xD1342543DE82EF95)
_WORD2 = np.uint64(0xA24BAED4963EE407)
_WORD3 = np.uint64(0x9FB21C651E98DF25)
_S27, _S30, _S31, _S11 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(11)
_TO_UNIT = 1.0 / 9007199254740992.0  # 2**-53

# Wichura's rational approximations, each the coefficients above and below the line, of rising powers.
_CENTRE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
_SIDES = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip
_TAILS = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
)  # fmt: skip


@unique
class Purpose(IntEnum):
    """What a draw decides. A number is never given a second meaning: that would couple two decisions."""

    # graph
    GRAPH_OUT = 1
    GRAPH_IN = 2
    GRAPH_TIE = 3
    GRAPH_RECIPROCITY = 4
    GRAPH_CLOSURE = 5
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
    NETWORK = 31
    TIMEZONE = 32
    REPOST_SHARE = 33
    ELITE = 34
    OFFICE = 35
    IDLE = 36
    NEWS = 37
    SUSCEPTIBILITY = 38
    # the organic public
    SESSION = 40
    SESSION_TIME = 41
    WRITE = 42
    TOPIC = 43
    APPEAL = 44
    REPOST = 45
    RECOMMEND = 46
    LAG = 47
    TREND = 48
    REPORTING = 49
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
    SUPPLY = 69
    REPLACEMENT = 70
    NARRATIVE = 71
    FOLLOW_TRAIN = 73
    SECOND_AUDIENCE = 75
    SECOND_POST = 76
    SECOND_VIEW = 77
    PROMOTION = 78
    PROMOTION_REPOST = 79
    # the platform
    RENUMBER = 80
    LOG_SAMPLE = 81
    DETECTOR = 82
    ORDER = 83
    ACTION = 84
    LIMIT_REPOST = 85
    LIMIT_RECOMMEND = 86
    REMOVAL = 87
    CHALLENGE = 88
    REVIEW = 89
    VERDICT = 90
    APPEAL_FILED = 91
    EXAMINATION = 92
    USER_REPORT = 93
    PEER_TIP = 94
    # what posts carry, and what staff know
    URL = 100
    HASHTAGS = 101
    TEXT = 102
    KNOWN_ACCOUNTS = 103
    # the operation, once more
    FOLLOW_PEOPLE = 110
    COVER_COUNT = 111
    COVER_TIME = 112
    COVER_TOPIC = 113
    COVER_APPEAL = 114
    CAPACITY = 118
    BREAK = 119
    IDLE_LOSS = 121
    # pictures
    PICTURE = 120
    # the core's month
    SPAN = 130
    SITTING = 131
    SITTING_GAP = 132
    DESK = 133
    DESK_KIND = 134
    DESK_CONTENT = 135
    CORE_REPOST = 136
    CORE_TARGET = 137
    CORE_REPOST_SHARE = 138
    CORE_FOLLOWING = 139
    CORE_LANGUAGE = 140


@one_type("uint64(uint64)", forceinline=True)
def _mix(word: np.uint64) -> np.uint64:
    word = (word ^ (word >> _S30)) * _MIX1
    word = (word ^ (word >> _S27)) * _MIX2
    return word ^ (word >> _S31)


@njit(cache=True, no_cfunc_wrapper=True)
def _stream(seed: np.uint64, purpose: np.uint64) -> np.uint64:
    return _mix(_mix(seed + _GOLDEN) + purpose * _WORD1)


@lru_cache(maxsize=4096)
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
        To be passed to `uniform` and `bits` with up to three words of key.
    """
    return np.uint64(_stream(np.uint64(seed), np.uint64(int(purpose))))


@one_type("uint64(uint64,int64,int64,int64)", forceinline=True)
def bits(key: np.uint64, a: int, b: int, c: int) -> np.uint64:
    """Return 64 random bits for the key and three words (integers, read modulo 2**64)."""
    word = _mix(key + np.uint64(a) * _GOLDEN)
    word = _mix(word + np.uint64(b) * _WORD2)
    return _mix(word + np.uint64(c) * _WORD3)


@one_type("float64(uint64,int64,int64,int64)", forceinline=True)
def uniform(key: np.uint64, a: int, b: int, c: int) -> float:
    """Return a number in [0, 1) for the key and three words: 53 random bits."""
    return np.float64(bits(key, a, b, c) >> _S11) * _TO_UNIT


@one_type("uint64(uint64,int64)", forceinline=True)
def substream(key: np.uint64, a: int) -> np.uint64:
    """Return the key of the stream of one first word, for loops that draw once per account and step."""
    return _mix(key + np.uint64(a) * _WORD1)


@one_type("float64(uint64,int64)", forceinline=True)
def quick_uniform(key: np.uint64, a: int) -> float:
    """Return a number in [0, 1) for a substream's key and one word, at a third of the cost of `uniform`."""
    return np.float64(_mix(key + np.uint64(a) * _GOLDEN) >> _S11) * _TO_UNIT


@one_type("int64(int64,int64)", forceinline=True)
def pair(account: int, other: int) -> int:
    """Pack two numbers in [0, 2**31) into one word of a key."""
    return (np.int64(account) << np.int64(32)) | np.int64(other)  # type: ignore[return-value]


def _uniform_loop(key: np.uint64, a: int, b: int, c: int) -> float:
    return uniform(key, a, b, c)


@cache  # compiled at the first call: at import it would cost everybody a third of a second
def _uniforms() -> np.ufunc:
    """Return the loop as NumPy's own object: Numba's wrapper around it costs more than a short loop."""
    return vectorize(["float64(uint64,int64,int64,int64)"], cache=True)(_uniform_loop).ufunc


def uniforms(
    key: np.uint64, a: NDArray[np.integer] | int, b: NDArray[np.integer] | int = 0, c: NDArray[np.integer] | int = 0
) -> NDArray[np.float64]:
    """Return `uniform(key, a[i], b[i], c[i])` for words given as arrays of one length, or as one number for all.

    Raises
    ------
    ValueError
        The lengths differ.
    """
    try:
        draws = _uniforms()(key, a, b, c)
    except ValueError:
        lengths = sorted({np.size(word) for word in (a, b, c)})
        raise ValueError(f"words of a key must be of one length, or single numbers; got lengths {lengths}.") from None
    return draws if isinstance(draws, np.ndarray) else np.array([draws])


@njit(cache=True, no_cfunc_wrapper=True)
def lowest_draws(
    key: np.uint64, a: NDArray[np.int64], b: NDArray[np.int64], options: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each choice the option of the lowest draw: `j` of the least `uniform(key, a[i], b[i], options[j])`.

    If an option is missing in another run, only the choices that fell on it change. Had each choice drawn an index
    into the list of options, all could change.

    Parameters
    ----------
    key : numpy.uint64
    a, b : int64 (choices,)
    options : int64 (options,)
        At least one; the third words of the keys.
    """
    out = np.zeros(a.size, np.int64)
    for i in range(a.size):
        least = 2.0
        for j in range(options.size):
            draw = uniform(key, a[i], b[i], options[j])
            if draw < least:
                least, out[i] = draw, j
    return out


@njit(cache=True, no_cfunc_wrapper=True, forceinline=True)
def _ratio(x: float, coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> float:
    """Return the ratio of two polynomials of seventh degree."""
    above, below = coefficients
    top, bottom = above[7], below[7]
    for power in range(6, -1, -1):
        top = top * x + above[power]
        bottom = bottom * x + below[power]
    return top / bottom


@njit(cache=True, no_cfunc_wrapper=True)
def to_normal(draw: float) -> float:
    """Return the standard normal quantile of a draw of `uniform`: moved up by half its grain, so never infinite.

    M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), 477-484; to 1e-15. Compiled code can call no library
    for it, and with one draw and no trigonometry it costs a third of Box and Muller's.
    """
    half = 0.5 * _TO_UNIT
    q = draw - 0.5 + half
    if abs(q) <= 0.425:
        return q * _ratio(0.180625 - q * q, _CENTRE)
    r = math.sqrt(-math.log(min(draw + half, 1.0 - draw - half)))
    size = _ratio(r - 1.6, _SIDES) if r <= 5.0 else _ratio(r - 5.0, _TAILS)
    return size if q > 0.0 else -size


@njit(cache=True, no_cfunc_wrapper=True)
def _to_normals(draws: NDArray[np.float64]) -> NDArray[np.float64]:
    for i in range(draws.size):
        draws[i] = to_normal(draws[i])
    return draws


def normals(
    key: np.uint64, a: NDArray[np.integer], b: NDArray[np.integer] | int = 0, c: NDArray[np.integer] | int = 0
) -> NDArray[np.float64]:
    """Return standard normal draws by inversion of `uniforms`; shape as there."""
    return np.asarray(_to_normals(uniforms(key, a, b, c)))


def lognormals(
    key: np.uint64,
    sigma: float,
    a: NDArray[np.integer],
    b: NDArray[np.integer] | int = 0,
    c: NDArray[np.integer] | int = 0,
) -> NDArray[np.float64]:
    """Return lognormal draws of mean 1 and log-sd `sigma`, shape as of `uniforms`."""
    return np.asarray(np.exp(sigma * normals(key, a, b, c) - sigma**2 / 2.0))

"""Keyed draws: pure functions of the key, uniform, and unrelated however close two keys are.

Draws are deterministic, so a test that passes once passes always; `CHANCE` is how probable a failure would be if the
draws were truly random.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from sim.core import rng
from sim.core.rng import Purpose, bits, lowest_draws, normals, pair, quick_uniform, stream, substream, uniform, uniforms

CHANCE = 1e-6
N = 100_000
SEEDS = [0, 1, 2**31, 2**63 - 1]
WORD = st.integers(-(2**63), 2**63 - 1)
KEY = stream(1, Purpose.SESSION)
NUMBERS = np.arange(N)


@njit
def quick(key: np.uint64, words: np.ndarray) -> np.ndarray:
    out = np.empty(words.size, np.float64)
    for i in range(words.size):
        out[i] = quick_uniform(key, words[i])
    return out


def int_bits(key: np.uint64, *words: int) -> int:
    """Return 64 random bits as a Python number; words are read modulo 2**64."""
    return int(bits(np.uint64(key), *((word + 2**63) % 2**64 - 2**63 for word in words)))


# A function of the key.


@settings(deadline=None)  # the first draw may have to be compiled
@given(st.integers(0, 2**63 - 1), st.sampled_from(Purpose), WORD, WORD, WORD)
def test_a_draw_is_a_function_of_its_key_and_lies_in_the_unit_interval(
    seed: int, purpose: Purpose, a: int, b: int, c: int
) -> None:
    one, again = (uniform(stream(seed, purpose), a, b, c) for _ in range(2))
    assert one == again
    assert 0.0 <= one < 1.0
    assert one == (int_bits(stream(seed, purpose), a, b, c) >> 11) * 2.0**-53


def test_another_process_draws_the_same() -> None:
    code = "from sim.core.rng import *; print(uniform(stream(5, Purpose.REPOST), 3, -2, 2**62).hex())"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == uniform(stream(5, Purpose.REPOST), 3, -2, 2**62).hex()


def test_the_order_of_drawing_changes_nothing() -> None:
    forward, shuffled = uniforms(KEY, NUMBERS), np.random.Generator(np.random.Philox(key=1)).permutation(N)
    assert (uniforms(KEY, shuffled) == forward[shuffled]).all()


@pytest.mark.parametrize(
    ("seed", "purpose", "words", "value"),
    [
        (0, Purpose.SESSION, (0, 0, 0), 0xFCB6AD7C95C7D745),
        (0, Purpose.GRAPH_OUT, (0, 0, 0), 0xE2C61E7E09BD5BD8),
        (1, Purpose.SESSION, (7, 3, 0), 0x51080D581288764F),
        (1, Purpose.REPOST, (-1, 2**62, 5), 0xAAB2D3738C61B1DE),
        (2**63 - 1, Purpose.DETECTOR, (1, 2, 3), 0xBA731EC8DB05030A),
        (42, Purpose.DELAY, (-(2**63), 2**63 - 1, -1), 0xE95D063AE40A735C),
    ],
)
def test_the_generator_is_the_one_that_published_results_were_made_with(
    seed: int, purpose: Purpose, words: tuple[int, int, int], value: int
) -> None:
    assert int_bits(stream(seed, purpose), *words) == value


def test_normal_and_quick_draws_are_the_ones_that_published_results_were_made_with() -> None:
    assert normals(KEY, np.array([0, 1, 2])) == pytest.approx(
        [-0.21452095576506863, -0.13167873851958417, 0.31762787625335476], rel=1e-12
    )
    assert [quick_uniform(np.uint64(substream(KEY, 7)), a) for a in (0, -1)] == [0.1919863587146925, 0.2590138146239962]


# Vectors, and words of every size.


@pytest.mark.parametrize("seed", SEEDS)
def test_vectors_of_draws_are_the_single_draws(seed: int) -> None:
    key = stream(seed, Purpose.WRITE)
    a, b, c = np.array([0, 1, -1, 2**62]), np.array([5, -5, 0, -(2**63)]), np.array([9, 0, 2**63 - 1, 1])
    single = [uniform(key, *words) for words in zip(a.tolist(), b.tolist(), c.tolist(), strict=True)]
    assert uniforms(key, a, b, c).tolist() == single
    assert normals(key, a, b, c) == pytest.approx(stats.norm.ppf(np.array(single) + 2.0**-54), rel=1e-9)


def test_words_are_arrays_of_one_length_or_one_number_for_all() -> None:
    a, b = np.arange(3), np.arange(5, 8)
    assert uniforms(KEY, a, b, 7).tolist() == [uniform(KEY, i, i + 5, 7) for i in range(3)]
    assert uniforms(KEY, 4, b).tolist() == [uniform(KEY, 4, j, 0) for j in b.tolist()]
    assert uniforms(KEY, a).tolist() == uniforms(KEY, a, 0, np.zeros(3, int)).tolist()
    assert uniforms(KEY, a, -1).tolist() == [uniform(KEY, i, -1, 0) for i in range(3)]
    assert uniforms(KEY, np.arange(0)).size == 0
    with pytest.raises(ValueError, match=r"got lengths \[1, 3, 4\]"):
        uniforms(KEY, a, np.arange(4))


def test_the_lowest_draw_chooses_and_an_option_taken_away_moves_only_those_who_chose_it() -> None:
    a, b, options = np.arange(200), np.arange(200) % 7, np.arange(100, 130)
    draws = np.stack([uniforms(KEY, a, b, option) for option in options.tolist()], axis=1)
    chosen = lowest_draws(KEY, a, b, options)
    assert chosen.tolist() == draws.argmin(axis=1).tolist()
    left = np.delete(options, 4)
    again = left[lowest_draws(KEY, a, b, left)]
    assert set(np.flatnonzero(again != options[chosen])) == set(np.flatnonzero(chosen == 4))
    assert (chosen == 4).any()


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.uint8, np.uint32, np.int64])
def test_the_type_of_a_word_does_not_matter(dtype: type) -> None:
    words = np.arange(100).astype(dtype)
    assert (uniforms(KEY, words, words, words) == uniforms(KEY, *[np.arange(100)] * 3)).all()


def test_negative_words_are_words_of_their_own() -> None:
    both = np.concatenate([-NUMBERS[1:], NUMBERS])
    assert np.unique(uniforms(KEY, both)).size == both.size
    assert int_bits(KEY, -1, 0, 0) == int_bits(KEY, 2**64 - 1, 0, 0)


@settings(deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1))
def test_two_numbers_are_packed_into_one_word_and_can_be_had_back(one: int, other: int) -> None:
    assert divmod(int(pair(one, other)), 2**32) == (one, other)


def test_normals_are_finite_at_either_end_of_the_unit_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = np.array([0.0, 0.5, 1.0 - 2.0**-53])
    monkeypatch.setattr(rng, "_uniforms", lambda: lambda *key: ends)
    least, middle, greatest = normals(KEY, np.arange(3))
    assert -8.5 < least < -8.0
    assert middle == pytest.approx(0.0)
    assert 8.0 < greatest < 8.5


# The laws.


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_draws_are_uniform_along_each_word(seed: int, place: int) -> None:
    words = [np.full(N, 3)] * 3
    words[place] = NUMBERS
    assert stats.kstest(uniforms(stream(seed, Purpose.APPEAL), *words), "uniform").pvalue > CHANCE


@pytest.mark.parametrize("step", [2**8, 2**16, 2**32, 2**40 + 2**20, -(2**33)])
def test_draws_are_uniform_along_words_that_differ_in_high_bits_alone(step: int) -> None:
    assert stats.kstest(uniforms(KEY, np.arange(20_000) * step), "uniform").pvalue > CHANCE


def test_draws_are_uniform_over_seeds_and_over_purposes() -> None:
    seeds = np.array([uniform(stream(seed, Purpose.REPOST), 0, 0, 0) for seed in range(10_000)])
    purposes = np.array([uniform(stream(seed, purpose), 0, 0, 0) for seed in range(300) for purpose in Purpose])
    assert stats.kstest(seeds, "uniform").pvalue > CHANCE
    assert stats.kstest(purposes, "uniform").pvalue > CHANCE
    assert stats.kstest(quick(np.uint64(substream(KEY, 5)), NUMBERS), "uniform").pvalue > CHANCE


def test_every_bit_is_a_fair_coin() -> None:
    # Along a counter, the worst input there is. 64 tests: each has a 64th of the chance of a false alarm.
    drawn = np.array([int_bits(KEY, i, 0, 0) for i in range(20_000)], np.uint64)
    for bit in range(64):
        heads = int(((drawn >> np.uint64(bit)) & np.uint64(1)).sum())
        assert stats.binomtest(heads, drawn.size).pvalue > CHANCE / 64


def test_normals_are_standard_normal() -> None:
    assert stats.kstest(normals(KEY, NUMBERS, 4), "norm").pvalue > CHANCE


# Unrelated.


def independent(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two sets of draws look unrelated: rank correlation, and chi-square over 16 x 16 bins."""
    table = np.histogram2d(one, other, bins=16, range=[[0, 1], [0, 1]])[0]
    spread = stats.chisquare(table.ravel()).pvalue
    return min(stats.spearmanr(one, other).pvalue, spread) > CHANCE


@pytest.mark.parametrize("word", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, -1, 0), (0, 1, -1), (0, 0, -1), (2**32, 0, 0)])
def test_neighbouring_keys_are_unrelated(word: tuple[int, int, int]) -> None:
    basis = np.stack([NUMBERS, NUMBERS % 317, NUMBERS % 24])
    assert independent(uniforms(KEY, *basis), uniforms(KEY, *(basis + np.array(word)[:, None])))


def test_words_may_not_be_exchanged() -> None:
    other = NUMBERS + N
    assert independent(uniforms(KEY, NUMBERS, other), uniforms(KEY, other, NUMBERS))
    assert independent(uniforms(KEY, 0, NUMBERS, other), uniforms(KEY, 0, other, NUMBERS))
    assert independent(uniforms(KEY, NUMBERS, 0, other), uniforms(KEY, other, 0, NUMBERS))


@pytest.mark.parametrize("purpose", [Purpose.SESSION_TIME, Purpose.WRITE, Purpose.GRAPH_OUT, Purpose.DETECTOR])
def test_purposes_are_unrelated(purpose: Purpose) -> None:
    assert independent(uniforms(KEY, NUMBERS), uniforms(stream(1, purpose), NUMBERS))


@pytest.mark.parametrize("seed", [0, 2, 3, 2**32 + 1, 2**62 + 1])
def test_seeds_are_unrelated(seed: int) -> None:
    assert independent(uniforms(KEY, NUMBERS), uniforms(stream(seed, Purpose.SESSION), NUMBERS))


def test_one_steps_substream_is_unrelated_to_the_next_and_to_the_stream_itself() -> None:
    here, after = (quick(np.uint64(substream(KEY, step)), NUMBERS) for step in (7, 8))
    assert independent(here, after)
    assert independent(here[:-1], here[1:])
    assert independent(here, uniforms(KEY, 7, NUMBERS))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_single_bit_of_a_word_flips_half_of_the_bits(place: int) -> None:
    # The number flipped is binomial(64, 1/2): 32 with a standard deviation of 4; 300 keys for each of the 64 bits.
    flips = np.empty((300, 64), int)
    for i, bit in product(range(300), range(64)):
        words = [i, 7 * i + 1, 3]
        plain = int_bits(KEY, *words)
        words[place] ^= 1 << bit
        flips[i, bit] = (plain ^ int_bits(KEY, *words)).bit_count()
    error = 4.0 / np.sqrt(300)
    assert np.abs(flips.mean(axis=0) - 32.0).max() < 5.5 * error  # of 64 means: a false alarm in 400,000
    assert abs(flips.mean() - 32.0) < 5 * error / 8.0


def test_a_single_bit_of_the_seed_flips_half_of_the_bits() -> None:
    flips = [
        (int_bits(stream(seed, Purpose.WRITE), 1, 2, 3) ^ int_bits(stream(seed ^ (1 << bit), Purpose.WRITE), 1, 2, 3))
        for seed, bit in product(range(200), range(63))
    ]
    counts = np.array([flip.bit_count() for flip in flips])
    assert abs(counts.mean() - 32.0) < 5 * 4.0 / np.sqrt(counts.size)
    assert counts.min() > 5  # six standard deviations and more below: one in 10**12 a draw


def test_every_purpose_has_a_number_and_a_stream_of_its_own() -> None:
    assert len({int(purpose) for purpose in Purpose}) == len(list(Purpose.__members__))
    keys = {int(stream(seed, purpose)) for seed in (*SEEDS, 2, 3) for purpose in Purpose}
    assert len(keys) == 6 * len(Purpose)


def test_a_million_keys_have_a_million_draws() -> None:
    # 64 bits: two of a million and a half agree with a chance of one in 15 million.
    grid = np.stack(np.meshgrid(np.arange(300), np.arange(100), np.arange(50), indexing="ij")).reshape(3, -1)
    assert np.unique(uniforms(KEY, *grid)).size == grid.shape[1]

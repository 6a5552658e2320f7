"""How many accounts the core follows goes with how many follow it, as in the joint table of the record."""

from __future__ import annotations

import numpy as np

from sim import load_scenario
from sim.population.core_following import joint_following

FOLLOWERS = np.repeat([0, 3, 30_000, 500_000_000], 4_000)


def drawn() -> dict[int, np.ndarray]:
    found = joint_following(load_scenario("hk2019"), FOLLOWERS)
    return {int(number): found[number == FOLLOWERS] for number in np.unique(FOLLOWERS)}


def test_each_bin_of_followers_has_the_followees_of_its_rows() -> None:
    bins = [0, 1, 10, 100, 1_000, 10_000, 100_000]
    rows = {3: [10, 25, 144, 10, 0, 0], 30_000: [1, 14, 76, 37, 35, 46]}
    for number, weight in rows.items():
        shares = np.histogram(drawn()[number], bins)[0] / 4_000
        assert np.abs(shares - np.array(weight) / sum(weight)).max() < 0.04  # five standard errors


def test_a_number_of_followers_outside_the_table_takes_the_nearest_bin() -> None:
    """No followers, which may be unknown, count as few; more than the table has, as its most."""
    assert abs(np.mean(drawn()[0] < 100) - 179 / 189) < 0.03
    assert drawn()[500_000_000].min() >= 10

"""Labels: few, partly wrong, and of accounts that existed at the start."""

from __future__ import annotations

import numpy as np

from sim.config import WorldConfig
from sim.observation import KNOWN_BAD, KNOWN_GOOD, UNKNOWN
from sim.platform.known_accounts import draw_known_accounts
from sim.population.world import World, build_world
from tests.sim.test_model import tiny


def world(*overrides: str) -> tuple[WorldConfig, World]:
    config = tiny(1, *overrides)
    return config, build_world(config)


def test_labels_say_the_truth_but_for_the_share_that_errs() -> None:
    """Everybody who existed is labelled; of about 1,560 labels a fifth errs, give or take four standard deviations."""
    config, made = world(
        "known_accounts.bad_share=1",
        "known_accounts.good_share=1",
        "known_accounts.verified_good_share=1",
        "known_accounts.error_share=0.2",
    )
    labels, operation = draw_known_accounts(config, made), made.truth.operation
    existed = made.accounts.created < config.scenario.start_epoch
    assert (labels[~existed] == UNKNOWN).all()
    assert (~existed).sum() > 50
    assert (labels[existed] != UNKNOWN).all()
    wrong = (labels[existed] == KNOWN_BAD) != operation[existed]
    assert abs(wrong.mean() - 0.2) < 4 * np.sqrt(0.16 / wrong.size)


def test_verified_accounts_are_better_known() -> None:
    config, made = world(
        "known_accounts.bad_share=0", "known_accounts.good_share=0", "known_accounts.verified_good_share=1",
        "known_accounts.error_share=0",
        "organic.verified_share=0.1", "operation.promotion.advertisers={en: 0, zh: 0}",
    )  # fmt: skip
    known = draw_known_accounts(config, made)
    assert (known[made.accounts.verified & (made.accounts.created < config.scenario.start_epoch)] == KNOWN_GOOD).all()
    assert (known[~made.accounts.verified] == UNKNOWN).all()
    assert (known == KNOWN_GOOD).sum() > 50


def test_without_errors_nobody_is_known_as_bad_where_there_is_no_operation() -> None:
    config, made = world("scenario.core=0", "scenario.amplifiers=0", "known_accounts.error_share=0")
    assert not (draw_known_accounts(config, made) == KNOWN_BAD).any()

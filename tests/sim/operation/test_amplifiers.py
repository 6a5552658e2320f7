"""The amplifier layer: tasked cells repost the core, each member by its own draws.

Every draw is keyed by amplifier and post, so counts of them are binomial; `CHANCE` is the chance of a false alarm of
each statistical test.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim import InfluenceModel, load_scenario
from sim.events.records import POST, REPOST
from sim.population.accounts import Status
from sim.population.truth import Layer, Origin
from tests.sim.operation.record import SEEDS, amplifier_acts
from tests.worlds import PLAIN_OPERATION

CHANCE = 1e-6
HOUR, DAY = 3600, 86_400
CELL, CELLS = 20, 20
OLD = ["operation.wave_days=[-30]", "operation.wave_weights=[1]"]  # all amplifiers exist from the start
PROMPT = "operation.delay_sigma=0.5"  # no repost is so late that the post is forgotten


@cache
def run(*overrides: str) -> InfluenceModel:
    """Return the run of twenty cells of twenty and thirty busy personas over four working days."""
    basis = ["operation=static", "scenario.scale=1", "scenario.organic=300", "scenario.core=30",
             f"scenario.amplifiers={CELL * CELLS}",
             "scenario.days=4", "scenario.step_minutes=60", "operation.amplifier_repost_share=[[0,1],[1,1]]",
             "scenario.start='2019-07-22'", f"operation.cell_size={CELL}", "operation.acts_per_day_median=6",
             "operation.cells_per_post=2", "operation.camouflage_share=0",
             "feed.followed_hours=24"]  # fmt: skip
    model = InfluenceModel(load_scenario("hk2019", seed=1, overrides=[*PLAIN_OPERATION, *basis, *overrides]))
    model.campaign = []  # (author, time) of the campaign's posts
    model.run(note)
    return model


def note(model: InfluenceModel) -> None:
    posts = model.events[(model.events["kind"] == POST) & (model.events["origin"] == Origin.CAMPAIGN)]
    model.campaign += zip(posts["account"].tolist(), posts["time"].tolist(), strict=True)


def reposts(model: InfluenceModel) -> dict[str, np.ndarray]:
    """Return the amplifiers' part of a run's log."""
    log = model.activity
    ours = model.world.truth.layer[log["account"]] == Layer.AMPLIFIER
    return {name: log[name][ours] for name in log.columns}


def keys(acts: dict[str, np.ndarray]) -> list[tuple[int, int, int]]:
    """Return amplifier, author and time of the post, of each repost."""
    return list(zip(*(acts[name].tolist() for name in ("account", "author", "post_time")), strict=True))


def by_cell(model: InfluenceModel, until: int) -> np.ndarray:
    """Return how many members of each cell reposted each campaign post of before `until`: int (posts, cells)."""
    acts, cell = reposts(model), model.world.truth.cell
    posts = {post: row for row, post in enumerate(post for post in model.campaign if post[1] < until)}
    counts = np.zeros((len(posts), CELLS), int)
    for account, author, written in zip(acts["account"], acts["author"], acts["post_time"], strict=True):
        if (author, written) in posts:
            counts[posts[author, written], cell[account]] += 1
    return counts


def test_amplifiers_do_nothing_but_repost_the_campaign() -> None:
    model = run()
    acts = reposts(model)
    assert acts["time"].size > 1000
    assert set(acts["kind"].tolist()) == {REPOST}
    assert {key[1:] for key in keys(acts)} <= set(model.campaign)


def test_a_repost_comes_after_its_post_and_after_the_accounts_registration() -> None:
    model = run("operation.wave_days=[-30,0,1,2]", "operation.wave_weights=[0.4,0.2,0.2,0.2]")
    acts = reposts(model)
    registered = model.accounts.created[acts["account"]] - model.config.scenario.start_epoch
    assert np.count_nonzero(registered > 0) > 100
    assert (acts["time"] > acts["post_time"]).all()
    assert (acts["post_time"] >= registered).all()  # only amplifiers that exist when the post is written get orders


@pytest.mark.parametrize(("median", "sigma"), [(600.0, 1.3), (7200.0, 0.5), (30.0, 2.0)])
def test_delays_are_lognormal_with_the_configured_median_and_log_sd(median: float, sigma: float) -> None:
    model = run(*OLD, f"operation.delay_median_seconds={median}", f"operation.delay_sigma={sigma}")
    acts = reposts(model)
    seen = acts["post_time"] < 3 * DAY  # later reposts may fall beyond the end of the run
    delay = (acts["time"] - acts["post_time"] - 1)[seen]
    law = stats.norm(np.log(median), sigma)
    assert delay.size > 1000
    # Delays are rounded down to whole seconds; the test compares counts by octave, which rounding does not change.
    bounds = np.unique(np.round(np.exp(law.ppf(np.arange(1, 8) / 8))))
    share = np.diff(law.cdf(np.log(bounds)), prepend=0.0, append=1.0)
    counts = np.bincount(np.searchsorted(bounds, delay, side="right"), minlength=share.size)
    assert stats.chisquare(counts, share * delay.size).pvalue > CHANCE


@pytest.mark.parametrize("participation", [0.3, 0.5, 0.9])
def test_the_configured_share_of_a_tasked_cell_takes_part(participation: float) -> None:
    counts = by_cell(run(*OLD, f"operation.participation={participation}"), 3 * DAY)
    tasked = counts[counts > 0]
    assert tasked.size > 100
    # A tasked cell in which no member takes part (one in a thousand at 0.3) does not show: the law is given one.
    law = stats.binom(CELL, participation)
    bounds = np.unique(law.ppf([0.2, 0.4, 0.6, 0.8]))
    share = np.diff(np.append(law.cdf(bounds), 1.0), prepend=law.pmf(0)) / law.sf(0)
    seen = np.bincount(np.searchsorted(bounds, tasked), minlength=share.size)
    assert stats.chisquare(seen, share * tasked.size).pvalue > CHANCE


def independent(hits: np.ndarray, tries: np.ndarray | int, probability: float) -> bool:
    """Whether hits vary as independent trials do, by a two-sided chi-square test of dispersion."""
    scatter = ((hits - tries * probability) ** 2 / (tries * probability * (1 - probability))).sum()
    law = stats.chi2(hits.size)
    return bool(min(law.cdf(scatter), law.sf(scatter)) > CHANCE / 2)


def test_a_member_decides_about_each_post_independently() -> None:
    model = run(*OLD, PROMPT)
    tasked = np.count_nonzero(by_cell(model, 4 * DAY), axis=0)
    members = model.amplifiers.accounts
    hits = np.bincount(reposts(model)["account"] - members[0], minlength=members.size)
    assert independent(hits, tasked[model.world.truth.cell[members]], 0.5)


@pytest.mark.parametrize("cells_per_post", [0.6, 2.0, 5.0])
def test_as_many_cells_are_tasked_with_a_post_as_configured(cells_per_post: float) -> None:
    model = run(*OLD, f"operation.cells_per_post={cells_per_post}", "operation.participation=1", PROMPT)
    counts = by_cell(model, 3 * DAY)
    assert set(np.unique(counts).tolist()) <= {0, CELL}  # with everybody taking part a cell acts as one
    tasked = int(np.count_nonzero(counts))
    assert stats.binomtest(tasked, counts.size, cells_per_post / CELLS).pvalue > CHANCE
    each = np.count_nonzero(counts, axis=0)
    assert stats.chisquare(each).pvalue > CHANCE  # no cell is preferred
    per_post = np.count_nonzero(counts, axis=1)
    assert independent(per_post, CELLS, cells_per_post / CELLS)


def test_where_more_cells_are_asked_for_than_exist_all_are_tasked() -> None:
    model = run(*OLD, "operation.cells_per_post=1000", "operation.participation=1", PROMPT)
    assert (by_cell(model, 3 * DAY) == CELL).all()


def test_camouflage_turns_the_configured_share_of_reposts_to_organic_posts() -> None:
    """The orders are the same: whether one becomes camouflage is drawn by amplifier and post."""
    public = ["scenario.organic=3000", "organic.acts_per_month_median=60", *OLD]
    plain, hidden = run(*public), run(*public, "operation.camouflage_share=0.3")
    before, acts = set(keys(reposts(plain))), reposts(hidden)
    organic = hidden.world.truth.layer[acts["author"]] == Layer.ORGANIC
    openly = {key for key, disguised in zip(keys(acts), organic, strict=True) if not disguised}
    assert openly < before
    assert stats.binomtest(len(openly), len(before), 0.7).pvalue > CHANCE
    # Camouflage picks one of the latest acts; where that is the operation's own the order lapses.
    assert 0.5 * 0.3 * len(before) < organic.sum() <= len(before) - len(openly)
    assert (acts["time"] > acts["post_time"])[organic].all()


def test_an_operation_that_is_all_camouflage_amplifies_nothing() -> None:
    model = run(*OLD, "operation.camouflage_share=1", "organic.acts_per_month_median=60")
    acts = reposts(model)
    assert acts["time"].size > 50
    assert (model.world.truth.layer[acts["author"]] == Layer.ORGANIC).all()


def test_orders_of_a_suspended_amplifier_lapse_and_so_do_orders_to_repost_a_suspended_persona() -> None:
    config = run(*OLD).config
    model = InfluenceModel(config, world=run(*OLD).world)
    suspended, persona = model.amplifiers.accounts[:100], model.core.accounts[np.argmax(model.core.acts_per_day)]
    busy = int(np.count_nonzero(reposts(run(*OLD))["author"] == persona))
    for step in range(model.n_steps):
        if step == 2 * 24 + 3:  # 11 o'clock in Hong Kong: the busiest hour
            model.accounts.status[np.append(suspended, persona)] = Status.SUSPENDED
            model.accounts.suspended_at[np.append(suspended, persona)] = config.scenario.start_epoch + step * HOUR
        model.step()
    acts, after = reposts(model), 2 * DAY + 3 * HOUR
    assert not (np.isin(acts["account"], suspended) & (acts["time"] >= after)).any()
    of_persona = acts["time"][acts["author"] == persona]
    assert 0 < of_persona.size < busy
    assert of_persona.max() < after
    assert set(keys(acts)) < set(keys(reposts(run(*OLD))))


@pytest.mark.slow
def test_amplifiers_that_exist_for_thirty_days_act_as_often_as_in_the_sets_that_were_not_caught_at_once() -> None:
    # Row 12 of the record: 4 to 15. The core's heavy-tailed output moves a seed's mean by a twelfth.
    means = [acts[old].mean() for acts, old in map(amplifier_acts, SEEDS)]
    assert 4.0 < np.mean(means) < 15.0


def test_cells_hold_their_members_and_those_who_replace_others_in_rising_order() -> None:
    config = load_scenario("hk2019", scale=0.005, seed=1, overrides=["scenario.days=1"])
    layer = InfluenceModel(config).amplifiers
    draw = np.random.Generator(np.random.Philox(key=3))
    for _ in range(3):
        order = np.argsort(layer.cell, kind="stable")
        begins = np.searchsorted(layer.cell[order], np.arange(layer.n_cells + 1))
        assert layer._cell_start.tolist() == (begins - begins[0]).tolist()
        assert layer._by_cell.tolist() == layer.accounts[order[begins[0] :]].tolist()
        reserve, inside = layer.accounts[layer.cell < 0], layer.accounts[layer.cell >= 0]
        layer.join(reserve[:5], draw.choice(inside, 5))
        assert (layer.cell >= 0).sum() == inside.size + 5

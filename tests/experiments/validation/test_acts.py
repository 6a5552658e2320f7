"""What people do is counted from the log, one act at a time."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.validation.acts import act_lines
from sim import InfluenceModel, load_scenario
from sim.events.records import POST, REPOST
from sim.population.truth import Layer


@pytest.fixture(scope="module")
def model() -> InfluenceModel:
    made = InfluenceModel(load_scenario("hk2019", scale=0.004, seed=1, overrides=["scenario.days=4"]))
    made.run()
    return made


def by_name(model: InfluenceModel) -> dict[str, float]:
    return {line.quantity: line.value for line in act_lines(model)}


def test_shares_of_acts_are_those_counted_one_by_one(model: InfluenceModel) -> None:
    n, log, verified = model.config.scenario.n_organic, model.activity, model.accounts.verified
    acts = reposts = of_topic = topic = elite = 0
    for account, kind, author, about in zip(*(log[name].tolist() for name in ("account", "kind", "author", "topic")),
                                            strict=True):  # fmt: skip
        if account < n:
            acts, reposts, elite = acts + 1, reposts + (kind == REPOST), elite + bool(verified[author])
            topic, of_topic = topic + (about == 0), of_topic + (about == 0 and kind == REPOST)
    found = by_name(model)
    assert found["reposts among all acts"] == pytest.approx(reposts / acts)
    assert found["the same on the contested topic"] == pytest.approx(of_topic / topic)
    assert found["reposts of a post"] == pytest.approx(reposts / (acts - reposts))
    assert found["acts that are of verified accounts or repost them"] == pytest.approx(elite / acts)
    reads = model.organic_impressions + len(model.impressions)
    assert found["items read for an act"] == pytest.approx(reads / acts)


def test_busy_accounts_that_never_repost_are_no_part_of_the_quantiles(model: InfluenceModel) -> None:
    n, log = model.config.scenario.n_organic, model.activity
    acts, reposts = np.zeros(n), np.zeros(n)
    for account, kind in zip(log["account"].tolist(), log["kind"].tolist(), strict=True):
        if account < n:
            acts[account], reposts[account] = acts[account] + 1, reposts[account] + (kind == REPOST)
    busy = acts >= 100
    shares = reposts[busy] / acts[busy]
    assert 0 < np.count_nonzero(shares == 0) < shares.size
    found = by_name(model)
    assert found["repost share of accounts with 100 acts that repost at all, quantile 0.5"] == pytest.approx(
        np.median(shares[shares > 0])
    )
    assert found["accounts with 100 acts that never repost"] == pytest.approx(np.mean(shares == 0))


def test_posts_with_a_link_are_those_that_the_platform_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    config = load_scenario("hk2019", scale=0.004, seed=1, overrides=["scenario.days=2", "content.url_share=0.7"])
    model = InfluenceModel(config)
    linked, posts = 0, 0
    people = model.world.truth.layer == Layer.ORGANIC

    def look(model: InfluenceModel) -> None:
        nonlocal linked, posts
        own = (model.events["kind"] == POST) & people[model.events["account"]]
        url = model.platform.content.columns(model.events, model.timeline, ["url"])["url"][own]
        linked, posts = linked + int(np.count_nonzero(url)), posts + url.size

    model.run(look)
    assert posts > 500
    assert by_name(model)["posts with a link"] == pytest.approx(linked / posts)


def test_the_most_active_tenth_is_of_everybody_in_acts_a_month(model: InfluenceModel) -> None:
    n, acts = model.config.scenario.n_organic, [0] * model.config.scenario.n_accounts
    for account in model.activity["account"].tolist():
        acts[account] += 1
    falling = sorted(acts[:n], reverse=True)
    found = by_name(model)
    assert found["share of acts by the most active tenth"] == pytest.approx(sum(falling[: n // 10]) / sum(falling))
    assert found["median acts a month in that tenth"] == pytest.approx(np.median(falling[: n // 10]) * 30 / 4)
    assert found["median acts a month of the rest"] == pytest.approx(np.median(falling[n // 10 :]) * 30 / 4)

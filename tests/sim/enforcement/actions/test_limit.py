"""A limit ranks an account's posts lower, keeps them from the recommendations and discounts its reposts."""

from __future__ import annotations

import numpy as np

from sim import InfluenceModel
from sim.events.records import REPOST
from tests.sim.enforcement.draws import BEGIN, NUMBER, config, hit, lottery, rows, rules, run, world
from tests.sim.platform.scripted import HOUR


def test_posts_under_a_full_limit_enter_no_recommendations_and_their_authors_reposts_count_for_nothing() -> None:
    model = InfluenceModel(config(), lottery(), enforcement=rules("limit"), world=world())
    counted: dict[int, int] = {}

    def look(model: InfluenceModel) -> None:
        limited = model.accounts.limit > 0
        reposts = model.events[model.events["kind"] == REPOST]
        for account, post in zip(reposts["account"].tolist(), reposts["post"].tolist(), strict=True):
            counted[post] = counted.get(post, 0) + (not limited[account])
        numbers = np.array(list(counted))
        known = numbers[model.timeline.known(numbers) & (numbers > last[0])]
        assert model.timeline.posts(known)["reposts"].tolist() == [counted[post] for post in known.tolist()]
        trending = model.trends.post[model.trends.post > last[0]]
        authors = model.timeline.posts(trending[model.timeline.known(trending)])["author"]
        assert not limited[authors].any()
        seen[0] += authors.size

    last, seen = [0], [0]
    while model.step_number < model.n_steps:
        model.step()
        if model.step_number * HOUR == BEGIN:
            last[0] = int(model.timeline.live()[0].max())
        if model.step_number * HOUR > BEGIN:
            look(model)
    assert seen[0] > 10
    assert len(counted) > 100


def test_a_limit_lowers_what_is_read_of_those_limited_the_more_the_stronger_it_is() -> None:
    """Where attention is short: ranked down, they lose their readers to others."""
    limited = hit()
    read = []
    of = world(1, "feed.attention=3")
    for strength in (0.0, 0.6, 1.0):
        model = run(rules("limit", strength), of=of)
        late = model.impressions["time"] >= BEGIN
        read.append(int(limited[model.impressions["author"][late]].sum()))
    assert read[0] > read[1] > read[2]


def test_a_limit_that_is_lifted_leaves_no_trace_on_later_posts() -> None:
    model = InfluenceModel(config(), world=world())
    who = np.flatnonzero(hit())
    model.platform.apply(who, "limit", 0.7, 2 * HOUR, "hand")
    model.platform.apply(who, "label", 0.2, 2 * HOUR, "hand")
    for _ in range(5):
        model.step()
    posts = model.timeline._posts[: model.timeline._n_posts]
    mine = np.isin(posts["author"], who)
    assert mine.any()
    assert set(posts["limit"][mine]) == {round(0.7 * 255)}
    assert set(posts["label"][mine]) == {round(0.2 * 255)}
    assert not posts["limit"][~mine].any()
    model.platform.actions.lift(who, "limit", "hand", model.step_number * HOUR)
    model.step()
    posts = model.timeline._posts[: model.timeline._n_posts]
    assert not posts["limit"].any()
    assert posts["label"].any()
    assert model.platform.load()["lifted_actions"] == who.size
    assert [row[2:] for row in rows(model)].count((NUMBER["limit"], True)) == who.size

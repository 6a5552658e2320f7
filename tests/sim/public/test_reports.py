"""Reports and blocks by readers: who makes them, of what, and what follows from them."""

from __future__ import annotations

from functools import cache

import numpy as np

from sim import InfluenceModel
from sim.events.log import ActivityLog, post_identity
from sim.events.records import BLOCK, REPORT
from sim.population.accounts import AccountTable
from sim.population.truth import Layer
from sim.public.reports import ReportRules, tendencies
from tests.sim.test_model import run, same_log, tiny

#: Everybody reports and blocks, followed accounts too, so that much happens among few people.
OFTEN = {
    "people_share": 1, "spread": 0.5, "report_probability": 0.02, "block_probability": 0.02, "followed": 1,
    "disagreement": 1, "suspect_look": 1,
}  # fmt: skip


@cache
def world_run(**changes: float) -> InfluenceModel:
    words = [f"organic.reports.{name}={value}" for name, value in {**OFTEN, **changes}.items()]
    return run(tiny(1, *words))


def pairs(log: ActivityLog, rows: np.ndarray) -> np.ndarray:
    """Return reader and author of rows as one number each."""
    return log["account"][rows].astype(np.int64) << 32 | log["author"][rows]


def reads_after_a_block(model: InfluenceModel, blocked: dict[int, int], whose: str) -> int:
    """Count impressions by readers of authors, or through accounts, that they blocked at an earlier time."""
    log, count = model.impressions, 0
    keys = log["account"].astype(np.int64) << 32 | np.maximum(log[whose], 0)
    for key, time in zip(keys.tolist(), log["time"].tolist(), strict=True):
        count += key in blocked and time > blocked[key]
    return count


def blocks_of(model: InfluenceModel) -> dict[int, int]:
    log = model.reader_reports
    rows = np.flatnonzero(log["kind"] == BLOCK)
    return dict(zip(pairs(log, rows).tolist(), log["time"][rows].tolist(), strict=True))


def test_nobody_reports_what_they_never_read() -> None:
    """Of operation content every read is logged: a report of it is of a reader who reads it in that second."""
    model = world_run(report_probability=0.2, block_probability=0)
    log, read = model.reader_reports, model.impressions
    reads = set(zip(read["account"].tolist(), post_identity(read).tolist(), read["time"].tolist(), strict=True))
    of_operation = set(post_identity(read).tolist())
    rows = list(zip(log["account"].tolist(), post_identity(log).tolist(), log["time"].tolist(), strict=True))
    about = [row for row in rows if row[1] in of_operation]
    assert len(about) > 50
    assert set(about) <= reads


def test_a_blocked_account_is_never_read_again_by_that_reader_nor_what_it_reposts() -> None:
    model, without = world_run(), world_run(block_probability=0)
    blocked = blocks_of(model)
    assert len(blocked) == np.count_nonzero(model.reader_reports["kind"] == BLOCK) > 1000  # nobody blocks one twice
    for whose in ("author", "source"):
        assert reads_after_a_block(without, blocked, whose) > 5, whose
        assert reads_after_a_block(model, blocked, whose) == 0, whose
    reposts = model.activity
    late = [
        time > blocked[key]
        for key, time in zip(pairs(reposts, np.arange(len(reposts))).tolist(), reposts["time"].tolist(), strict=True)
        if key in blocked
    ]
    assert not any(late)


def test_reports_alone_change_nothing_of_what_people_do_and_blocks_do() -> None:
    neither = world_run(report_probability=0, block_probability=0)
    reports, blocks = world_run(block_probability=0), world_run()
    assert len(neither.reader_reports) == 0 < len(reports.reader_reports)
    for name in ("activity", "impressions"):
        assert same_log(getattr(reports, name), getattr(neither, name))
        assert not same_log(getattr(blocks, name), getattr(neither, name))
    assert reports.organic_impressions == neither.organic_impressions > blocks.organic_impressions


def test_runs_that_differ_in_policy_alone_share_the_draws_of_reports() -> None:
    """What is read in both at the same second by the same way is reported in both or in neither."""
    reports_alone = {"report_probability": 0.1, "block_probability": 0}
    words = [f"organic.reports.{name}={value}" for name, value in {**OFTEN, **reports_alone}.items()]
    one, other = run(tiny(1, *words)), run(tiny(1, *words), "random", 0.9)

    def reads(model: InfluenceModel) -> set[tuple[int, ...]]:
        log = model.impressions
        return set(zip(*(log[name].tolist() for name in ("account", "author", "post_time", "time")), strict=True))

    def reported(model: InfluenceModel) -> set[tuple[int, ...]]:
        log = model.reader_reports
        return set(zip(*(log[name].tolist() for name in ("account", "author", "post_time", "time")), strict=True))

    both = reads(one) & reads(other)
    assert len(both) > 400
    assert reads(one) != reads(other)
    assert len(reported(one) & both) > 20
    assert reported(one) & both == reported(other) & both


def test_most_people_never_report_and_the_mean_tendency_is_one() -> None:
    config = tiny(1, "scenario.organic=200000", "organic.reports.people_share=0.1", "organic.reports.spread=1.0")
    tendency = tendencies(config)
    assert abs((tendency > 0).mean() - 0.1) < 0.003
    assert abs(tendency.mean() - 1.0) < 0.03
    assert np.sort(tendency)[-2000:].sum() > 0.3 * tendency.sum()  # a tenth of those who report at all


def test_nobody_reports_where_no_share_of_people_does() -> None:
    assert len(world_run(people_share=0).reader_reports) == 0


def test_people_report_whom_they_do_not_follow_and_the_other_camp_more() -> None:
    followed = {factor: len(world_run(followed=factor, block_probability=0).reader_reports) for factor in (0, 1)}
    assert 0 < 2 * followed[0] < followed[1]
    contested = {}
    for factor in (1, 10):
        model = world_run(disagreement=factor, block_probability=0)
        authors = model.reader_reports["author"]
        contested[factor] = (model.world.truth.layer[authors] == Layer.CORE).mean()
    assert contested[10] > 1.5 * contested[1] > 0


def test_signs_of_a_throwaway_are_counted_as_the_profile_shows_them() -> None:
    config = tiny()
    table: AccountTable = world_run().world.accounts
    rules = ReportRules.of(config, table)
    few = table.follower_count < config.organic.reports.few_followers
    assert rules.signs.tolist() == (table.default_image.astype(int) + table.empty_bio + few).tolist()
    assert set(rules.signs.tolist()) == {0, 1, 2, 3}


def test_a_report_is_no_act() -> None:
    model = world_run()
    assert set(model.activity["kind"].tolist()) == {0, 1}
    assert int(model.timeline.acts_count.sum()) == len(model.activity)  # all are logged here
    assert set(model.reader_reports["kind"].tolist()) == {REPORT, BLOCK}
    assert (np.diff(model.reader_reports["time"]) >= 0).all()

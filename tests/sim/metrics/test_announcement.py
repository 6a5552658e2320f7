"""What is cut off before and after the announcement, counted from the logs of a small world."""

from __future__ import annotations

from sim import InfluenceModel, load_scenario

OVERRIDES = [
    "scenario.organic=1000", "scenario.core=60", "scenario.amplifiers=200", "scenario.scale=1", "scenario.days=4",
    "scenario.step_minutes=60", "scenario.announced='2019-07-22'", "graph.mean_following=12", "operation=static",
]  # fmt: skip


def test_reads_are_told_apart_by_the_beginning_of_the_day_as_the_logs_have_them() -> None:
    config = load_scenario("hk2019", seed=2, overrides=OVERRIDES)
    model = InfluenceModel(config, "oracle", 0.5)
    model.run()
    twin = InfluenceModel(config, "oracle", float("inf"))
    twin.run()
    actions = model.platform.actions.log
    day, organic = 2 * 86_400, config.scenario.n_organic
    assert not (actions["account"] < organic).any()  # nobody of the public is locked: no read is left out
    found = model.results()
    for name, begin, end in (("before", 0, day), ("after", day, 4 * 86_400)):
        reads, readers = [], []
        for run in (model, twin):
            log = zip(run.impressions["account"].tolist(), run.impressions["time"].tolist(), strict=True)
            some = [account for account, time in log if begin <= time < end]
            reads.append(len(some))
            readers.append(len(set(some)))
        assert reads[1] > 50
        assert found[f"reach_cut_off_{name}"] == 1 - readers[0] / readers[1]
        assert found[f"impressions_cut_off_{name}"] == 1 - reads[0] / reads[1]
    assert found["impressions_cut_off_after"] > found["impressions_cut_off_before"]

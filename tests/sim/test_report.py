"""The table of a run, and the measure in it that is counted from the log of impressions."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from sim import InfluenceModel, load_scenario
from sim.events.log import IMPRESSION_COLUMNS, ActivityLog
from sim.events.records import RECOMMENDED
from sim.metrics import first_by_recommendation, results
from sim.report import LINES, run_table


@pytest.fixture(scope="module")
def model() -> InfluenceModel:
    often = ["feed.entries_per_hour=20", "scenario.step_minutes=60", "scenario.days=3"]  # so that much is recommended
    made = InfluenceModel(load_scenario("hk2019", scale=0.005, seed=2, overrides=often))
    made.run()
    return made


def printed(table, width: int = 80) -> str:
    out = io.StringIO()
    Console(width=width, file=out).print(table)
    return out.getvalue()


def test_the_share_of_reach_by_recommendation_is_that_of_the_first_reads_in_the_log(model: InfluenceModel) -> None:
    log = model.impressions
    first: dict[int, tuple[int, int]] = {}
    for account, time, source in zip(*(log[name].tolist() for name in ("account", "time", "source")), strict=True):
        if account not in first or time < first[account][0]:
            first[account] = (time, source)
    recommended = sum(source == RECOMMENDED for _, source in first.values())
    found = model.results()
    assert len(first) == found["reach"] > recommended > 10
    assert found["share_of_reach_by_recommendation"] == recommended / len(first)
    nobody = replace(model.outcome(), reached=np.empty(0, np.int32), reached_by_recommendation=0)
    assert np.isnan(results(nobody, nobody)["share_of_reach_by_recommendation"])


def test_of_two_reads_of_one_account_the_earlier_counts_wherever_it_stands_in_the_log() -> None:
    log = ActivityLog(IMPRESSION_COLUMNS, start_epoch=0)
    log.append(**{name: np.array(values) for name, values in {
        "time": [9, 5, 7, 7], "account": [0, 0, 1, 1], "author": [8, 8, 8, 8], "post_time": [1, 2, 3, 4],
        "source": [8, RECOMMENDED, RECOMMENDED, 8],
    }.items()})  # fmt: skip
    log.append(**{name: np.array([value]) for name, value in {
        "time": 20, "account": 2, "author": 8, "post_time": 1, "source": 8}.items()})  # fmt: skip
    assert first_by_recommendation(log, 4) == 2


def test_the_table_of_a_run_fits_80_columns_and_shows_what_explains_it(model: InfluenceModel) -> None:
    outcome = model.outcome()
    text = printed(run_table("a run", replace(outcome, n_replaced=1234), outcome))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(LINES) <= 25
    measures = results(outcome, outcome)
    for name, label, _ in LINES:
        assert name in measures
        assert sum(label in line for line in lines) >= 1
    shown = {line.split("  ")[0].strip(): line.split()[-2:] for line in lines}
    assert shown["accounts replaced"] == ["1,234", "0"]
    assert shown["live amplifiers at the end"] == [f"{outcome.amplifiers_alive:,}"] * 2
    share = f"{100 * measures['share_of_reach_by_recommendation']:.2f}%"
    assert f"first by a recommendation {share}" in " ".join(text.split())


def test_every_measure_is_shown_on_demand(model: InfluenceModel, capsys: pytest.CaptureFixture[str]) -> None:
    model.report(every=True)
    whole = capsys.readouterr().out
    for name in model.results():
        assert name in whole
    model.report()
    assert "people reached" in capsys.readouterr().out


def test_a_title_from_outside_is_printed_as_it_stands(model: InfluenceModel) -> None:
    text = printed(run_table("[red]x[/] \x1b[31m", model.outcome(), model.outcome()))
    assert "[red]x[/] \\x1b[31m" in text
    assert "\x1b" not in text

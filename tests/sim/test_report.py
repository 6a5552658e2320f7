"""The run table: what it shows, in which order, and what stands in its title."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import pytest

from sim import InfluenceModel
from sim.metrics import results
from sim.report import HEADLINES, rows, shown
from tests.sim.test_model import tiny


@cache
def run() -> InfluenceModel:
    model = InfluenceModel(tiny(), "co_repost", 0.4)
    model.run()
    return model


def printed(capsys: pytest.CaptureFixture[str], model: InfluenceModel, **options: bool) -> str:
    model.report(**options)
    return capsys.readouterr().out


def test_the_report_is_the_headlines_beside_the_twin_in_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, run())
    own, twin = run().results(), results(run().twin(), run().twin())
    lines = [line for line in out.splitlines() if line.strip()]
    assert max(map(len, lines)) <= 80
    assert lines[0].strip() == "hk2019, seed 1"
    assert len(lines) <= 20
    for label, mine, free in rows(own, twin):
        assert any(line.split() == [*label.split(), mine, free] for line in lines), label


def test_the_headlines_are_measures_that_a_run_has_and_explain_its_reach() -> None:
    keys = [line.key for line in HEADLINES]
    assert set(keys) <= set(run().results())
    assert {"reach_cut_off", "false_positive_rate", "live_amplifiers", "replaced", "reach_by_recommendation"} <= set(
        keys
    )


def test_every_measure_is_reported_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, run(), all=True)
    own = run().results()
    assert len(rows(own, own, all=True)) == len(own)
    assert "collateral share" in out
    assert "mean wait hours" in out


def test_a_name_with_brackets_or_escape_codes_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    config = replace(run().config, scenario=replace(run().config.scenario, name="[red]x[/] [/bold] \x1b[31m"))
    model = InfluenceModel(config)
    model.run()
    out = printed(capsys, model)
    assert "[red]x[/] [/bold]" in out
    assert "\x1b" not in out
    assert r"\x1b[31m" in out


def test_a_report_before_the_end_says_how_far_the_run_is(capsys: pytest.CaptureFixture[str]) -> None:
    model = InfluenceModel(tiny(), seed=None)
    model.run_for(2)
    with pytest.warns(UserWarning, match="the run is at step 2 of 72"):
        assert "seed 1: the run is at step 2 of 72" in printed(capsys, model)


def test_a_drawn_seed_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    model = InfluenceModel(scenario="hk2019", scale=0.001, overrides=["scenario.days=1"])
    model.run()
    assert f"hk2019, seed {model.config.seed}" in printed(capsys, model)


def test_values_are_shown_in_their_unit() -> None:
    units = {"count": "1,235", "share": "123456.00%", "hours": "1234.6", "dollars": "$1,234.56", "number": "1,235"}
    assert {unit: shown(1234.56, unit) for unit in units} == units
    assert {shown(math.nan, unit) for unit in units} == {"–"}

"""What amplifiers do beside the record: the command, and its figures beside a count by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from experiments.validation.amplifiers import amplifier_lines, main
from experiments.validation.line import Line
from sim import InfluenceModel, load_scenario
from sim.events.records import REPOST
from sim.population.truth import Layer
from tests.experiments.validation.wrong_use import assert_refused

SMALL = ["scenario.days=6", "scenario.organic=200000", "scenario.core=4000", "scenario.step_minutes=60",
         "operation.cell_size=20", "operation.acts_per_day_median=4", "operation.wave_days=[-30,2]",
         "operation.wave_weights=[0.5,0.5]", "operation.supply.amplifiers.reserve_share=0"]  # fmt: skip


def test_the_figures_are_those_of_a_count_by_hand() -> None:
    model = InfluenceModel(load_scenario("hk2019", scale=0.002, seed=1, overrides=SMALL))
    model.run()
    lines: dict[str, Line] = {line.quantity.removeprefix("hk2019 at 0.002: "): line for line in amplifier_lines(model)}
    layer, end = model.world.truth.layer, 6.0
    acts, of_post, days = 0, Counter[tuple[int, int]](), 0.0
    for account, kind, author, written in zip(
        *(model.activity[name].tolist() for name in ("account", "kind", "author", "post_time")), strict=True
    ):
        acts += layer[account] == Layer.AMPLIFIER
        if layer[account] == Layer.AMPLIFIER and layer[author] == Layer.CORE and kind == REPOST:
            of_post[author, written] += 1
    for account in np.flatnonzero(layer == Layer.AMPLIFIER):
        born = (model.accounts.created[account] - model.config.scenario.start_epoch) / 86_400
        days += end - min(max(born, 0.0), end)
    assert acts > 100
    assert lines["acts of an amplifier in thirty days, mean"].value == pytest.approx(30.0 * acts / days)
    each = lines["amplifiers' reposts of a post that they repost at all"].value
    assert each == pytest.approx(of_post.total() / len(of_post))
    assert lines["people reached"].value == np.unique(model.impressions["account"]).size / 400


def test_the_command_prints_a_line_for_each_scenario_and_scale(capsys: pytest.CaptureFixture[str]) -> None:
    some = ["--scenarios", "hk2019,ira2016", "--scales", "0.001,0.002"]
    assert main([*some, "scenario.days=1"]) == 0
    table = capsys.readouterr().out
    for where in ("hk2019 at 0.001", "hk2019 at 0.002", "ira2016 at 0.001", "ira2016 at 0.002"):
        assert f"| 12 | {where}: acts of an amplifier in thirty days, mean | 4 to 15 |" in table
    assert "Met in all figures: rows" in table


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seeds", "0"], "--seeds must be at least 1; got 0."),
        (["--scales", "0.1,small"], "argument --scales: invalid numbers value: '0.1,small'"),
        (["--scenarios", "nowhere"], "scenario must be one of"),
        (["operation.capacity.orders_per_day=0"], "operation.capacity.orders_per_day must lie in (0, 1000]; got 0"),
    ],
)
def test_wrong_use_is_refused_in_one_line(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert_refused(main, words, message, capsys)

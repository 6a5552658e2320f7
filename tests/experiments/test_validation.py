"""The figures of docs/validation.md are what the log says."""

from __future__ import annotations

import re

import numpy as np
import pytest

from experiments.validation import lines, main
from sim import InfluenceModel, load_scenario
from sim.events.records import REPOST


@pytest.fixture(scope="module")
def model() -> InfluenceModel:
    made = InfluenceModel(load_scenario("hk2019", scale=0.004, seed=1, overrides=["scenario.days=4"]))
    made.run()
    return made


def test_cascades_are_those_counted_one_by_one(model: InfluenceModel) -> None:
    n, log = model.config.scenario.n_organic, model.activity
    reposts: dict[tuple[int, int], int] = {}
    soon = straight = 0
    rows = zip(*(log[name].tolist() for name in log.columns), strict=True)
    for time, account, kind, author, post_time, source, *_ in rows:
        if account < n and author < n:
            reposts.setdefault((author, post_time), 0)
            if kind == REPOST:
                reposts[author, post_time] += 1
                soon += time - post_time < 3600
                straight += source == author
    found = {line.quantity: line.value for line in lines(model)}
    count = np.array(list(reposts.values()))
    assert found["posts never reposted"] == pytest.approx(np.mean(count == 0))
    assert found["posts with 20 reposts or more (100 on the whole platform)"] == pytest.approx(np.mean(count >= 20))
    assert found["reposts within an hour of the post"] == pytest.approx(soon / count.sum())
    assert found["reposts straight from the author"] == pytest.approx(straight / count.sum())


def test_the_command_prints_a_line_for_each_quantity(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scale", "0.002", "--seeds", "1"]) == 0
    table = capsys.readouterr().out.strip().splitlines()
    assert len(table) == 2 + 16
    assert all(re.fullmatch(r"\|[^|]+\|[^|]+\|[^|]+\|[^|]+\|", line) for line in table)


def test_a_wrong_scale_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--scale", "-1"])
    assert left.value.code == 2
    assert "scenario.scale must lie in (0, 1000]; got -1" in capsys.readouterr().err

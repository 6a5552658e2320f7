"""The figures of docs/validation.md are what the log says."""

from __future__ import annotations

import re

import numpy as np
import pytest

from experiments.validation.__main__ import lines, main
from sim import InfluenceModel, load_scenario
from sim.events.records import PROMOTED, RECOMMENDED, REPOST


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
                straight += source in (author, RECOMMENDED, PROMOTED)
    found = {line.quantity: line.value for line in lines(model)}
    count = np.array(list(reposts.values()))
    assert found["posts never reposted"] == pytest.approx(np.mean(count == 0))
    assert found["posts with 100 reposts or more"] == pytest.approx(np.mean(count >= 100))
    assert found["reposts within an hour of the post"] == pytest.approx(soon / count.sum())
    assert found["reposts straight from the author or a recommendation of the post"] == pytest.approx(
        straight / count.sum()
    )


def test_shares_of_acts_are_those_counted_one_by_one(model: InfluenceModel) -> None:
    n, log, verified = model.config.scenario.n_organic, model.activity, model.accounts.verified
    acts = reposts = of_topic = topic = elite = 0
    for account, kind, author, about in zip(*(log[name].tolist() for name in ("account", "kind", "author", "topic")),
                                            strict=True):  # fmt: skip
        if account < n:
            acts, reposts, elite = acts + 1, reposts + (kind == REPOST), elite + bool(verified[author])
            topic, of_topic = topic + (about == 0), of_topic + (about == 0 and kind == REPOST)
    found = {line.quantity: line.value for line in lines(model)}
    assert found["reposts among all acts"] == pytest.approx(reposts / acts)
    assert found["the same on the contested topic"] == pytest.approx(of_topic / topic)
    assert found["reposts of a post"] == pytest.approx(reposts / (acts - reposts))
    assert found["acts that are of verified accounts or repost them"] == pytest.approx(elite / acts)
    reads = model.organic_impressions + len(model.impressions)
    assert found["items read for an act"] == pytest.approx(reads / acts)


def test_the_command_prints_a_line_for_each_quantity(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scale", "0.002", "--seeds", "1", "scenario.days=2"]) == 0
    table = capsys.readouterr().out.strip().splitlines()
    assert len(table) == 2 + 28
    assert all(re.fullmatch(r"\|[^|]+\|[^|]+\|[^|]+\|[^|]+\|", line) for line in table)


def test_a_wrong_scale_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--scale", "-1"])
    assert left.value.code == 2
    assert "scenario.scale must lie in (0, 1000]; got -1" in capsys.readouterr().err

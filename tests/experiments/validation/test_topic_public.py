"""Real people and simulated ones on one topic are measured alike, by equal numbers scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.validation import on_topic
from experiments.validation.__main__ import main
from experiments.validation.topic_public import (
    TopicLog,
    beside,
    measures,
    read_topic_log,
    simulated_topic_log,
    thinned,
    topic_lines,
)
from sim import ConfigError, InfluenceModel, load_scenario
from sim.events.records import REPOST

SMALL = ["scenario.organic=60000", "scenario.amplifiers=100", "scenario.core=20", "scenario.days=4"]


def frame(people: int = 300, seed: int = 1) -> pd.DataFrame:
    """Return reposts by people of whom one in two reposts much, of posts of very different popularity."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    person = np.repeat(np.arange(people), np.where(np.arange(people) % 2, 6, 1))
    post = (draw.pareto(1.0, person.size) * 5).astype(int) % 400
    day = draw.integers(0, 6, person.size)
    return pd.DataFrame(
        {"person": person + 7, "post": post, "day": day, "post_hour": 24 * day - draw.integers(-20, 200)}
    )


def log_of(table: pd.DataFrame) -> TopicLog:
    return TopicLog(*(table[name].to_numpy(np.int64) for name in ("person", "post", "day", "post_hour"))).numbered()


def test_measures_are_those_counted_by_hand() -> None:
    log = TopicLog(
        person=np.array([0, 0, 0, 1, 1, 1, 2, 3, 3, 3]), post=np.array([0, 1, 2, 0, 1, 2, 0, 0, 3, 4]),
        day=np.array([0, 0, 1, 1, 2, 2, 5, 5, 5, 5]), post_hour=np.array([3, -1, -2, 23, 24, -100, 125, 0, 119, 120]),
    )  # fmt: skip
    found = measures(log)
    assert found["29: people with 3 reposts or more"] == 0.75
    assert found["28: of reposts, to the top 1% of reposted posts"] == 0.4
    assert found["28: to posts with 10 or more"] == 0.0
    assert found["35: of posts of an earlier day"] == 0.7
    assert found["35: of posts 24 hours older than the day"] == 0.4
    assert found["35: six days older"] == 0.1
    assert found["31: probability that two of them share a post"] == 1.0
    assert found["31: with a partner of 3 common posts"] == pytest.approx(2 / 3)
    assert found["30: co_repost at 0.7 or more, of the scored"] == pytest.approx(2 / 3)


def test_the_larger_public_is_thinned_to_as_many_scored() -> None:
    large, small = log_of(frame(3000)), log_of(frame(300, seed=2))
    rows = {name: (real, simulated) for name, real, simulated in beside(large, small, draws=5)}
    real, simulated = rows["–: people scored"]
    assert simulated == small.scored
    assert real == pytest.approx(small.scored, rel=0.15)
    assert {name: other for name, (_, other) in rows.items() if name != "–: people scored"} == measures(small)
    assert thinned(large, 0.1, 1).scored != thinned(large, 0.1, 2).scored or thinned(large, 0.1, 1) != large


def test_the_simulated_log_is_of_the_public_about_the_topic_in_the_last_days() -> None:
    model = InfluenceModel(load_scenario("hk2019", scale=0.01, seed=1, overrides=["scenario.days=4"]))
    model.run()
    n, log = model.config.scenario.n_organic, model.activity
    wanted = (log["kind"] == REPOST) & (log["topic"] == 0) & (log["account"] < n) & (log["author"] < n)
    found = simulated_topic_log(model, days=2)
    assert 10 < found.person.size == np.count_nonzero(wanted & (log["time"] >= 2 * 86_400))
    assert set(found.day.tolist()) == {0, 1}


@pytest.mark.parametrize("name", ["log.parquet", "log.csv", "log.csv.gz"])
def test_a_real_log_is_read_from_its_columns(tmp_path: Path, name: str) -> None:
    table = frame()
    table.to_parquet(tmp_path / name) if name.endswith("parquet") else table.to_csv(tmp_path / name, index=False)
    found, expected = read_topic_log(tmp_path / name), log_of(table)
    assert all((getattr(found, column) == getattr(expected, column)).all() for column in ("person", "post", "day"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="day"), "must have rows with the columns person, post, day, post_hour"),
        (lambda table: table[:0], "must have rows"),
        (lambda table: table.assign(post=0.5), "post must hold whole numbers; got float64"),
    ],
)
def test_a_log_that_cannot_be_used_is_refused(tmp_path: Path, change, message: str) -> None:
    change(frame()).to_parquet(tmp_path / "log.parquet")
    with pytest.raises(ConfigError, match=message):
        read_topic_log(tmp_path / "log.parquet")


@pytest.mark.parametrize("name", ["other.parquet", "other.csv"])
def test_a_log_that_is_not_there_is_named_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_topic_log(tmp_path / name)
    assert str(caught.value) == f"--public must name a Parquet or CSV file; there is no {tmp_path / name}."


@pytest.mark.parametrize("name", ["other.parquet", "other.csv"])
def test_a_log_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ConfigError, match=r"--public must name a Parquet or CSV file; .* cannot be read: \w") as caught:
        read_topic_log(tmp_path / name)
    assert len(str(caught.value).splitlines()) == 1


def test_the_command_sets_both_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame().to_parquet(tmp_path / "log.parquet")
    options = ["--scale", "0.01", "--seeds", "1", "--public", str(tmp_path / "log.parquet")]
    assert main([*options, "scenario.days=4"]) == 0
    assert "| 30 | co_repost at 0.5 or more, of the scored | 0." in capsys.readouterr().out


@pytest.mark.parametrize(("scale", "judged"), [(0.1, False), (0.2, True)])
def test_how_alike_people_are_is_held_against_the_record_from_a_fifth_of_the_size_on(
    scale: float, judged: bool
) -> None:
    model = InfluenceModel(load_scenario("hk2019", scale=scale, seed=1, overrides=SMALL))
    model.run()
    found = {line.row: line.record for line in topic_lines(log_of(frame()), model)}
    assert (found["30"].agrees(0.5) is not None) == judged
    assert (found["31"].agrees(0.5) is not None) == judged
    assert found["29"].agrees(0.5) is not None


def test_every_method_hits_as_many_as_its_own_scores_say():
    draw = np.random.Generator(np.random.Philox(key=5))
    people, posts = (300 * draw.random(3000) ** 2).astype(int), (200 * draw.random(3000) ** 2).astype(int)
    crew, theirs = (part.ravel() for part in np.meshgrid(np.arange(300, 315), np.arange(200, 206)))
    people, posts = np.concatenate([people, crew]), np.concatenate([posts, theirs])
    log = TopicLog(people, posts, draw.integers(0, 6, people.size), np.zeros(people.size, np.int64)).numbered()
    found = on_topic.hits(log)
    reposts = np.bincount(log.person)
    assert found["co_repost"][0] == np.count_nonzero(reposts >= 4)
    assert found["co_repost, 11 reposts of any post"][0] == np.count_nonzero(reposts >= 11)
    bounded, exact = found["co_repost"][1], found["co_repost, all reposters compared"][1]
    assert 15 <= bounded <= exact  # the crew, and others as alike
    assert found["co_repost, 3 reposts of any post"][1] > bounded
    table = on_topic.markdown(log, log).splitlines()
    assert len(table) == 2 + len(found)
    assert f"{exact:,} ({exact / found['co_repost'][0]:.1%})" in table[3]

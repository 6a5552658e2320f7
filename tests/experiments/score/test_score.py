"""The task: scores, edges, groups and a report of a log, held to an independent count; labels, controls, windows."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics import roc_auc_score

from experiments.score import load_score as options
from experiments.score import read_log, score_log
from sim import InfluenceModel, load_scenario
from sim.archive import write_archive
from sim.config.detector import detector_settings, load_detector
from sim.observation import Observation
from tests.experiments.page import Page
from tests.experiments.score.logs import START, crew_rows, random_rows, written
from tests.experiments.tiny import TINY

ROWS = sorted([*random_rows(3, 60, 80, 900), *crew_rows()], key=lambda row: row[2])
FILES = {
    "config.yaml",
    "provenance.json",
    "scores.csv",
    "scores.parquet",
    "edges.csv",
    "network.graphml",
    "groups.csv",
    "report.html",
}


def test_the_first_command_gives_scores_a_network_and_a_report(takedown, tmp_path: Path):
    written(tmp_path / "shares.csv", ROWS)
    status, out, err = takedown("task=score", "log=shares.csv", "hydra.run.dir=out")
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert "fast_repost was left out: the times of the reposted posts are not known" in " ".join(out.split())
    scores = pd.read_csv(tmp_path / "out/scores.csv")
    names = {account for account, _, _ in ROWS}
    assert set(scores["account"]) == names
    assert list(scores["rank"]) == list(range(1, len(names) + 1))
    assert set(scores["account"][:8]) == {f"crew{i}" for i in range(8)}
    assert {"co_repost", "null_model", "fraudar", "synchrotrap", "windowed_co_repost"} <= set(scores.columns)
    assert scores["evidence"][0].startswith(
        ("co_repost: Reposted", "fraudar: In the densest", "multiplex: Belongs", "windowed_co_repost: Account crew")
    )
    both = pd.read_parquet(tmp_path / "out/scores.parquet")
    pd.testing.assert_frame_equal(both.fillna({"evidence": ""}), scores.fillna({"evidence": ""}), check_dtype=False)
    graph = nx.read_graphml(tmp_path / "out/network.graphml")
    assert set(graph.nodes) >= {f"crew{i}" for i in range(8)}
    edges = pd.read_csv(tmp_path / "out/edges.csv")
    assert len(edges) == graph.number_of_edges()
    groups = pd.read_csv(tmp_path / "out/groups.csv")
    assert set(groups["account"][groups["detector"] == "windowed_co_repost"]) >= {f"crew{i}" for i in range(8)}
    page = Page((tmp_path / "out/report.html").read_text())
    assert page.links == []
    text = " ".join(" ".join(page.texts).split())
    for said in ("What a score does not mean", "Read as a plain table", "co_url", "Cut at a similarity of", "crew0"):
        assert said in text, said


def test_columns_and_parameters_are_said_as_a_mapping(takedown, tmp_path: Path):
    written(tmp_path / "reposts.csv", ROWS, "who,what,when")
    words = ("task=score", "log=reposts.csv", "score.detectors=[co_repost]", "score.evidence=0")
    columns = "score.columns={account: who, post: what, time: when}"
    status, _, err = takedown(*words, columns, "score.parameters={co_repost: {min_reposts: 11}}", "hydra.run.dir=one")
    assert (status, err) == (0, "")
    parts = ("+score.columns.account=who", "+score.columns.post=what", "+score.columns.time=when")
    status, _, err = takedown(*words, *parts, "+score.parameters.co_repost.min_reposts=11", "hydra.run.dir=other")
    assert (status, err) == (0, "")
    one, other = (pd.read_csv(tmp_path / folder / "scores.csv") for folder in ("one", "other"))
    pd.testing.assert_frame_equal(one, other)
    scored = set(one["account"][one["co_repost"].notna()])
    counts = Counter(account for account, _, _ in ROWS)
    assert scored == {account for account, count in counts.items() if count >= 11}


def test_edges_are_those_of_an_independent_count(tmp_path: Path):
    rows = random_rows(5, 30, 25, 700, hours=2.0)
    log = read_log([written(tmp_path / "log.csv", rows)])
    chosen = options(
        "score.detectors=[co_repost,windowed_co_repost]", "score.edges_share=1.0",
        "+score.parameters.co_repost={min_reposts: 1, max_reposters: null}",
        "+score.parameters.windowed_co_repost={min_weight: 1, max_neighbours: null}",
    )  # fmt: skip
    alike, windowed = (one.network for one in score_log(log, chosen).scored)
    assert alike is not None
    assert windowed is not None
    names = log.ids.to_pylist()

    table = pd.crosstab([row[0] for row in rows], [row[1] for row in rows])
    vectors = TfidfTransformer().fit_transform(table.to_numpy(float)).toarray()
    cosine = pd.DataFrame(vectors @ vectors.T, table.index, table.index)
    expected = {frozenset(pair): cosine.loc[pair] for pair in combinations(table.index, 2) if cosine.loc[pair] > 1e-12}
    found = {
        frozenset((names[a], names[b])): weight
        for a, b, weight in zip(alike.one, alike.other, alike.weight, strict=True)
    }
    assert found.keys() == expected.keys()
    assert all(abs(found[pair] - expected[pair]) < 1e-9 for pair in expected)
    graph = nx.Graph([tuple(pair) for pair in expected])
    assert [group.size for group in alike.groups] == sorted(map(len, nx.connected_components(graph)), reverse=True)

    count: Counter[frozenset[str]] = Counter()
    for (a, post, t), (b, other, u) in combinations(rows, 2):
        if post == other and a != b and abs(t - u) <= 60:
            count[frozenset((a, b))] += 1
    assert {
        frozenset((names[a], names[b])): int(weight)
        for a, b, weight in zip(windowed.one, windowed.other, windowed.weight, strict=True)
    } == count


def test_networks_of_pairs_that_chance_does_not_explain_of_joint_actions_and_of_communities(tmp_path: Path):
    rows = sorted([*random_rows(6, 60, 150, 500), *crew_rows()], key=lambda row: row[2])
    log = read_log([written(tmp_path / "log.csv", rows)])
    chosen = options("score.detectors=[null_model,synchrotrap,multiplex]", "score.edges_share=0.05")
    found = score_log(log, chosen)
    assert not found.failed
    names = log.ids.to_pylist()
    crew = {f"crew{i}" for i in range(8)}
    for one in found.scored:
        assert one.network is not None
        ends = {names[account] for account in (*one.network.one.tolist(), *one.network.other.tolist())}
        assert crew <= ends, one.name
        assert any(crew <= {names[account] for account in group} for group in one.network.groups), one.name
    assert any(note.startswith("null_model: the log has no column for language") for note in found.notes)


def test_where_exactness_ends_is_said(tmp_path: Path):
    log = read_log([written(tmp_path / "log.csv", random_rows(7, 40, 20, 600))])
    for work, said in ((10**9, False), (500, True)):
        chosen = options("score.detectors=[co_repost]", f"+score.parameters.co_repost={{max_work: {work}}}")
        found = score_log(log, chosen)
        assert any(note.startswith("co_repost: Exact but for what") for note in found.notes) == said
        assert found.scored[0].network is not None
        assert ("Exact but for" in found.scored[0].network.said) == said


def test_the_cut_keeps_the_heaviest_share(tmp_path: Path):
    log = read_log([written(tmp_path / "log.csv", ROWS)])
    whole, part = (
        score_log(log, options("score.detectors=[co_repost]", f"score.edges_share={share}")).scored[0].network
        for share in (1.0, 0.1)
    )
    assert whole is not None
    assert part is not None
    assert 0 < part.weight.size <= 0.1 * whole.weight.size
    assert part.weight.min() > np.sort(whole.weight)[::-1][part.weight.size :].max()
    assert f"{part.weight.size:,} of {whole.weight.size:,} pairs" in part.said


def test_windows_fit_the_log_unless_it_is_scored_at_a_cadence(tmp_path: Path):
    rows = [(account, post, time + 40 * 86_400 * (i % 2)) for i, (account, post, time) in enumerate(crew_rows(4, 8))]
    log = read_log([written(tmp_path / "log.csv", sorted(rows, key=lambda row: row[2]))])

    def scored(*overrides: str) -> tuple[int, list[str]]:
        found = score_log(log, options("score.detectors=[co_repost]", *overrides))
        return int(np.count_nonzero(~np.isnan(found.scored[0].scores))), found.notes

    assert scored() == (4, [])
    assert scored("score.window_hours=inf") == (4, [])
    assert scored("score.cadence_hours=24") == (4, [])  # of 41 scorings the highest
    assert scored("score.window_hours=1")[0] == 0  # the last hour alone
    count, notes = scored("score.cadence_hours=24", "score.window_hours=6")
    assert notes == ["co_repost: a step of 24 hours is longer than its window of 6: acts between are not seen."]
    assert count < 4


def test_scores_at_a_cadence_are_the_highest_of_all_scorings(tmp_path: Path):
    early = [(f"old{i}", f"p{k}", START + 60 * k) for k in range(5) for i in range(3)]
    late = [(f"new{i}", f"q{k}", START + 9 * 86_400 + 60 * k) for k in range(5) for i in range(3)]
    log = read_log([written(tmp_path / "log.csv", [*early, *late])])
    chosen = ("score.detectors=[co_repost]", "score.window_hours=24")
    assert np.isnan(score_log(log, options(*chosen)).scored[0].scores).tolist() == [True] * 3 + [False] * 3
    assert score_log(log, options(*chosen, "score.cadence_hours=12")).scored[0].scores.tolist() == [1.0] * 6


def test_labels_and_controls_bring_measures(takedown, tmp_path: Path):
    written(tmp_path / "shares.csv", ROWS)
    names = sorted({account for account, _, _ in ROWS})
    labels = [(name, "" if name == "a3" else int(name.startswith("crew"))) for name in names]
    written(tmp_path / "accounts.csv", labels, "account,label")
    status, _, err = takedown("task=score", "log=shares.csv", "labels=accounts.csv", "hydra.run.dir=out")
    assert (status, err) == (0, "")
    scores = pd.read_csv(tmp_path / "out/scores.csv").set_index("account")
    assert scores["label"].isna().sum() == 1
    known = scores.dropna(subset=["label"])
    text = " ".join(" ".join(Page((tmp_path / "out/report.html").read_text()).texts).split())
    auc = roc_auc_score(known["label"], known["fraudar"].fillna(-1.0))
    assert f"fraudar {auc:.3f}" in text

    written(tmp_path / "io.csv", [row for row in ROWS if row[0].startswith("crew")])
    written(tmp_path / "people.csv", [row for row in ROWS if not row[0].startswith("crew") and row[0] != "a3"])
    status, _, err = takedown("task=score", "log=io.csv", "controls=people.csv", "hydra.run.dir=controlled")
    assert (status, err) == (0, "")
    controlled = pd.read_csv(tmp_path / "controlled/scores.csv").set_index("account")
    assert (controlled["label"] == known["label"].reindex(controlled.index)).all()


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("a1", 1), ("a1", 0)], "line 3: an account must have one label; got a1 as 1 and as 0."),
        ([("a1", 2)], "line 2: label must be 1, 0 or empty; got '2'."),
        ([("a1", 1)], "must label accounts of the log 0 (others); got none of those that act in it."),
        ([("nobody", 1), ("a1", 0)], "must label accounts of the log 1 (to be found); got none"),
    ],
)
def test_wrong_labels_are_refused(rows: list[tuple[str, int]], says: str, takedown, tmp_path: Path):
    written(tmp_path / "shares.csv", ROWS)
    written(tmp_path / "accounts.csv", rows, "account,label")
    status, _, err = takedown("task=score", "log=shares.csv", "labels=accounts.csv", "hydra.run.dir=out")
    assert status == 2
    assert err.startswith("takedown: labels: accounts.csv: ")
    assert says in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "log must name a file, or a list of files [one.csv,two.csv]; got None."),
        (("log=none.csv",), "log: none.csv: there is no such file."),
        (("log=shares.csv", "labels=a.csv", "controls=b.csv"), "labels and controls must not be given together"),
        (("log=shares.csv", "score.detectors=[]"), "score.detectors must name at least one detector; got none."),
        (("log=shares.csv", "score.detectors=[oracle]"), "oracle cannot be run on this log: it reads the true labels"),
        (("log=shares.csv", "score.detectors=[stacking]"), "stacking cannot be run on this log: it must be trained"),
        (
            ("log=shares.csv", "score.detectors=[co_url]"),
            "co_url cannot be run on this log: the log lacks a column for url.",
        ),
        (
            ("log=shares.csv", "score.detectors=[rtbust]"),
            "rtbust cannot be run on this log: the times of the reposted posts",
        ),
        (("log=shares.csv", "score.detectors=[nobody]"), "detector must be one of"),
        (("log=shares.csv", "+score.columns.who=account"), "score.columns.who is not an option; allowed here: account"),
        (("log=shares.csv", "score.time_zone=Mars"), "score.time_zone must be the name of a time zone"),
        (
            ("log=shares.csv", "score.cadence_hours=0"),
            "score.cadence_hours must lie in (0, 1e+06] or be null; got 0.0.",
        ),
        (
            ("log=shares.csv", "+score.parameters.co_url.min_urls=3", "score.detectors=[fraudar]"),
            "is of no detector that is run",
        ),
        (("log=shares.csv", "+score.parameters.fraudar.least=3"), "fraudar"),
    ],
    ids=str,
)
def test_wrong_options_are_refused_in_one_line(words: tuple[str, ...], says: str, takedown, tmp_path: Path):
    written(tmp_path / "shares.csv", ROWS[:40])
    status, _, err = takedown("task=score", *words, "hydra.run.dir=out")
    assert status == 2
    assert says in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_log_without_reposts_is_scored_by_what_its_columns_hold(tmp_path: Path):
    rows = [
        (f"a{i}", START + 10 * i, f"https://x.org/{k}", f"#a #b{k}", f"Read this {k}")
        for k in range(4)
        for i in range(4)
    ]
    log = read_log([written(tmp_path / "log.csv", rows, "account,time,url,hashtags,text")])
    found = score_log(log, options())
    assert {one.name for one in found.scored} >= {"co_url", "hashtag_sequence", "copy_paste"}
    for one in found.scored:
        if one.name in ("co_url", "hashtag_sequence", "copy_paste"):
            assert one.scores.tolist() == [1.0] * 4
    assert found.left_out["co_repost"] == "the log lacks reposts (a column for post)"


def test_fast_reposts_are_seen_by_the_times_in_ids(tmp_path: Path):
    ids = [((START + 600 * k) * 1000 - 1_288_834_974_657) << 22 for k in range(6)]
    rows = [
        (f"a{i}", post, START + 600 * k + 9 + 100 * (i == 3), f"star{k}")
        for k, post in enumerate(ids)
        for i in range(4)
    ]
    log = read_log([written(tmp_path / "log.csv", rows, "account,post,time,author")])
    scores = score_log(log, options("score.detectors=[fast_repost]")).scored[0].scores
    by_name = dict(zip(log.ids.to_pylist(), scores.tolist(), strict=True))
    assert [by_name[f"a{i}"] for i in range(3)] == [1.0] * 3
    assert np.isnan(by_name["a3"])


def test_a_runs_log_has_from_its_file_the_scores_that_it_had_in_the_run(tmp_path: Path):
    names = ("co_repost", "windowed_co_repost", "fast_repost", "co_url", "hashtag_sequence", "copy_paste", "fraudar")
    whole = [load_detector({**detector_settings(name), "window_hours": 1e5}) for name in names]

    class All:
        requires = frozenset().union(*(one.requires for one in whole))
        n = 0

        def observe(self, observation):
            self.n = observation.n_accounts
            for one in whole:
                fields = {name: observation.event(name) for name in observation.event_fields if name in one.requires}
                one.observe(
                    Observation(
                        step=observation.step, start=observation.start, end=observation.end, n_accounts=self.n,
                        columns={}, events=fields,
                    )
                )  # fmt: skip

        def score(self):
            return np.full(self.n, np.nan)

    small = [word for word in TINY if not word.startswith(("seed", "enforcement", "detector"))]
    model = InfluenceModel(load_scenario("hk2019", seed=2, overrides=[*small, "scenario.days=4"]), All())
    model.run()
    write_archive(model, tmp_path)
    log = read_log([str(tmp_path / "activity_toolkit.csv")])
    number = np.array([int(name) - 1_000_000_000 for name in log.ids.to_pylist()])
    found = score_log(log, options(f"score.detectors=[{','.join(names)}]"))
    for one, made in zip(whole, found.scored, strict=True):
        np.testing.assert_array_equal(made.scores, one.score()[number], err_msg=made.name)
    assert sum(np.isfinite(made.scores).sum() for made in found.scored) > 100

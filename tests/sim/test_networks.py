"""Tables and networks of a run: one numbering, the world's, whatever a detector calls an account."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import matplotlib as mpl
import networkx as nx
import numpy as np
import pandas as pd
import pytest

from detectors import Evidence
from sim import ConfigError, InfluenceModel
from sim.events.records import REPOST
from sim.networks import LAYERS, STATUSES
from sim.platform.evidence import under_internal_numbers
from sim.population.accounts import NEVER, Access, Status
from sim.population.truth import Layer
from tests.sim.test_model import Recorder, tiny


@cache
def run(threshold: float = 0.6) -> InfluenceModel:
    model = InfluenceModel(tiny(), "co_repost", threshold)
    model.run()
    return model


@pytest.fixture
def axes() -> Iterator[Any]:
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, made = plt.subplots()
    yield made
    plt.close(figure)


def share_of_amplifiers(one: np.ndarray, other: np.ndarray) -> float:
    layer = run().world.truth.layer
    return float(((layer[one] == Layer.AMPLIFIER) & (layer[other] == Layer.AMPLIFIER)).mean())


# --- one numbering ---


def test_similar_pairs_are_two_amplifiers_once_a_detectors_numbers_are_translated() -> None:
    model = run(math.inf)
    one, other, _ = model.platform.detector.pairs(0.5)
    assert one.size > 50
    assert share_of_amplifiers(one, other) < 0.1
    assert share_of_amplifiers(model.accounts_of(one), model.accounts_of(other)) > 0.7


def test_a_detectors_reasons_name_accounts_by_the_worlds_numbers() -> None:
    model = run(math.inf)
    scored = model.scores().dropna().query("main > 0.5")
    assert len(scored) > 20
    for account in scored["account"].tolist()[:20]:
        found = model.explain(account)
        said = model.platform.detector.explain(int(model.platform.pseudonyms[account]))
        assert found.account == account
        assert found.facts["nearest"] == model.accounts_of(said.facts["nearest"]) != said.facts["nearest"]
        assert f"as account {found.facts['nearest']} (" in found.sentence
        assert found.facts["group_size"] == said.facts["group_size"]


def test_every_account_in_a_sentence_is_translated_and_no_other_number_is() -> None:
    said = Evidence(2, "Account 0 reposted 2 of its 3 reposts; account 1 did so 2 times.", {"partner": 0, "reposts": 2})
    found = under_internal_numbers(said, np.array([7, 8, 9]))
    assert (found.account, found.sentence) == (9, "Account 7 reposted 2 of its 3 reposts; account 8 did so 2 times.")
    assert dict(found.facts) == {"partner": 7, "reposts": 2}


def test_reasons_that_there_are_not_are_asked_for_in_vain() -> None:
    for model, arguments, message in (
        (run(), (10**6,), r"account must lie in \[0, \d+\); got 1000000"),
        (run(), (0, "fast"), "route must be one of main; got 'fast'"),
        (InfluenceModel(tiny()), (0,), "there is none; got 'main'"),
        (InfluenceModel(tiny(), Recorder(), math.inf), (0,), "detector Recorder has no explain"),
    ):
        with pytest.raises(ConfigError, match=message):
            model.explain(*arguments)


# --- tables ---


def test_the_table_of_accounts_has_what_staff_see_and_no_truth() -> None:
    model, frame = run(), run().accounts.to_frame()
    assert len(frame) == len(model.accounts)
    assert {"created", "language", "follower_count", "network", "client", "status", "limit"} <= set(frame.columns)
    assert not {"layer", "role", "cell", "stance", "session_rate"} & set(frame.columns)
    suspended = frame["status"] == "suspended"
    assert suspended.sum() == (model.accounts.status == Status.SUSPENDED).sum() > 10
    assert (frame["suspended_at"].notna() == suspended).all()
    assert (frame["access"] == "vpn").sum() == (model.accounts.access == Access.VPN).sum()
    born = model.accounts.created != NEVER
    assert (frame["created"].notna() == born).all()
    seconds = (frame["created"] - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    assert (seconds[born] == model.accounts.created[born]).all()


def test_the_frame_of_accounts_has_the_truth_and_the_pseudonym_beside_it() -> None:
    model, frame = run(), run().accounts_frame()
    truth = model.world.truth
    assert (frame["layer"].cat.codes == truth.layer).all()
    assert frame["role"].notna().sum() == (truth.role > 0).sum() == model.config.scenario.n_core
    assert (frame["cell"] == truth.cell).all()
    assert (model.accounts_of(frame["pseudonym"].to_numpy()) == frame.index).all()
    assert frame["acts"].sum() == len(model.activity)
    languages = list(model.config.organic.languages)
    assert [languages[code] for code in model.accounts.language[:50]] == frame["language"][:50].tolist()


def test_scores_are_of_each_route_by_the_worlds_numbers() -> None:
    model = run()
    frame = model.scores()
    assert frame.columns.tolist() == ["account", "layer", "main"]
    assert frame["main"].equals(pd.Series(model.platform.scores, name="main"))
    assert frame.groupby("layer", observed=True)["main"].mean()["amplifier"] > 0.3
    assert InfluenceModel(tiny()).scores().columns.tolist() == ["account", "layer"]


# --- networks ---


def test_the_repost_network_counts_the_reposts_of_the_log() -> None:
    model = run()
    log = model.activity
    reposts = log["kind"] == REPOST
    pairs = Counter(zip(log["account"][reposts].tolist(), log["author"][reposts].tolist(), strict=True))
    pairs = Counter({(one, other): n for (one, other), n in pairs.items() if one != other})
    graph = model.repost_network()
    assert {(one, other): n for one, other, n in graph.edges(data="weight")} == dict(pairs)
    several = model.repost_network(least=2)
    assert {edge for edge, n in pairs.items() if n >= 2} == set(several.edges)
    assert min(degree for _, degree in several.degree()) > 0


def test_nodes_have_the_layer_and_the_status_of_their_account() -> None:
    model = run()
    truth, status = model.world.truth.layer, model.accounts.status
    for graph in (model.repost_network(), model.follower_network()):
        for node, data in graph.nodes(data=True):
            assert data == {"layer": LAYERS[truth[node]], "status": STATUSES[status[node]]}
    statuses = Counter(of for _, of in model.repost_network().nodes(data="status"))
    assert statuses["suspended"] > 10


def test_the_follower_network_is_that_of_the_world_with_the_reposts_along_its_ties() -> None:
    model = run()
    graph, reposts = model.follower_network(), model.repost_network()
    assert set(graph.edges) == set(model.world.graph.to_networkx().edges)
    weights = nx.get_edge_attributes(graph, "weight")
    assert sum(weights.values()) > 100
    assert all(n == reposts.get_edge_data(*edge, {"weight": 0})["weight"] for edge, n in weights.items())


def test_a_part_of_the_follower_network_is_the_one_among_those_accounts() -> None:
    model = run()
    some = np.arange(0, len(model.accounts), 3)
    part, whole = model.follower_network(some), model.follower_network()
    assert sorted(part.nodes) == some.tolist()
    assert set(part.edges(data="weight")) == set(whole.subgraph(some.tolist()).edges(data="weight"))
    assert model.follower_network(np.empty(0, np.int64)).number_of_nodes() == 0
    for wrong in ([-1], [10**6], [0.5]):
        with pytest.raises(ConfigError, match=r"accounts must be whole numbers in \[0, "):
            model.follower_network(np.array(wrong))


def test_a_network_too_large_for_networkx_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.networks._MOST_TIES", 100)
    with pytest.raises(ConfigError, match="may have 100 edges here; this one has"):
        run().follower_network()


# --- the picture ---


def test_the_picture_shows_at_most_so_many_accounts_of_every_layer_with_their_status(axes: Any) -> None:
    model = run()
    assert model.plot_network(nodes=60, ax=axes) is axes
    entries = [text.get_text() for text in axes.get_legend().get_texts()]
    shown = sum(int(text.partition("(")[2].rstrip(")")) for text in entries)
    assert 30 < shown <= 60
    assert {text.partition(",")[0] for text in entries} == set(LAYERS)
    assert any("amplifier, suspended" in text for text in entries)


def test_a_run_has_one_picture(axes: Any) -> None:
    places = []
    for _ in range(2):
        axes.clear()
        run().plot_network(nodes=60, ax=axes)
        places.append(
            np.concatenate([np.asarray(part.get_offsets()) for part in axes.collections if len(part.get_offsets())])
        )
    assert np.array_equal(*places)


def test_a_run_without_an_operation_or_without_an_act_is_drawn_too(axes: Any) -> None:
    quiet = InfluenceModel(scenario="quiet", scale=0.001, seed=1, overrides=["scenario.days=1"])
    quiet.plot_network(nodes=40, ax=axes)  # before its first step: nothing to draw
    assert axes.get_legend() is None
    quiet.run()
    quiet.plot_network(nodes=40, ax=axes)
    assert axes.get_legend() is not None


@pytest.mark.parametrize("nodes", [1, 2001, 40.0])
def test_a_picture_has_a_number_of_nodes_that_can_be_looked_at(nodes: Any) -> None:
    with pytest.raises(ConfigError, match=r"nodes must be a whole number in \[2, 2000\]"):
        run().plot_network(nodes=nodes)


@pytest.mark.parametrize("wrong", [-1, 10**9, 1.5])
def test_what_is_no_pseudonym_stands_for_no_account(wrong) -> None:
    with pytest.raises(ConfigError, match=r"pseudonyms must be whole numbers in \[0, \d+\); got"):
        InfluenceModel(tiny(1)).accounts_of(np.array([0, wrong]))

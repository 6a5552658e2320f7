"""Multiplex: ties and scores by plain loops, NetworkX's communities, and groups that hide in several traces."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from networkx import Graph
from networkx.algorithms.community import louvain_communities, modularity

from detectors.multiplex import Multiplex
from detectors.parts.coactions import Layer
from detectors.testing.check import check, scores_of
from sim.observation import POST, REPOST, Observation

PEOPLE, HOUR = 40, 3600
Act = tuple[int, int, int]  # second, account, object


def acts(seed: int, n: int, crew: int = 0) -> list[Act]:
    """Return acts of people at any time on any of 60 objects, and of a crew, each on its own ones within a minute."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    found = [(int(draw.integers(0, 10 * HOUR)), int(draw.integers(crew, PEOPLE)), int(draw.integers(1, 61)))
             for _ in range(n)]  # fmt: skip
    found += [(HOUR * k + 7 * who, who, 100 + k) for k in range(8) for who in range(crew)]
    return sorted(found)


def seen(reposts: list[Act], links: list[Act] = ()) -> Observation:  # type: ignore[assignment]
    rows = sorted([(*act, REPOST) for act in reposts] + [(*act, POST) for act in links])
    time, account, item, kind = np.array(rows, np.int64).reshape(-1, 4).T
    fields = {
        "time": time, "account": account.astype(np.int32), "kind": kind.astype(np.int8),
        "post": np.where(kind == REPOST, item, 1000 + np.arange(time.size)),
        "author": np.where(kind == REPOST, PEOPLE, account).astype(np.int32), "url": np.where(kind == POST, item, 0),
    }  # fmt: skip
    return Observation(step=0, start=0, end=10 * HOUR, n_accounts=PEOPLE + 1, columns={}, events=fields)


def slow_ties(done: list[Act], seconds: float) -> dict[tuple[int, int], float]:
    by_object, count, ties = defaultdict(list), defaultdict(int), defaultdict(float)
    for time, who, item in done:
        by_object[item].append((time, who))
        count[who] += 1
    for pairs in by_object.values():
        for place, (t, a) in enumerate(pairs):
            for u, b in pairs[place + 1 :]:
                if a != b:
                    ties[min(a, b), max(a, b)] += math.exp(-abs(t - u) / seconds) / (len(pairs) - 1)
    return {(a, b): total / math.sqrt(count[a] * count[b]) for (a, b), total in ties.items()}


def test_ties_of_a_layer_are_those_of_plain_loops() -> None:
    done = acts(1, 300)
    time, account, item = np.array(done).T
    layer = Layer.of(time, account, item, PEOPLE, most_acts=100, most_pairs=10**6)
    one, other, weight = layer.ties(600.0)
    found = dict(zip(zip(one.tolist(), other.tolist(), strict=True), weight.tolist(), strict=True))
    assert found == pytest.approx(slow_ties(done, 600.0))


def test_communities_and_scores_are_those_of_plain_loops_and_networkx() -> None:
    done, most = acts(2, 200, crew=5), (0.0, 0.0)
    detector = Multiplex(["repost"], minutes=[1.0, 10.0, 600.0])
    scores = scores_of(detector, [seen(done)])
    order = list(dict.fromkeys(who for _, who, _ in done))  # accounts by first appearance
    for minutes in (1.0, 10.0, 600.0):
        graph = Graph()
        ties = slow_ties([(t, order.index(a), item) for t, a, item in done], 60.0 * minutes)
        graph.add_weighted_edges_from((a, b, ties[a, b]) for a, b in sorted(ties) if round(ties[a, b], 12) > 0)
        q = modularity(graph, louvain_communities(graph, seed=0))
        most = max(most, (round(q, 12), -minutes))
    assert detector.chosen == {"repost": -most[1]}

    groups = [set(group.tolist()) for group in detector.groups()]
    group_of = {who: place for place, group in enumerate(groups) for who in group}
    along: dict[int, float] = defaultdict(float)
    for item in {item for *_, item in done}:
        on_it = [(time, who) for time, who, other in done if other == item]
        for t, a in on_it:
            for u, b in on_it:
                if a != b and a in group_of and group_of[a] == group_of.get(b):
                    along[a] += math.exp(-abs(t - u) / (60.0 * detector.chosen["repost"])) / (len(on_it) - 1)
    for who in range(PEOPLE):
        own = sum(1 for _, other, _ in done if other == who)
        if own >= 3:
            assert scores[who] == pytest.approx(along[who] / own)
        else:
            assert np.isnan(scores[who])


def test_a_crew_is_found_in_one_trace_and_when_it_acts_by_two() -> None:
    for reposts, links in (
        (acts(3, 300, crew=6), []),
        ([act for act in acts(3, 300, crew=6) if act[2] % 2 or act[2] <= 60],
         [act for act in acts(3, 300, crew=6) if not act[2] % 2 and act[2] > 60]),
    ):  # fmt: skip
        detector = Multiplex(["repost", "url"], minutes=[1.0, 10.0])
        scores = scores_of(detector, [seen(reposts, links)])
        assert scores[:6].min() > np.nanmax(scores[6:])
        assert set(range(6)) <= set(detector.groups()[0].tolist()) or any(
            set(range(6)) <= set(group.tolist()) for group in detector.groups()
        )
        assert "accompanied" in detector.explain(0).sentence


def test_objects_of_too_many_acts_are_left_out_by_either_bound() -> None:
    time, account, item = np.array([(t, t % 20, 1 if t < 20 else 2 + t // 2) for t in range(60)]).T
    whole = Layer.of(time, account, item, 20, most_acts=20, most_pairs=10**6)
    for bounds in ({"most_acts": 19, "most_pairs": 10**6}, {"most_acts": 20, "most_pairs": 100}):
        layer = Layer.of(time, account, item, 20, **bounds)
        assert whole.tie.size == 190 + layer.tie.size
        assert layer.tie.size == 20


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"traces": []}, r"traces must be a list of one or more; got \[\]"),
        ({"traces": "url"}, "traces must be a list of one or more; got 'url'"),
        ({"traces": ["url", "url"]}, "traces must name different traces"),
        ({"traces": ["mention"]}, "trace must be one of repost, url, hashtags, text; got 'mention'"),
        ({"minutes": [0.0]}, "minutes must be above 0 and finite; got 0.0"),
        ({"min_group": 1}, "min_group must be at least 2; got 1"),
    ],
)
def test_wrong_parameters_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"Multiplex.{message}"):
        Multiplex(**given)  # type: ignore[arg-type]


@pytest.mark.slow
def test_it_keeps_the_protocol() -> None:
    check(lambda: Multiplex(["repost", "url"], 12.0, minutes=[10.0], min_acts=2))

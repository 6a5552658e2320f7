"""Presets rank as the programs of the papers' authors do: their rules, written again with pandas and scikit-learn."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity

from detectors.co_repost import CoRepost
from detectors.co_url import CoUrl
from detectors.fast_repost import FastRepost
from detectors.fused import Fused
from detectors.hashtag_sequence import HashtagSequence
from detectors.parts.cosines import BLOCK
from detectors.parts.rules import NO_LIMIT, affordable
from detectors.testing.check import check, scores_of
from detectors.windowed_co_repost import WindowedCoRepost
from sim.observation import POST, REPOST, Observation

PEOPLE, HOUR = 40, 3600


def reposts(seed: int, acts: int = 900, posts: int = 60) -> pd.DataFrame:
    """Return reposts, some of them of one post by one account again, popular and rare posts among them."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    return pd.DataFrame({
        "time": np.sort(draw.integers(0, HOUR, acts)), "account": (PEOPLE * draw.random(acts) ** 2).astype(int),
        "post": (posts * draw.random(acts) ** 2).astype(int),
    })  # fmt: skip


def step(log: pd.DataFrame, **more: np.ndarray) -> Observation:
    fields = {
        "time": log["time"].to_numpy(np.int64), "account": log["account"].to_numpy(np.int32),
        "post": log["post"].to_numpy(np.int64), "kind": np.full(len(log), REPOST, np.int8),
        "author": np.full(len(log), PEOPLE, np.int32),
    }  # fmt: skip
    return Observation(step=0, start=0, end=HOUR, n_accounts=PEOPLE + 1, columns={}, events=fields | more)


def largest(cosine: np.ndarray) -> np.ndarray:
    np.fill_diagonal(cosine, 0.0)
    return cosine.max(axis=1)


@pytest.mark.parametrize("seed", [1, 2])
def test_pacheco2021_is_their_vectorizer(seed: int) -> None:
    log = reposts(seed)
    support = log["account"].value_counts()
    texts = {
        who: group["post"].astype(str).tolist()
        for who, group in log[log["account"].isin(support[support > 10].index)].groupby("account")
        if group["post"].nunique() > 1
    }
    vectors = TfidfVectorizer(analyzer=lambda text: text, sublinear_tf=True, min_df=3).fit_transform(texts.values())
    expected = np.full(PEOPLE + 1, np.nan)
    expected[list(texts)] = largest(cosine_similarity(vectors))
    found = scores_of(CoRepost(preset="pacheco2021"), [step(log)])
    assert 10 < np.isfinite(expected).sum() < PEOPLE
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("seed", [1, 2])
def test_luceri2024_is_their_table_of_reposts(seed: int) -> None:
    log = reposts(seed, posts=700)
    count = log["account"].value_counts()
    kept = log[log["account"].isin(count[count >= 20].index)].drop_duplicates(["account", "post"])
    reposters = kept["post"].value_counts()
    table = pd.crosstab(kept["account"], kept["post"])[reposters[reposters > 1].index]
    table = table[table.sum(axis=1) > 0]
    expected = np.full(PEOPLE + 1, np.nan)
    expected[count[count >= 20].index] = 0.0
    expected[table.index] = largest(cosine_similarity(TfidfTransformer().fit_transform(table.to_numpy())))
    found = scores_of(CoRepost(preset="luceri2024"), [step(log)])
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_fast_reposts_of_luceri2024_are_asked_for_twice_and_weighed_by_how_often() -> None:
    draw = np.random.Generator(np.random.Philox(key=3))
    posts = pd.DataFrame({"post": np.arange(200), "author": draw.integers(0, 8, 200), "written": np.arange(200) * 15})
    log = reposts(4, acts=2500, posts=200).drop(columns="time").merge(posts, on="post")
    log["time"] = log["written"] + draw.integers(0, 25, len(log))
    log = log[log["account"] != log["author"]].sort_values("time", kind="stable")
    fast = log[log["time"] - log["written"] <= 10].groupby(["account", "author"]).size()
    table = fast[fast > 1].unstack(fill_value=0)
    expected = np.full(PEOPLE + 1, np.nan)
    expected[table.index] = largest(cosine_similarity(TfidfTransformer().fit_transform(table.to_numpy(float))))
    assert (table.to_numpy() > 2).any()

    both = pd.concat(
        [posts.assign(account=posts["author"], time=posts["written"], kind=POST), log.assign(kind=REPOST)]
    ).sort_values(["time", "kind"], key=lambda part: part if part.name == "time" else part != POST, kind="stable")
    seen = step(both, kind=both["kind"].to_numpy(np.int8), author=both["author"].to_numpy(np.int32))
    np.testing.assert_allclose(scores_of(FastRepost(preset="luceri2024"), [seen]), expected, atol=1e-9)


@pytest.mark.parametrize("seed", [5, 6])
def test_coortweet_is_its_pairs_edge_for_edge(seed: int) -> None:
    log = reposts(seed, acts=1500).reset_index(names="content")
    acts = log["account"].value_counts()
    kept = log[log["account"].isin(acts[acts >= 2].index)]
    pairs = kept.merge(kept, on="post")
    pairs = pairs[(pairs["content_x"] < pairs["content_y"]) & (pairs["account_x"] != pairs["account_y"])]
    pairs = pairs[(pairs["time_x"] - pairs["time_y"]).abs() <= 10]
    joint = kept[kept["content"].isin({*pairs["content_x"], *pairs["content_y"]})]["account"].value_counts()
    twice = set(joint[joint >= 2].index)
    pairs = pairs[pairs["account_x"].isin(twice) | pairs["account_y"].isin(twice)]
    ends = np.sort(pairs[["account_x", "account_y"]].to_numpy(), axis=1)
    weight = pd.Series(1, pd.MultiIndex.from_arrays(ends.T)).groupby(level=[0, 1]).sum()
    weight = weight[weight > weight.quantile(0.5)]

    detector = WindowedCoRepost(preset="coortweet")
    scores = scores_of(detector, [step(log)])
    found = {(a, b): w for a, b, w in zip(*(part.tolist() for part in detector.edges()), strict=True) if a < b}
    assert len(found) > 20
    assert found == weight.to_dict()
    best = pd.concat([weight.droplevel(1), weight.droplevel(0)]).groupby(level=0).max()
    for who in range(PEOPLE):
        if acts.get(who, 0) >= 2:
            assert scores[who] == pytest.approx(min(best.get(who, 0) / acts[who], 1.0))


def test_ties_of_equal_weight_give_the_centrality_of_the_authors_program() -> None:
    draw = np.random.Generator(np.random.Philox(key=7))
    fields = {
        "time": np.arange(200), "account": draw.integers(0, PEOPLE, 200).astype(np.int32),
        "kind": np.full(200, POST, np.int8), "url": draw.integers(0, 30, 200), "hashtags": draw.integers(0, 30, 200),
    }  # fmt: skip
    seen = Observation(step=0, start=0, end=HOUR, n_accounts=PEOPLE, columns={}, events=fields)
    detector = Fused({"links": CoUrl(), "tags": HashtagSequence()}, weighted=False, iterations=20_000)
    scores_of(detector, [seen])
    accounts, one, other, _ = detector.network()
    graph = nx.Graph(zip(accounts[one].tolist(), accounts[other].tolist(), strict=True))
    assert nx.is_connected(graph)
    theirs = nx.eigenvector_centrality(graph, max_iter=5000)
    most = max(theirs.values())
    np.testing.assert_allclose(detector.centrality()[list(graph)], [theirs[node] / most for node in graph], atol=1e-4)


def test_work_is_bounded_and_where_exactness_ends_is_said() -> None:
    log = reposts(8)
    exact, bounded = CoRepost(max_reposters=None, max_work=None), CoRepost(max_reposters=None, max_work=3000)
    scores, fewer = scores_of(exact, [step(log)]), scores_of(bounded, [step(log)])
    assert exact.inexact_from is None
    assert bounded.inexact_from is not None
    holders = log.drop_duplicates(["account", "post"])["post"].value_counts()
    assert 3 <= bounded.inexact_from <= holders.max()
    assert (fewer <= scores)[~np.isnan(scores)].all()
    assert (fewer < scores).any()
    enough = CoRepost(max_reposters=None, max_work=10**6)
    assert scores_of(enough, [step(log)]).tobytes() == scores.tobytes()


@pytest.mark.parametrize("most", [None, 4])
def test_the_bound_is_the_largest_whose_additions_fit(most: int | None) -> None:
    holders = np.array([1, 2, 2, 7, 7, 30, 31])

    def work(limit: int) -> int:
        return sum(1 for d in holders.tolist() for a, _ in combinations(range(d), 2) if a < limit)

    for allowed in (1, 50, 200, 400, 10_000):
        limit = affordable(holders, most, allowed)
        assert limit == NO_LIMIT or work(limit) <= allowed or limit == 1
        if limit != NO_LIMIT and limit != most:
            assert work(limit + 1) > allowed
    assert (affordable(holders, most, None) == NO_LIMIT) == (most is None)


def test_more_accounts_than_a_block_are_compared_across_blocks() -> None:
    draw, n = np.random.Generator(np.random.Philox(key=9)), BLOCK + 3000
    account, post = np.repeat(np.arange(n), 2), draw.integers(0, n, 2 * n)
    fields = {
        "time": np.arange(2 * n) // 100, "account": account.astype(np.int32), "kind": np.full(2 * n, REPOST, np.int8),
        "post": post, "author": np.full(2 * n, n, np.int32),
    }  # fmt: skip
    seen = Observation(step=0, start=0, end=HOUR, n_accounts=n + 1, columns={}, events=fields)
    detector = CoRepost(min_reposts=1, max_reposters=None, min_holders=1)
    found = scores_of(detector, [seen])
    held = csr_array((np.ones(2 * n), (account, post)))
    held.data[:] = 1.0
    vectors = TfidfTransformer().fit_transform(held)
    cosine = (vectors @ vectors.T).tocoo()
    apart = cosine.row != cosine.col
    expected = np.zeros(n)
    np.maximum.at(expected, cosine.row[apart], cosine.data[apart])
    np.testing.assert_allclose(found[:n], expected, atol=1e-9)
    counts, one, _, similarity = detector.heaviest_pairs(500)
    assert counts.sum() * 2 == apart.sum()
    detector.keep_pairs = 500  # then they come from the same pass as the scores
    assert detector.score().tobytes() == found.tobytes()
    assert detector.heaviest_pairs(500)[0].tobytes() == counts.tobytes()
    assert one.size >= 500 or one.size == counts.sum()
    assert np.sort(similarity)[-100:] == pytest.approx(np.sort(cosine.data[apart])[-200::2], abs=1e-9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CoRepost(preset="mine"), "CoRepost.preset must be None or one of pacheco2021, luceri2024; got 'mine'"),
        (lambda: FastRepost(preset="pacheco2021"), "FastRepost.preset must be None or one of luceri2024"),
        (lambda: WindowedCoRepost(preset="x"), "WindowedCoRepost.preset must be None or coortweet; got 'x'"),
        (lambda: CoRepost(counts="often"), "CoRepost.counts must be one of binary, linear, sublinear; got 'often'"),
        (lambda: CoUrl(min_holders=0), "CoUrl.min_holders must be at least 1; got 0"),
        (lambda: CoUrl(max_work=0), "CoUrl.max_work must be at least 1, or None for no limit; got 0"),
    ],
)
def test_wrong_rules_are_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.slow
def test_presets_keep_the_protocol() -> None:
    check(lambda: CoRepost(12.0, min_holders=2, counts="sublinear"))
    check(lambda: WindowedCoRepost(12.0, preset="coortweet"), says_little=True)

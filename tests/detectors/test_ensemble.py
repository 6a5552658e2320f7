"""Ensembles: ranks by hand, what stacking learns, and what may not be a member."""

import numpy as np
import pytest
from scipy.stats import percentileofscore
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors.base import Detector, DetectorError, Evidence
from detectors.co_repost import CoRepost
from detectors.creation_burst import CreationBurst
from detectors.ensemble import RankAverage, Stacking
from detectors.oracle import OracleDetector
from detectors.profile_forest import ProfileForest
from detectors.sybilscar import SybilScar
from detectors.testing.check import check, scores_of, synthetic_steps
from sim.config.detector import load_detector
from sim.observation import Observation


class Given(Detector):
    """Returns the scores that it is given."""

    requires = frozenset()

    def __init__(self, scores):
        self.scores, self.steps = np.asarray(scores, float), 0

    def observe(self, observation):
        self.steps += 1

    def score(self):
        return self.scores.copy()

    def explain(self, account):
        return Evidence(account, f"It was given {self.scores[account]}.")


def step(n):
    return Observation(step=0, start=0, end=60, n_accounts=n, columns={}, events={})


def noisy(seed, n=3000):
    """Labels, and scores of a good, a bad and an upside-down detector, each blind to a third."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    labels = draw.random(n) < 0.1
    scores = np.stack([1 / (1 + np.exp(-(signal * labels + draw.normal(size=n)))) for signal in (2.0, 0.0, -1.5)])
    scores[draw.random(scores.shape) < 1 / 3] = np.nan
    return labels, dict(zip(("good", "bad", "inverted"), map(Given, scores), strict=True))


def test_a_score_is_the_mean_of_the_ranks_that_there_are():
    one, other = [0.1, 0.2, 0.2, np.nan, np.nan], [0.9, np.nan, 0.1, 0.5, np.nan]
    scores = scores_of(RankAverage({"one": Given(one), "other": Given(other)}), [step(5)])
    ranks = [
        [percentileofscore(np.array(of)[~np.isnan(of)], s, "mean", nan_policy="propagate") / 100 for s in of]
        for of in (one, other)
    ]
    # a mean percentile counts equals half and the account itself half: (less + equals / 2) / n
    np.testing.assert_allclose(scores, [np.nanmean(pair) if not np.isnan(pair).all() else np.nan
                                        for pair in np.array(ranks).T])  # fmt: skip
    few = scores_of(RankAverage({"one": Given(one), "other": Given(other)}, min_members=2), [step(5)])
    assert np.isnan(few).tolist() == [False, True, False, True, True]


def test_only_the_order_of_a_members_scores_counts():
    labels, members = noisy(1)
    squared = {name: Given(member.scores**3 / 7) for name, member in members.items()}
    assert (
        scores_of(RankAverage(members), [step(labels.size)]).tobytes()
        == scores_of(RankAverage(squared), [step(labels.size)]).tobytes()
    )


def test_stacking_learns_which_members_to_trust_and_ranks_do_not():
    labels, members = noisy(1)
    stacked = Stacking(members)
    stacked.fit([step(labels.size)], labels)
    labels, again = noisy(2)
    stacked.members = again
    scores = scores_of(stacked, [step(labels.size)])
    known = ~np.isnan(scores)
    learnt = roc_auc_score(labels[known], scores[known])
    assert learnt > 0.85
    average = scores_of(RankAverage(again), [step(labels.size)])
    assert learnt > roc_auc_score(labels[known], average[known]) + 0.2


def test_stacking_is_scikit_learns_regression_on_scores_and_whether_there_are_any():
    labels, members = noisy(3)
    stacked = Stacking(members)
    stacked.fit([step(labels.size)], labels)
    table = np.stack([member.scores for member in members.values()])
    inputs = np.concatenate([np.nan_to_num(table), ~np.isnan(table)]).T
    known = ~np.isnan(table).all(axis=0)
    model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(inputs[known], labels[known])
    expected = np.where(known, model.predict_proba(inputs)[:, 1], np.nan)
    np.testing.assert_allclose(scores_of(stacked, [step(labels.size)]), expected, atol=1e-6)


def test_training_uses_up_copies_and_trains_members_that_must_be():
    members = {"profile_forest": ProfileForest(trees=5, min_leaf=2), "given": Given(np.linspace(0, 1, 60))}
    stacked = Stacking(members)
    stacked.fit(iter(synthetic_steps(seed=6)), np.arange(60) % 3 == 0)
    assert members["given"].steps == 0
    assert np.isfinite(scores_of(stacked, synthetic_steps(seed=7))).all()
    assert members["given"].steps == 12


def test_the_reason_is_that_of_the_member_that_weighs_most():
    ensemble = RankAverage({"one": Given([0.1, 0.9, np.nan]), "other": Given([0.9, 0.1, np.nan])})
    scores_of(ensemble, [step(3)])
    assert ensemble.explain(0).sentence.startswith("0.50 in all, most of it by other: It was given 0.9")
    assert dict(ensemble.explain(1).facts) == {"score": 0.5, "one": 0.75, "other": 0.25}
    assert "No member" in ensemble.explain(2).sentence


def test_before_it_is_trained_stacking_says_so():
    for use in (lambda s: s.observe(step(2)), lambda s: s.score()):
        with pytest.raises(DetectorError, match="Stacking must be trained before it is used: call fit"):
            use(Stacking({"one": Given([0.0, 1.0])}))


def test_what_cannot_be_learnt_from_is_refused():
    stacked = Stacking({"one": Given([0.0, 1.0])})
    with pytest.raises(DetectorError, match="one label an account, 2; got"):
        stacked.fit([step(2)], np.array([True]))
    with pytest.raises(DetectorError, match="both kinds; got no other"):
        stacked.fit([step(2)], np.array([True, True]))
    with pytest.raises(DetectorError, match="at least one observation"):
        stacked.fit([], np.array([True, False]))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: RankAverage({}), "RankAverage.members must hold at least one"),
        (lambda: RankAverage({"x": 3}), "RankAverage.members.x must be a detector; got int"),
        (lambda: Stacking({"x": OracleDetector()}), "Stacking.members.x sees the truth"),
        (lambda: RankAverage({"x": ProfileForest()}), "RankAverage.members.x must be trained: use Stacking"),
        (lambda: RankAverage({"x": Given([0])}, 2), r"RankAverage.min_members must lie in \[1, 1\]; got 2"),
        (lambda: Stacking({"x": Given([0])}, 0), "Stacking.max_per_class must be at least 1"),
    ],
)
def test_wrong_members_and_parameters_are_refused(made, message):
    with pytest.raises(ValueError, match=message):
        made()


def test_its_file_takes_its_members_from_theirs():
    ensemble = load_detector("ensemble")
    assert list(ensemble.members) == ["co_repost", "creation_burst", "sybilscar"]
    assert ensemble.members["co_repost"].window_hours == load_detector("co_repost").window_hours
    assert isinstance(load_detector("stacking"), Stacking)


@pytest.mark.parametrize("name", ["ensemble", "stacking"])
def test_the_members_in_conf_take_the_graph_of_a_full_size_scenario(name):
    ties_of_hk2019 = 46_000_000
    assert load_detector(name).members["sybilscar"].max_ties > ties_of_hk2019


def members():
    return {"co_repost": CoRepost(min_reposts=2), "burst": CreationBurst(), "sybilscar": SybilScar()}


def test_the_rank_average_keeps_the_protocol():
    check(lambda: RankAverage(members()))


def test_stacking_keeps_the_protocol():
    def made():
        stacked = Stacking(members())
        stacked.fit(synthetic_steps(seed=6), np.arange(60) % 3 == 0)
        return stacked

    check(made)

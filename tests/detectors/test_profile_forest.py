"""The profile forest: what it learns, that it must learn first, and that rounding keeps what it needs."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from detectors.base import DetectorError
from detectors.profile_forest import FEATURES, ProfileForest
from detectors.testing.check import check, scores_of, synthetic_steps
from sim.observation import Observation

DAY = 86_400
COUNTS = ("post_count", "follower_count", "following_count")


def people(seed, n=2000, share=0.2, apart=2.0):
    """Return a step and labels: fakes have e**apart times fewer followers, and are younger."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    fake = draw.random(n) < share
    columns = {
        "registered": np.ones(n, np.bool_),
        "created": -(np.exp(draw.normal(6.0, 1.0, n) - apart / 2 * fake) * DAY).astype(np.int64),
        "post_count": np.exp(draw.normal(5.0, 2.0, n)).astype(np.int32),
        "follower_count": np.exp(draw.normal(5.0, 1.5, n) - apart * fake).astype(np.int32),
        "following_count": np.exp(draw.normal(5.0, 1.0, n)).astype(np.int32),
        "default_image": draw.random(n) < 0.1, "empty_bio": draw.random(n) < 0.3, "verified": draw.random(n) < 0.01,
    }  # fmt: skip
    return Observation(step=0, start=-60, end=0, n_accounts=n, columns=columns, events={}), fake


def trained(**parameters):
    forest = ProfileForest(**{"trees": 20, **parameters})
    forest.fit(*_listed(people(1)))
    return forest


def _listed(pair):
    return [pair[0]], pair[1]


def test_it_separates_accounts_that_it_was_not_trained_on():
    seen, fake = people(2)
    assert roc_auc_score(fake, scores_of(trained(), [seen])) > 0.8


def test_where_profiles_are_alike_it_is_no_better_than_chance():
    """An AUC of 400 against 1,600 at random has a standard deviation of 0.016."""
    forest = ProfileForest(trees=20)
    forest.fit(*_listed(people(1, apart=0.0)))
    seen, fake = people(2, apart=0.0)
    assert abs(roc_auc_score(fake, scores_of(forest, [seen])) - 0.5) < 0.07


def test_before_it_is_trained_it_says_so():
    for use in (lambda f: f.observe(people(1)[0]), lambda f: f.score()):
        with pytest.raises(DetectorError, match="ProfileForest must be trained before it is used: call fit"):
            use(ProfileForest())


def test_it_learns_from_the_last_step_and_from_registered_accounts():
    first, fake = people(1)
    forest, again = ProfileForest(trees=5), ProfileForest(trees=5)
    forest.fit([people(7)[0], first], fake)
    again.fit([first], fake)
    seen = people(2)[0]
    assert scores_of(forest, [seen]).tobytes() == scores_of(again, [seen]).tobytes()
    columns = {name: first.column(name) for name in first.columns}
    columns["registered"] = ~fake
    only = Observation(step=0, start=-60, end=0, n_accounts=2000, columns=columns, events={})
    with pytest.raises(DetectorError, match="needs accounts of both kinds; got no of the operation's"):
        forest.fit([only], fake)
    with pytest.raises(DetectorError, match="one label an account, 2000; got"):
        forest.fit([first], fake[1:])
    with pytest.raises(DetectorError, match="at least one observation"):
        forest.fit([], fake)


def test_an_account_that_is_not_registered_is_unscored():
    seen = people(2)[0]
    columns = {name: seen.column(name) for name in seen.columns}
    columns["registered"] = np.arange(2000) > 0
    forest = trained()
    scores = scores_of(forest, [Observation(step=0, start=-60, end=0, n_accounts=2000, columns=columns, events={})])
    assert np.isnan(scores).tolist() == [True] + [False] * 1999
    assert "Not registered" in forest.explain(0).sentence
    assert "of the forest takes the profile" in forest.explain(1).sentence


def test_features_are_the_profiles_to_the_rounding():
    forest, seen = ProfileForest(steps_per_doubling=16), people(3)[0]
    features = forest._features(forest._profiles(seen))
    assert features.shape == (2000, len(FEATURES))
    shown = {name: seen.column(name).astype(float) for name in COUNTS}
    age = np.maximum(-seen.column("created") / DAY, 1.0)
    for place, name in enumerate(COUNTS):
        np.testing.assert_allclose(1 + features[:, place], 1 + shown[name], rtol=0.022)
        np.testing.assert_allclose(features[:, 3 + place], shown[name] / age, rtol=0.05, atol=0.03 / age.min())
    for place, name in enumerate(("default_image", "empty_bio", "verified")):
        assert (features[:, 7 + place] == seen.column(name)).all()


def test_equal_seeds_grow_equal_forests():
    seen = people(2)[0]
    scores = [scores_of(trained(seed=seed), [seen]).tobytes() for seed in (0, 0, 1)]
    assert scores[0] == scores[1] != scores[2]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"trees": 0}, "ProfileForest.trees must be at least 1"),
        ({"min_leaf": 0}, "ProfileForest.min_leaf must be at least 1"),
        ({"max_per_class": 0}, "ProfileForest.max_per_class must be at least 1"),
        ({"steps_per_doubling": 17}, r"steps_per_doubling must lie in \[1, 16\]"),
        ({"seed": -1}, r"ProfileForest.seed must lie in"),
    ],
)
def test_wrong_parameters_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        ProfileForest(**given)


def test_it_keeps_the_protocol():
    def made():
        forest = ProfileForest(trees=10, min_leaf=2)
        forest.fit(synthetic_steps(seed=6), np.arange(60) % 3 == 0)
        return forest

    check(made)

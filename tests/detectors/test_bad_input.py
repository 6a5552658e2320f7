"""What comes from outside and does not fit is refused in one line: it indexes nothing."""

import copy
import re

import numpy as np
import pytest

from detectors import (
    Access,
    Activity,
    CoRepost,
    DetectorError,
    FastRepost,
    Fraudar,
    Fused,
    OfficeHours,
    ProfileForest,
    RankAverage,
    RepostShare,
    Stacking,
    SybilRank,
    SybilScar,
    WindowedCoRepost,
)
from detectors.testing.check import scores_of
from detectors.testing.synthetic_log import synthetic_operation, synthetic_steps
from tests.detectors.testing.test_check import SHIPPED, trained


@pytest.mark.parametrize("name", SHIPPED)
def test_a_step_of_other_accounts_is_refused(name: str) -> None:
    detector = copy.deepcopy(trained(name))
    detector.observe(synthetic_steps(seed=1)[0])
    fewer = synthetic_steps(seed=1, n_accounts=10)[1]
    with pytest.raises(DetectorError, match="n_accounts must be the same in every step; got 10 after 60"):
        detector.observe(fewer)


@pytest.mark.parametrize(
    ("account", "message"),
    [(60, r"account must lie in \[0, 60\); got 60"), (-1, "got -1"), (1.5, r"a whole number in \[0, 60\); got 1.5"),
     ("3", r"a whole number in \[0, 60\); got '3' \(str\)"), (float("nan"), "got nan"), (True, "got True")],
)  # fmt: skip
@pytest.mark.parametrize("name", SHIPPED)
def test_no_reason_is_given_for_an_account_that_does_not_exist(name: str, account: object, message: str) -> None:
    detector = copy.deepcopy(trained(name))
    scores_of(detector, synthetic_steps(seed=1))
    with pytest.raises(DetectorError, match=message):
        detector.explain(account)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CoRepost(window_hours="x"), "CoRepost.window_hours must be a number; got 'x'."),
        (lambda: CoRepost(window_hours=True), "CoRepost.window_hours must be a number; got True."),
        (lambda: CoRepost(min_reposts=1.5), "CoRepost.min_reposts must be a whole number; got 1.5."),
        (lambda: CoRepost(max_reposters="x"), "CoRepost.max_reposters must be a whole number; got 'x'."),
        (lambda: CoRepost().groups("x"), "CoRepost.groups.threshold must be a number; got 'x'."),
        (lambda: Access(chance=None), "Access.chance must be a number; got None."),
        (lambda: RepostShare(window_hours=0.0), "RepostShare.window_hours must be above 0 and finite; got 0.0."),
        (lambda: RepostShare(min_acts=0), "RepostShare.min_acts must be at least 1; got 0."),
        (lambda: Activity(half=-1), "Activity.half must be above 0 and finite; got -1."),
        (lambda: OfficeHours(utc_offset_hours=15), "OfficeHours.utc_offset_hours must lie in [-14, 14]; got 15."),
        (
            lambda: OfficeHours(first_hour=18, last_hour=8),
            "OfficeHours.first_hour must be at least 0 and below last_hour, which is at most 24; got 18 and 8.",
        ),
        (lambda: OfficeHours(weekdays=1), "OfficeHours.weekdays must be true or false; got 1."),
        (lambda: FastRepost(seconds="x"), "FastRepost.seconds must be a number; got 'x'."),
        (lambda: Fraudar(softening="x"), "Fraudar.softening must be a number; got 'x'."),
        (lambda: Fused(traces=[CoRepost]), "Fused.traces must be a mapping of names to detectors; got "),
        (lambda: Fused(min_similarity="x"), "Fused.min_similarity must be a number; got 'x'."),
        (lambda: ProfileForest(seed=1.5), "ProfileForest.seed must be a whole number; got 1.5."),
        (lambda: RankAverage([CoRepost]), "RankAverage.members must be a mapping of names to detectors; got "),
        (lambda: RankAverage({"a": CoRepost()}, "x"), "RankAverage.min_members must be a whole number; got 'x'."),
        (lambda: SybilRank(iterations=1.5), "SybilRank.iterations must be a whole number; got 1.5."),
        (lambda: SybilScar(homophily="x"), "SybilScar.homophily must be a number; got 'x'."),
        (lambda: WindowedCoRepost(seconds="x"), "WindowedCoRepost.seconds must be a number; got 'x'."),
    ],
)
def test_a_parameter_of_another_type_is_refused_in_one_line(make, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}.*$"):
        make()


@pytest.mark.parametrize("make", [ProfileForest, lambda: Stacking({"co_repost": CoRepost()})])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.arange(60) / 60, "labels that are True or False, or 1 or 0; got type float64"),
        (np.full(60, "yes"), "labels that are True or False, or 1 or 0; got type <U3"),
        (np.arange(60), "labels that are True or False, or 1 or 0; got 2"),
        (np.ones(59, bool), r"one label an account, 60; got \(59,\)"),
        (np.ma.masked_array(np.ones(60, bool), np.ones(60, bool)), "labels without a mask; got a masked array"),
        (np.zeros(60, bool), "of both kinds; got no of the operation's"),
        (np.ones(60, bool), "of both kinds; got no other"),
    ],
)
def test_labels_that_do_not_fit_are_refused(make, labels, message: str) -> None:
    with pytest.raises(DetectorError, match=message):
        make().fit(synthetic_steps(seed=1), labels)


def test_whole_numbers_serve_as_labels() -> None:
    scores = []
    for labels in (synthetic_operation(), synthetic_operation().astype(int)):
        forest = ProfileForest(trees=3, min_leaf=2)
        forest.fit(synthetic_steps(seed=1), labels)
        scores.append(scores_of(forest, synthetic_steps(seed=2)))
    assert scores[0].tobytes() == scores[1].tobytes()

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from detectors import DetectorError, Evidence, OracleDetector, RandomDetector, validate_scores
from detectors.base import Detector
from detectors.testing.check import check, scores_of
from sim.config.detector import load_detector
from sim.observation import Observation


def step(n_accounts, number=0):
    return Observation(step=number, start=0, end=60, n_accounts=n_accounts, columns={}, events={})


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([0.5], "must return a float64 array; got list"),
        (np.zeros(2, np.float32), "must return a float64 array; got type float32"),
        (np.zeros(3), r"must return shape \(2,\), one score an account; got \(3,\)"),
        (np.zeros((2, 1)), r"got \(2, 1\)"),
        (np.array([0.0, -0.1]), "must lie in \\[0, 1\\] or be NaN; got -0.1 for account 1"),
        (np.array([np.inf, 0.0]), "got inf for account 0"),
        (np.array([0.0, -np.inf]), "got -inf for account 1"),
    ],
)
def test_wrong_scores_are_refused_naming_the_detector_and_what_it_did(scores, message):
    with pytest.raises(DetectorError, match=f"detector mine: .*{message}"):
        validate_scores("mine", scores, 2)


def test_the_ends_of_the_range_and_nan_are_good_scores():
    scores = np.array([0.0, 1.0, np.nan])
    assert validate_scores("mine", scores, 3) is scores


def test_evidence_cannot_be_changed():
    evidence = Evidence(1, "why", {"score": 0.5})
    with pytest.raises(TypeError):
        evidence.facts["score"] = 1.0
    with pytest.raises(AttributeError):
        evidence.sentence = "other"


def test_the_random_detector_draws_its_scores_once_for_the_run():
    """An AUC of n against m at random has variance (n + m + 1) / (12 n m); 4 sd are passed by one seed in 16,000."""
    detector, labels = RandomDetector(seed=1), np.arange(8000) % 4 == 0
    first = scores_of(detector, [step(8000)])
    assert abs(roc_auc_score(labels, first) - 0.5) < 4 * np.sqrt(8001 / (12 * 2000 * 6000))
    assert scores_of(detector, [step(8000, 1)]).tobytes() == first.tobytes()
    assert abs((first >= 0.9).mean() - 0.1) < 4 * np.sqrt(0.09 / 8000)


def test_another_seed_draws_other_scores_and_zero_is_a_seed():
    draws = [scores_of(RandomDetector(seed), [step(5)]).tobytes() for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
    with pytest.raises(ValueError, match="seed must be at least 0; got -1"):
        RandomDetector(-1)


def test_the_oracle_separates_perfectly():
    detector, labels = OracleDetector(), np.array([True, False, True, False])
    detector.reveal(labels)
    scores = scores_of(detector, [step(4)])
    assert roc_auc_score(labels, scores) == 1.0
    assert "is the operation's" in detector.explain(0).sentence
    assert "is not the operation's" in detector.explain(1).sentence


def test_the_oracle_without_the_truth_says_so():
    with pytest.raises(DetectorError, match="call reveal before the run"):
        OracleDetector().score()
    detector = OracleDetector()
    with pytest.raises(DetectorError, match=r"one boolean an account; got shape \(2,\), type int64"):
        detector.reveal(np.array([0, 1]))
    detector.reveal(np.array([True]))
    with pytest.raises(DetectorError, match="1 labels for 2 accounts"):
        detector.observe(step(2))


def test_only_the_oracle_sees_the_truth():
    assert [load_detector(name).sees_truth for name in ("random", "co_repost", "oracle")] == [False, False, True]


def test_the_random_detectors_file_takes_the_runs_seed():
    assert load_detector("random", seed=7).seed == 7


def test_the_floor_keeps_the_protocol():
    check(RandomDetector, by_number=True)


class Faulty(Detector):
    """Breaks one rule at a time."""

    requires = frozenset({"account"})

    def __init__(self, fault):
        self.fault, self.n, self.calls = fault, None, 0

    def observe(self, observation):
        self.n = observation.n_accounts
        if self.fault == "reads what it did not require":
            observation.event("post")
        self.kept = np.zeros(self.n)

    def score(self):
        if self.n is None:
            if self.fault == "scores nothing":
                return np.zeros(0)
            raise DetectorError("too early")
        self.calls += 1
        if self.fault == "changes its mind":
            return np.full(self.n, self.calls / 100)
        if self.fault == "scores by number":
            return np.arange(self.n) / self.n
        return self.kept if self.fault == "returns its own" else self.kept.copy()

    def explain(self, account):
        return Evidence(0 if self.fault == "explains another" else account, "because")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("scores nothing", "before the first step must raise"),
        ("changes its mind", "a second score"),
        ("scores by number", "renumbering accounts changes scores"),
        ("returns its own", "returns its own array"),
        ("explains another", r"explain\(1\) speaks of account 0"),
    ],
)
def test_the_check_finds_a_detector_that_breaks_a_rule(fault, message):
    with pytest.raises(AssertionError, match=message):
        check(lambda: Faulty(fault), says_little=True)


def test_the_check_finds_a_detector_that_reads_what_it_did_not_require():
    with pytest.raises(ValueError, match="no event field 'post'"):
        check(lambda: Faulty("reads what it did not require"))


def test_the_check_passes_a_detector_that_breaks_none():
    check(lambda: Faulty("none"), says_little=True)

"""`reports`: its formula by hand, what it counts, and what it says."""

from __future__ import annotations

import numpy as np
import pytest

from detectors import DetectorError, ReaderReports
from sim.observation import BLOCK, POST, REPORT, REPOST, Observation

N, HOUR = 8, 3600


def step(acts: list[tuple[int, int, int]], reports: list[tuple[int, int, int, int]], number: int = 0) -> Observation:
    """Return an hour with acts (time, account, kind) and reports (time, reader, kind, author)."""
    time, account, kind = np.array(acts, np.int64).reshape(-1, 3).T
    when, who, what, author = np.array(reports, np.int64).reshape(-1, 4).T
    start = number * HOUR
    return Observation(
        step=number, start=start, end=start + HOUR, n_accounts=N, columns={},
        events={"time": time + start, "account": account, "kind": kind},
        reports={"time": when + start, "account": who, "kind": what, "post": author + 1, "author": author},
    )  # fmt: skip


#: Account 0 writes 6 posts and 1 writes 2; three people report 0, one of them twice, and two block 1.
ACTS = [*((second, 0, POST) for second in range(6)), (6, 1, POST), (7, 1, POST), (8, 2, REPOST)]
REPORTS = [(10, 4, REPORT, 0), (11, 4, REPORT, 0), (12, 5, REPORT, 0), (13, 6, REPORT, 0), (14, 4, BLOCK, 1),
           (15, 5, BLOCK, 1)]  # fmt: skip


def scores(detector: ReaderReports, *steps: Observation) -> list[float]:
    for seen in steps:
        detector.observe(seen)
    return detector.score().tolist()


def test_the_score_is_one_less_the_inverse_of_the_shrunk_ratio_of_people_to_what_posts_lead_to_expect() -> None:
    found = scores(ReaderReports(weight=0.5), step(ACTS, REPORTS))
    usual = 5 / 8  # reporters a post: three and two people, eight posts
    assert found[1] == pytest.approx(1 - (2 * usual + 0.5) / 2.5)
    assert found[0] == 0.0  # three people, where 3.75 are expected
    assert np.isnan(found[2:]).all()  # reposts are no posts


def test_blocks_count_only_if_asked_for() -> None:
    found = scores(ReaderReports(weight=0.5, blocks=False), step(ACTS, REPORTS))
    assert found[0] == pytest.approx(1 - (6 * 3 / 8 + 0.5) / 3.5)
    assert found[1] == 0.0


def test_who_wrote_before_the_window_and_is_reported_in_it_is_scored() -> None:
    late = step([(3, 1, POST)], [(4, 5, REPORT, 0)], number=2)
    found = scores(ReaderReports(window_hours=1.0), step(ACTS, REPORTS), late)
    assert found[0] == pytest.approx(1 - 1.0 / 2.0)  # nothing is expected of it
    assert found[1] == 0.0
    assert np.isnan(found[2:]).all()


def test_more_people_raise_the_score_and_one_person_many_times_does_not() -> None:
    one, many, crowd = (
        scores(ReaderReports(), step(ACTS, [(20 + k, who, REPORT, 1) for k, who in enumerate(people)]))[1]
        for people in ([4], [4, 4, 4], [4, 5, 6])
    )
    assert one == many < crowd < 1.0


def test_the_reason_says_how_many_people_and_how_many_are_usual() -> None:
    detector = ReaderReports()
    detector.observe(step(ACTS, REPORTS))
    with pytest.raises(DetectorError, match="asked for reasons before it scored"):
        detector.explain(0)
    detector.score()
    reason = detector.explain(1)
    assert reason.sentence == (
        "Reported or blocked by 2 people in the last 720 hours, where 1.2 are usual for its 2 posts."
    )
    assert dict(reason.facts) == {"reporters": 2, "expected": 1.25, "posts": 2}
    assert detector.explain(3).sentence == "Neither wrote nor was reported in the last 720 hours: nothing to say."


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"weight": 0.0}, "ReaderReports.weight must be above 0"), ({"blocks": 1}, "ReaderReports.blocks must be true"),
     ({"window_hours": -1.0}, "ReaderReports.window_hours must be above 0")],
)  # fmt: skip
def test_a_wrong_parameter_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReaderReports(**wrong)  # type: ignore[arg-type]

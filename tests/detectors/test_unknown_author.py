"""Logs from outside may not say who wrote what was reposted: `author` is then -1, which is nobody's place."""

import numpy as np
import pytest

from detectors.base import validate_scores
from detectors.testing.check import scores_of, synthetic_steps
from detectors.testing.transformations import changed
from sim.config.detector import load_detector

BY_AUTHOR = (
    "co_repost",
    "fast_repost",
    "fraudar",
    "fused",
    "null_model",
    "rtbust",
    "synchrotrap",
    "windowed_co_repost",
)


@pytest.mark.parametrize("name", BY_AUTHOR)
def test_a_detector_that_reads_authors_copes_with_those_who_are_not_known(name: str):
    steps = []
    for seen in synthetic_steps(seed=1, n_accounts=60):
        events = {field: seen.event(field) for field in seen.event_fields}
        unknown = np.arange(seen.n_events) % 2 == 0
        steps.append(changed(seen, events=events | {"author": np.where(unknown, -1, events["author"])}))
    detector = load_detector(name, seed=1)
    assert "author" in detector.requires
    scores = validate_scores(name, scores_of(detector, steps), 60)
    assert np.isfinite(scores).any() or name == "null_model"

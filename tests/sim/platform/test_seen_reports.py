"""The platform's staff see every report and block, under pseudonyms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim import InfluenceModel
from sim.observation import ObservationError
from tests.sim.platform.scripted import enforcement
from tests.sim.platform.test_blindness import Keeps
from tests.sim.test_model import tiny


def test_the_table_of_reports_is_the_log_under_pseudonyms() -> None:
    keeps = Keeps()
    keeps.requires = frozenset({"reports", "post", "author", "kind"})
    config = tiny(1, "organic.reports.people_share=1", "organic.reports.report_probability=0.02")
    model = InfluenceModel(config, keeps, enforcement=enforcement(math.inf))
    model.run()
    log, number = model.reader_reports, model.platform.pseudonyms
    seen = {name: np.concatenate([step.report(name) for step in keeps.seen]) for name in keeps.seen[0].report_fields}
    assert len(log) > 100
    assert seen["account"].tolist() == number[log["account"]].tolist()
    assert seen["author"].tolist() == number[log["author"]].tolist()
    assert seen["kind"].tolist() == log["kind"].tolist()
    assert (seen["time"] - config.scenario.start_epoch).tolist() == log["time"].tolist()
    written = {post for step in keeps.seen for post in step.event("post").tolist()}
    assert set(seen["post"].tolist()) <= written  # the same identifiers as in the events
    assert set(np.concatenate([step.event("kind") for step in keeps.seen]).tolist()) == {0, 1}


def test_who_does_not_ask_for_reports_gets_none() -> None:
    keeps = Keeps()
    keeps.requires = frozenset({"account"})
    InfluenceModel(tiny(), keeps, enforcement=enforcement(math.inf)).step()
    assert keeps.seen[0].report_fields == ()
    with pytest.raises(ObservationError, match="an observation has no report field 'time'; this one has none"):
        keeps.seen[0].report("time")

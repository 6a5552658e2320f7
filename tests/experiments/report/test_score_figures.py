"""The picture of a network has its accounts, by what they are known to be."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from experiments.report.score_figures import network_figure
from experiments.score.log import Log
from experiments.score.network import Network
from experiments.score.run import Result, Scored
from sim import ConfigError


def result() -> Result:
    none = np.empty(0, np.int64)
    log = Log(pa.array(["ann", "bob", "cem", "dee"]), none, none, none, none, none, {}, None, False)
    network = Network(np.array([0, 1]), np.array([1, 3]), np.array([0.5, 0.9]))
    return Result(log, [Scored("co_repost", np.zeros(4), network), Scored("activity", np.zeros(4))])


def test_accounts_with_edges_are_drawn_by_kind_and_grey_where_it_is_not_known() -> None:
    (ax,) = network_figure(result(), "co_repost", {"ann": "people", "bob": "operation", "cem": "people"}).axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["not known (1)", "operation (1)", "people (1)"]
    (ax,) = network_figure(result(), "co_repost").axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["not known (3)"]


@pytest.mark.parametrize("method", ["activity", "fused"])
def test_a_method_that_ties_nobody_is_refused(method: str) -> None:
    with pytest.raises(ConfigError, match=rf"must be one that found edges \(co_repost\); got '{method}'"):
        network_figure(result(), method)


def test_too_many_accounts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.report.score_figures._MOST", 2)
    with pytest.raises(ConfigError, match="ties 3 accounts, and 2 can be drawn"):
        network_figure(result(), "co_repost")

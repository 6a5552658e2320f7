"""The command that holds the core against the record prints a line for each quantity, and refuses wrong use."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.validation.operation import in_shared_minutes, main
from tests.experiments.validation.wrong_use import assert_refused

TINY = ["--scale", "0.002", "--seeds", "1", "scenario.days=3", "scenario.step_minutes=60"]


def test_it_prints_the_rows_of_the_core(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(TINY) == 0
    *table, empty, met = capsys.readouterr().out.strip().splitlines()
    assert {line.split("|")[1].strip() for line in table[2:]} == {"41", "42", "43", "44", "45", "47", "48", "–"}
    assert not empty
    assert met.startswith("Met in all figures: rows ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seeds", "0"], "--seeds must be at least 1; got 0."),
        (["--scale", "0"], "--scale must lie in (0, 1]; got 0."),
        (["operation.cells_per_post=-1"], "operation.cells_per_post must lie in [0, 10000]; got -1.0."),
    ],
)
def test_wrong_use_is_refused_in_one_line(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert_refused(main, words, message, capsys)


def test_acts_of_a_poisson_process_share_minutes_as_independent_ones_do() -> None:
    times = np.sort(np.random.default_rng(1).uniform(0, 3600 * 5000, 150_000))
    together, independent = in_shared_minutes(times.astype(np.int64))
    assert together == pytest.approx(independent, rel=0.02)
    batches = np.repeat(times[::10], 10).astype(np.int64)
    assert in_shared_minutes(batches)[0] == 1.0
    assert in_shared_minutes(batches)[1] < 0.6

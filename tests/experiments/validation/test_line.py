"""Whether a figure agrees with the record is computed by one rule."""

from __future__ import annotations

import math

import pytest

from experiments.validation.line import Line, Record, amount, band, markdown, rows_met, share, summaries, unknown


@pytest.mark.parametrize(
    ("record", "inside", "outside"),
    [
        (amount(80.0), [54.0, 80.0, 119.0], [53.0, 121.0]),
        (amount(0.6, high=1.0), [0.41, 0.8, 1.49], [0.39, 1.51]),
        (share(0.5), [0.41, 0.5, 0.59], [0.39, 0.61]),  # odds of 2/3 to 3/2
        (share(0.9), [0.86, 0.93], [0.85, 0.94]),
        (share(0.46, high=0.5), [0.37, 0.59], [0.36, 0.61]),
        (share(0.0), [0.0, 0.001], [0.01]),
        (share(1.0), [1.0], [0.99]),
        (band(0.15, 0.68, "a band"), [0.15, 0.68], [0.149, 0.681]),
        (band(10.0, math.inf, "at least 10"), [10.0, 1e9], [9.9]),
    ],
)
def test_a_value_agrees_within_a_factor_or_the_odds_or_the_band(
    record: Record, inside: list[float], outside: list[float]
) -> None:
    assert all(record.agrees(value) is True for value in inside)
    assert all(record.agrees(value) is False for value in outside)


def test_without_a_record_or_a_value_nothing_is_met_or_missed() -> None:
    assert unknown().agrees(0.5) is None
    assert share(0.5).agrees(math.nan) is None


def line(row: str, value: float, record: Record) -> Line:
    return Line(row, f"quantity {row}", record, "{:.2f}", value)


def test_the_table_has_mean_spread_and_verdict_over_seeds() -> None:
    runs = [[line("3", value, amount(1.0, "one")), line("–", value, unknown())] for value in (1.0, 2.0, 3.0)]
    table = markdown(summaries(runs)).splitlines()
    assert table[2] == "| 3 | quantity 3 | one | 2.00 | 1.00 | **miss** |"
    assert table[3] == "| – | quantity – | not known | 2.00 | 1.00 | – |"


def test_one_seed_has_no_spread_and_an_unknown_value_is_a_dash() -> None:
    table = markdown(summaries([[line("3", 1.2, amount(1.0)), line("4", math.nan, amount(1.0))]])).splitlines()
    assert table[2] == "| 3 | quantity 3 | 1.00 | 1.20 | – | met |"
    assert table[3] == "| 4 | quantity 4 | 1.00 | – | – | – |"


def test_a_record_that_differs_between_seeds_is_averaged() -> None:
    (found,) = summaries([[line("30", 0.4, share(0.2))], [line("30", 0.4, share(0.6))]])
    assert found.record.low == found.record.high == pytest.approx(0.4)
    assert found.verdict == "met"


def test_a_row_is_met_if_all_its_figures_are() -> None:
    run = [
        line("9", 1.0, amount(1.0)), line("20", 1.0, amount(1.0)), line("20", 9.0, amount(1.0)),
        line("20", 9.0, unknown()), line("–", 9.0, amount(1.0)), line("7", 2.0, amount(1.0)),
    ]  # fmt: skip
    assert rows_met(summaries([run])) == "Met in all figures: rows 9. Others: 7 (0 of 1), 20 (1 of 2)."

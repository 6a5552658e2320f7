"""The command prints a line for each quantity, and which rows are met."""

from __future__ import annotations

import re

import pytest

from experiments.validation.__main__ import main


def test_the_command_prints_a_line_for_each_quantity(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scale", "0.002", "--seeds", "2", "scenario.days=2"]) == 0
    *table, empty, met = capsys.readouterr().out.strip().splitlines()
    assert all(re.fullmatch(r"\|[^|]+\|[^|]+\|[^|]+\|[^|]+\|[^|]+\|[^|]+\|", line) for line in table)
    rows = {line.split("|")[1].strip() for line in table[2:]}
    assert rows >= {"13", *map(str, range(17, 23)), "25", "26", "27", *map(str, range(32, 41)), "51"} - {"35"}
    assert not empty
    assert met.startswith("Met in all figures: rows ")


def test_a_wrong_scale_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--scale", "-1"])
    assert left.value.code == 2
    assert "scenario.scale must lie in (0, 1000]; got -1" in capsys.readouterr().err


def test_no_seeds_are_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--seeds", "0"])
    assert left.value.code == 2
    assert "--seeds must be at least 1; got 0." in capsys.readouterr().err

"""Published forms: cells that a spreadsheet would run, hashes, and ids that hold their times."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.archive import ArchiveFile
from sim.archive.schema import guarded, hashed, milliseconds_of, snowflakes, unguarded
from sim.archive.write import write_table
from sim.config import ConfigError


def test_cells_that_a_spreadsheet_would_run_are_made_safe_and_come_back(tmp_path: Path):
    cells = ["=1+1", "+1", "-1", "@me", "'=1", "''@", "a=b", "'quoted'", "", "two\nlines", 'a "b", c',
             "\ttab", "\rreturn", "\nfeed", "'tis", "''", "'\t", "a\r"]  # fmt: skip
    n = len(cells)
    table = pa.table(
        {
            "userid": [str(i) for i in range(n)], "user_display_name": cells, "user_screen_name": cells[::-1],
            "user_reported_location": cells, "user_profile_description": cells, "user_profile_url": cells,
            "follower_count": pa.array(range(n), pa.int64()), "following_count": pa.array(range(n), pa.int64()),
            "account_creation_date": pa.array([17_000] * n, pa.int32()).cast(pa.date32()), "account_language": cells,
        }
    )  # fmt: skip
    for path in write_table(tmp_path / "users", [table]):
        assert ArchiveFile(path).table().to_pydict() == table.to_pydict()
    with (tmp_path / "users.csv").open(encoding="utf-8", newline="") as file:
        written = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in written if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


@given(st.lists(st.text(st.sampled_from("'=+-@\t\r\na ")) | st.text()))
def test_what_was_made_safe_comes_back_as_it_was_whatever_it_is(cells: list[str]):
    safe = guarded(pa.array(cells, pa.string())).to_pylist()
    assert not [cell for cell in safe if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert unguarded(pa.array(safe, pa.string())).to_pylist() == cells


def test_a_text_of_somebody_elses_keeps_an_apostrophe_that_guards_nothing():
    assert unguarded(pa.array(["'tis", "'quoted'", "'"])).to_pylist() == ["'tis", "'quoted'", "'"]


def test_hashes_differ_between_accounts_and_runs_and_are_no_formulas():
    made = hashed(1, np.arange(5000))
    assert len(set(made)) == 5000
    assert all(len(text) == 44 and text.endswith("=") and text[0] not in "=+-@" for text in made)
    assert not set(made) & set(hashed(2, np.arange(5000)))


def test_times_that_no_id_can_hold_are_refused():
    first, last = 1_288_834_974_657, 1_288_834_974_657 + 2**41 - 1
    assert milliseconds_of(snowflakes(np.array([first, last]), np.array([0, 2**22 - 1]))).tolist() == [first, last]
    for wrong in (first - 1, last + 1):
        with pytest.raises(ConfigError, match=r"scenario\.start must leave every post between 2010-11-05 and 2080"):
            snowflakes(np.array([wrong]), np.array([0]))

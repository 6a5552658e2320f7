"""Names with brackets and escape codes are printed as they stand, and cost no result."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.experiments.tiny import TINY
from tests.sim.archive.files import users_csv


@pytest.mark.parametrize("name", ["[red]x", "[/]", ":smile: $x", "\x1b[31m"])
def test_a_scenarios_name_is_printed_as_it_stands(takedown, tmp_path: Path, name: str):
    status, out, err = takedown(*TINY, f'scenario.name="{name}"', "enforcement=threshold", "hydra.run.dir=run")
    assert (status, err) == (0, "")
    shown = name.replace("\x1b", "\\x1b")
    assert f"{shown}: co_repost at threshold" in " ".join(out.split())
    assert "\x1b" not in out
    assert pd.read_parquet(tmp_path / "run/results.parquet")["scenario"].tolist() == [name]


def test_a_folder_with_brackets_is_printed_as_it_stands(takedown, tmp_path: Path):
    status, out, err = takedown(*TINY, "enforcement=threshold", "hydra.run.dir='[red]run[/]'")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "results in [red]run[/]"
    assert (tmp_path / "[red]run[/]/results.parquet").exists()


def test_a_report_and_its_tables_show_a_scenarios_name_as_it_stands(takedown, tmp_path: Path):
    name = "[/]$\\frac{<b>\x1b[31m"
    status, out, err = takedown(
        "task=compare", *TINY, f"scenario.name='{name}'", "compare.choose_seeds=1", "compare.report_seeds=1",
        "compare.detectors=[random,oracle]", "hydra.run.dir=run",
    )  # fmt: skip
    assert (status, err) == (0, "")
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert "[/]$\\frac{&lt;b&gt;\\x1b[31m" in page
    assert "\x1b" not in out + page


def test_an_archives_languages_are_printed_as_they_stand(takedown, tmp_path: Path):
    content = users_csv(
        *({"userid": i, "account_language": code} for i, code in enumerate(("[/]", "[red]", "\x1b[31m")))
    )
    (tmp_path / "users.csv").write_text(content, encoding="utf-8")
    status, out, err = takedown("task=describe", "archive=users.csv", "hydra.run.dir=described")
    assert (status, err) == (0, "")
    for code in ("[/]", "[red]", "\\x1b[31m"):
        assert f"account language {code}" in out
    assert "\x1b" not in out

"""What docs/plot.md shows works as it stands, in a folder such as its command leaves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from experiments.report.sweep import Sweep
from tests.experiments.synthetic import cadence_frame, sweep_frame

PAGE = (Path(__file__).parents[2] / "docs" / "plot.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_its_blocks_run_one_after_another(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cadence").mkdir()
    cadence_frame(20).to_parquet("cadence/results.parquet")
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(compile(block, "plot.md", "exec"), names)
    assert len(BLOCKS) == 3
    assert "with detector = fused, going from enforcement.cadence_hours = 1 to 72" in capsys.readouterr().out
    assert names["figure"].axes
    known = {*dir(Sweep), *vars(names["sweep"])}
    assert set(re.findall(r"`sweep\.(\w+)", PAGE)) <= known


def test_its_last_comparison_works() -> None:
    (call,) = re.findall(r"`(sweep\.at_best.*?)`", PAGE)
    assert "co_repost instead of random" in eval(call, {"sweep": Sweep(sweep_frame(seeds=6))}).sentence

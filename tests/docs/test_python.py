"""What docs/python.md shows works as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from sim import InfluenceModel

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.slow
def test_its_blocks_run_one_after_another(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(compile(block, "python.md", "exec"), names)
    assert len(BLOCKS) == 5
    assert "cut off, against the twin" in capsys.readouterr().out
    assert names["one"].size > 50
    assert names["wrong"] < 0.5 < 0.7 < names["right"]
    assert (tmp_path / "network.png").stat().st_size > 10_000
    model, branch = names["model"], names["branch"]
    assert model.results()["promoted_impressions"] > branch.results()["promoted_impressions"] > 0
    assert len(names["rows"]) == 6


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`model\.(\w+)", PAGE))))
def test_what_it_names_is_there(name: str) -> None:
    model = InfluenceModel(scenario="hk2019", scale=0.001, seed=1, overrides=["scenario.days=1"])
    assert hasattr(model, name)

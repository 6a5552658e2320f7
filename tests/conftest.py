"""What tests of the console command share."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import pytest
from omegaconf import OmegaConf

from experiments.cli.main import main

Takedown = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session", autouse=True)
def each_configuration_is_parsed_once() -> Iterator[None]:
    """Keep what a YAML file holds, by its text: reading the same files again was a third of the time of many tests."""
    parsed: dict[str, Any] = {}

    def load(file: TextIO | Path | str) -> Any:
        if isinstance(file, Path | str):
            return read(file)
        text = file.read()
        file.seek(0)
        if text not in parsed:
            parsed[text] = read(file)
        return copy.deepcopy(parsed[text])

    with pytest.MonkeyPatch.context() as patch:
        read = OmegaConf.load
        patch.setattr(OmegaConf, "load", staticmethod(load))
        yield


@pytest.fixture
def takedown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Takedown:
    """Return a function that runs the command in an empty folder: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["takedown", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call

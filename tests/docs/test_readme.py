"""What the README shows can be done as it stands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sim.config.composition import compose_config, enforcement_from, world_from
from sim.config.detector import load_detector

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for line in re.findall(r"^takedown.*$", README, re.MULTILINE) if "--help" not in line]


@pytest.mark.slow
def test_its_python_runs_and_prints_the_measures(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert "scale=0.05" in code
    exec(compile(code.replace("scale=0.05", "scale=0.005"), "README.md", "exec"), {})
    assert "cut off, against the twin" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_are_of_options_that_exist(command: str) -> None:
    words = [word for word in shlex.split(command, comments=True)[1:] if word != "--multirun"]
    if "--multirun" in command:  # the first of several values
        words = [re.sub(r"=range\(.*\)$", "=0", word).partition(",")[0] for word in words]
    config = compose_config(words)
    world_from(config), enforcement_from(config), load_detector(config.detector)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_its_links_lead_somewhere(link: str) -> None:
    assert (Path(__file__).parents[2] / link).exists()

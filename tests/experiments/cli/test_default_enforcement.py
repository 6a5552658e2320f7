"""`takedown` alone runs the default defence, other tasks act at a threshold; what could mean either is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from omegaconf import OmegaConf

from experiments.cli.default_enforcement import with_enforcement
from experiments.cli.job import TASKS
from sim import ConfigError
from tests.conftest import Takedown
from tests.experiments.tiny import TINY

DEFENCE = "enforcement=defence"
ADVICE = "; add enforcement=threshold, or enforcement=defence to change its review route."
EXPERIMENT = "# @package _global_\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a folder of experiments of the user's own."""
    files = {
        "seeded": "seed: 4\n",
        "swept": "task: sweep\n",
        "top": "defaults: [override /enforcement: top_k]\n",
        "plain": "defaults: [override /enforcement: threshold]\nenforcement: {threshold: 0.7}\n",
        "at_seven": "enforcement: {threshold: 0.7}\n",
        "fused": "defaults: [override /detector: fused]\n",
        "of_fused": "defaults: [fused, _self_]\ntask: sweep\n",
    }
    (tmp_path / "mine/experiment").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / f"mine/experiment/{name}.yaml").write_text(EXPERIMENT + text)
    return tmp_path / "mine"


def test_one_simulation_runs_the_default_defence_and_says_so(takedown: Takedown, tmp_path: Path):
    status, out, err = takedown(*TINY, "seed=3", "hydra.run.dir=run")
    assert (status, err) == (0, "")
    assert out.splitlines()[0].strip() == "hk2019: enforcement=defence, seed 3"
    assert max(map(len, out.splitlines())) <= 80
    written = OmegaConf.load(tmp_path / "run/config.yaml")
    assert written.enforcement.policy == "review"
    assert list(written.enforcement.routes)
    assert DEFENCE in json.loads((tmp_path / "run/provenance.json").read_text())["command"]
    assert takedown(*TINY, "seed=3", DEFENCE, "hydra.run.dir=run")[0] == 0  # the same configuration: nothing is refused


@pytest.mark.parametrize(
    "word",
    [
        "detector=fused", "detector.window_hours=24", "+detector.seed=3", "~detector.thresholds", "~enforcement",
        "enforcement.threshold=0.7", "+enforcement.routes.mine={detector: random}", "~enforcement.rungs",
        "enforcement={threshold: 0.7}",
    ],
)  # fmt: skip
def test_what_changes_the_platform_is_refused_where_the_enforcement_is_not_named(word: str):
    with pytest.raises(ConfigError) as caught:
        with_enforcement(["seed=3", word])
    assert str(caught.value) == f"enforcement must be named beside {word}{ADVICE}"
    named = ["seed=3", word, "enforcement=threshold"]
    assert with_enforcement(named) == named
    assert with_enforcement(["task=sweep", word]) == ["task=sweep", word]


def test_the_refusal_is_one_line_and_leaves_nothing(takedown: Takedown, tmp_path: Path):
    status, out, err = takedown(*TINY, "detector=fused", "enforcement.threshold=0.7", "hydra.run.dir=run")
    said = f"enforcement must be named beside detector=fused, enforcement.threshold=0.7{ADVICE}"
    assert (status, out, err) == (2, "", f"takedown: {said}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("task", sorted(TASKS))
def test_only_one_simulation_has_the_defence(task: str):
    assert (DEFENCE in with_enforcement([f"task={task}"])) == (task == "simulate")
    assert with_enforcement(["task=sweep", "task=simulate"])[-1] == DEFENCE  # the last word counts
    assert DEFENCE not in with_enforcement(["task=simulate", "++task=sweep"])


@pytest.mark.parametrize(
    "words",
    [
        ["--multirun", "detector=random"], ["-m", "enforcement.threshold=0.5,0.9"], ["--hydra-help"],
        ["--help", "detector=x"], ["enforcement.threshold=0.5,0.6"], ["seed"], ["enforcement=ladder"],
        ["--config-name", "mine", "detector=fused"], ["~enforcement", "+enforcement=top_k"], ["enforcement=null"],
        ["hydra.mode=MULTIRUN", "detector=random"],
    ],
)  # fmt: skip
def test_what_is_no_simulation_by_itself_or_names_the_enforcement_is_left_as_it_is(words: list[str]):
    assert with_enforcement(words) == words


@pytest.mark.parametrize(
    ("words", "becomes"),
    [
        ([], [DEFENCE]),
        (["seed=3", "feed=chronological"], ["seed=3", "feed=chronological", DEFENCE]),
        (["--cfg", "job", "seed=3"], ["--cfg", "job", "seed=3", DEFENCE]),
        (["seed=3", "--cfg", "job"], ["seed=3", DEFENCE, "--cfg", "job"]),
        (["--cfg", "job"], ["--cfg", "job", DEFENCE]),
    ],
)
def test_the_word_is_added_where_flags_may_come_before_and_after(words: list[str], becomes: list[str]):
    assert with_enforcement(words) == becomes


@pytest.mark.parametrize(
    ("words", "default"),
    [
        (["experiment=demo"], False),
        (["experiment=demo", "task=simulate"], True),
        (["experiment=seeded"], True),
        (["+experiment@mine=seeded"], True),
        (["experiment=swept", "detector=random"], False),
        (["experiment=of_fused"], False),
        (["experiment=top"], False),
        (["experiment=plain", "detector=fused"], False),
        (["experiment=fused", "enforcement=threshold"], False),
    ],
)
def test_an_experiment_decides_by_its_task_and_may_name_the_enforcement(own: Path, words: list[str], default: bool):
    found = with_enforcement(["--config-dir", str(own), *words])
    assert (DEFENCE in found) == default
    assert [word for word in found if word != DEFENCE][2:] == words
    if "experiment=swept" in words:  # found by Hydra's own way as well
        assert DEFENCE not in with_enforcement([f"hydra.searchpath=[file://{own}]", *words])


@pytest.mark.parametrize("name", ["at_seven", "fused"])
def test_an_experiment_that_changes_the_platform_must_name_it(own: Path, name: str):
    with pytest.raises(ConfigError) as caught:
        with_enforcement(["--config-dir", str(own), f"experiment={name}"])
    assert str(caught.value) == f"enforcement must be named beside experiment={name}{ADVICE}"


def test_an_experiment_or_a_folder_that_is_not_there_is_said_as_before(takedown: Takedown, tmp_path: Path):
    message = "takedown: experiment must be one of adaptation, amplifiers, budget, "
    assert takedown("experiment=nosuch")[2].startswith(message)
    status, _, err = takedown("--config-dir", "nowhere", "experiment=mine")
    assert (status, err) == (2, f"takedown: Additional config directory '{tmp_path / 'nowhere'}' not found.\n")


def test_a_multirun_of_simulations_acts_at_a_threshold(takedown: Takedown, tmp_path: Path):
    words = (*TINY, "detector=random,oracle", "enforcement.threshold=0.9", "hydra.sweep.dir=many")
    status, _, err = takedown("--multirun", *words)
    assert (status, err) == (0, "")
    assert set(pd.read_parquet(tmp_path / "many/results.parquet")["detector"]) == {"random", "oracle"}
    assert OmegaConf.load(tmp_path / "many/config.yaml").enforcement.policy == "threshold"


def test_options_and_cfg_show_what_would_run(takedown: Takedown):
    def policy(*words: str) -> str:
        status, out, err = takedown("--cfg", "job", "--package", "enforcement", *words)
        assert (status, err) == (0, "")
        return out.splitlines()[1]

    assert policy() == "policy: review"
    assert policy("task=sweep") == "policy: threshold"
    assert policy("enforcement=ladder") == "policy: ladder"
    status, out, _ = takedown("options=enforcement")
    assert (status, "fast: creation_burst" in " ".join(out.split())) == (0, True)
    assert takedown("options=enforcement", "enforcement.threshold=0.7")[0] == 2
    status, out, _ = takedown(
        "options=detector", "detector=fused"
    )  # the meaning of its keys is the same in any of them
    assert (status, "detectors.fused.Fused" in out) == (0, True)

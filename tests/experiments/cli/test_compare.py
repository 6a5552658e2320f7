"""`takedown task=compare`: what it prints and writes; the report opens offline and shows what it says."""

from __future__ import annotations

import base64
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.store.comparison import Comparison
from tests.experiments.page import Page
from tests.experiments.tiny import TINY
from tests.processes import started

SHORT = (
    "task=compare", *TINY, "compare.choose_seeds=1", "compare.report_seeds=2",
    "compare.detectors=[random,co_repost,oracle]", "compare.false_positive_budget=0.05",
    "detector.min_reposts=1", "hydra.run.dir=comparison",
)  # fmt: skip
TABLES = {f"{name}.parquet" for name in (*Comparison.TABLES, "summary", "comparison", "differences")}
TABLES |= {"comparison.csv"}
TITLES = (
    "The core, ranked", "Amplifiers, ranked", "Found where exactly so many people are hit",
    "At the threshold within the budget", "Paired differences", "What a detector costs",
)  # fmt: skip
FILES = TABLES | {"timings.parquet", "report.html", "config.yaml", "provenance.json", "evaluations"}


def test_the_command_prints_the_answer_and_its_tables_and_writes_one_report(takedown, tmp_path: Path):
    status, out, err = takedown(*SHORT)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[-1] == "comparison/report.html"
    assert max(map(len, lines)) <= 80
    for title in TITLES:
        assert title in out
    assert "thresholds chosen on seed 1" in " ".join(out.split())
    files = {path.name for path in (tmp_path / "comparison").iterdir()}
    assert files == FILES

    page = Page((tmp_path / "comparison/report.html").read_text(encoding="utf-8"))
    assert page.links
    assert all(link.startswith("data:image/svg+xml;base64,") for link in page.links)  # nothing comes from elsewhere
    assert all(base64.b64decode(link.partition(",")[2]).rstrip().endswith(b"</svg>") for link in page.links)
    assert not {"script", "link", "iframe"} & set(page.tags)
    text = " ".join(page.texts)
    assert "Amplifiers: where exactly 0.1% of people are hit (1,000 in a million)" in " ".join(out.split())
    assert text.index("Amplifiers: where exactly 0.1% of people") < text.index("What was compared?")
    assert "detectors.co_repost.CoRepost" in text
    assert "Thresholds chosen on seed 1. Reported on seeds 2 to 3 of hk2019" in text
    assert "No detector was trained on labels." in text
    assert "co_repost" in text
    assert "And at all false-positive rates?" in text
    assert len(page.links) == 9
    summary = pd.read_parquet(tmp_path / "comparison/summary.parquet")
    auc = summary[(summary["detector"] == "co_repost") & (summary["layer"] == "core") & (summary["measure"] == "auc")]
    assert f"{auc['mean'].iloc[0]:.2f}" in text


#: Another class in the place of `activity`, without its values.
RAISES = (
    "detector=activity", "detector._target_=tests.experiments.odd_detectors.Raises",
    "~detector.window_hours", "~detector.min_acts", "~detector.half",
)  # fmt: skip


def test_a_detector_that_fails_is_told_in_one_line_and_in_the_report(takedown, tmp_path: Path):
    status, out, err = takedown(
        *(word for word in SHORT if not word.startswith("detector.")), "compare.detectors=[random,activity]", *RAISES,
        "compare.report_seeds=1",
    )  # fmt: skip
    assert status == 1
    reason = "detector Raises: score() raised ZeroDivisionError: nothing to divide by"
    assert err == f"takedown: activity could not be evaluated: {reason}\n"
    assert out.splitlines()[-1] == "comparison/report.html"
    text = " ".join(Page((tmp_path / "comparison/report.html").read_text(encoding="utf-8")).texts)
    assert "nothing to divide by" in text


def test_a_detector_of_ones_own_is_named_in_a_folder_of_ones_own(takedown, tmp_path: Path):
    (tmp_path / "own/detector").mkdir(parents=True)
    (tmp_path / "own/detector/mine.yaml").write_text("_target_: tests.experiments.odd_detectors.Counting\n")
    arguments = [word for word in SHORT if not word.startswith("detector.")]
    status, _, err = takedown(
        "--config-dir", "own", *arguments, "detector=mine", "compare.detectors=[random,mine]", "compare.report_seeds=1"
    )
    assert (status, err) == (0, "")
    measures = pd.read_parquet(tmp_path / "comparison/measures.parquet")
    assert set(measures["detector"]) == {"random", "mine"}


@pytest.mark.parametrize(
    "task",
    [
        ["task=compare", "compare.choose_seeds=1", "compare.report_seeds=1", "compare.detectors=[random,mine]"],
        ["task=simulate", "enforcement=threshold"],
    ],
    ids=lambda words: words[0],
)
def test_a_signal_that_compiled_code_made_another_error_of_ends_the_command(takedown, tmp_path: Path, task: list[str]):
    (tmp_path / "own/detector").mkdir(parents=True)
    (tmp_path / "own/detector/mine.yaml").write_text("_target_: tests.experiments.odd_detectors.Interrupted\n")
    status, _, err = takedown("--config-dir", "own", *TINY, *task, "detector=mine", "hydra.run.dir=run")
    assert status == 143
    assert err.splitlines()[-1] == "takedown: interrupted"
    assert "SystemError" not in err


def test_where_every_detector_fails_nothing_is_left(takedown, tmp_path: Path):
    status, out, err = takedown(
        *(word for word in SHORT if not word.startswith("detector.")), "compare.detectors=[activity]", *RAISES
    )
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGTERM, 143),
        pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_a_signal_leaves_the_tables_and_the_report_of_what_was_evaluated(tmp_path: Path, number: int, status: int):
    run = started(tmp_path, *SHORT, "compare.report_seeds=1000")
    try:
        until = time.monotonic() + 240.0
        first_written = tmp_path / "comparison/measures.parquet"
        while not first_written.exists() and run.poll() is None and time.monotonic() < until:
            time.sleep(0.05)  # written once the first seed is evaluated
        run.send_signal(number)
        out, err = run.communicate(timeout=120)
    finally:
        run.kill()
    assert run.returncode == status
    first, last = err.splitlines()
    assert first.startswith("takedown: what was evaluated so far, on ")
    assert first.endswith(" of the 1000 seeds to be reported on, is in comparison; the same command goes on from here")
    assert last == "takedown: interrupted"
    assert out.splitlines()[-1] == "comparison/report.html"
    assert "interrupted: 1000 were to be reported on" in " ".join(out.split())
    assert {path.name for path in (tmp_path / "comparison").iterdir()} == FILES
    text = " ".join(Page((tmp_path / "comparison/report.html").read_text(encoding="utf-8")).texts)
    assert "Interrupted: 1000 seeds were to be reported on." in text


def test_what_was_begun_is_said_with_the_folder_that_the_command_chose_itself(tmp_path: Path):
    run = started(tmp_path, *(word for word in SHORT if not word.startswith("hydra.")), "compare.choose_seeds=1000")
    try:
        until = time.monotonic() + 240.0
        while not list(tmp_path.rglob("evaluations/*.npz")) and run.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        run.send_signal(signal.SIGTERM)
        _, err = run.communicate(timeout=120)
    finally:
        run.kill()
    (folder,) = (tmp_path / "outputs/compare").iterdir()
    name = folder.relative_to(tmp_path)
    assert err.splitlines() == [
        f"takedown: what is finished is in {name}/evaluations; "
        f"the same command with hydra.run.dir={name} goes on from here",
        "takedown: interrupted",
    ]
    assert run.returncode == 143
    assert {path.name for path in folder.iterdir()} == {"config.yaml", "provenance.json", "evaluations"}


# ---- the same folder again


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


@pytest.mark.slow
def test_a_folder_is_extended_and_never_shrinks(takedown, tmp_path: Path):
    folder, brief = tmp_path / "comparison", [*SHORT, "scenario.days=1"]
    few = [*brief, "compare.detectors=[random,oracle]", "compare.report_seeds=1"]
    assert takedown(*few)[0] == 0
    status, _, err = takedown(*brief)
    assert (status, err) == (0, "")
    assert set(pd.read_parquet(folder / "measures.parquet")["seed"]) == {2, 3}
    once, config = tables(folder), (folder / "config.yaml").read_bytes()
    assert takedown(*brief, "hydra.run.dir=once")[0] == 0
    assert tables(tmp_path / "once") == once
    kept = {path.name: path.read_bytes() for path in (folder / "evaluations").iterdir()}

    for fewer in (few, [*brief, "compare.detectors=[co_repost]"]):
        assert takedown(*fewer)[0] == 0
        assert tables(folder) == once
        assert (folder / "config.yaml").read_bytes() == config
        assert {path.name: path.read_bytes() for path in (folder / "evaluations").iterdir()} == kept

    status, _, err = takedown(*brief, "compare.prices.impression=7")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "compare.prices.impression is" in err


def test_a_damaged_evaluation_is_named_and_made_again(takedown, tmp_path: Path):
    brief = [*SHORT, "scenario.days=1", "compare.detectors=[random]", "compare.report_seeds=1"]
    assert takedown(*brief)[0] == 0
    once = tables(tmp_path / "comparison")
    # Not the twin, which is read only where an evaluation is missing.
    files = (tmp_path / "comparison/evaluations").iterdir()
    path = min(file for file in files if "people_hit" not in np.load(file).files)
    path.write_bytes(path.read_bytes()[:-1])
    status, _, err = takedown(*brief)
    assert (status, err) == (0, f"takedown: comparison/evaluations/{path.name} is damaged and is made again\n")
    assert tables(tmp_path / "comparison") == once
    status, _, err = takedown(*brief)
    assert (status, err) == (0, "")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("enforcement=never", "enforcement.policy must be threshold "),
        ("compare.train_scenario=nosuch", "compare.train_scenario must be one of "),
        ("compare.detectors=[tarot]", "detector must be one of "),
        ("compare.choose_seeds=0", "compare.choose_seeds must lie in [1, 10000]; got 0."),
        ("compare.seeds=3", "compare.seeds is not an option; allowed here: before_posts, budget_by, choose_overrides"),
        ("compare.prices.impression=dear", "compare.prices.impression must be a number; got 'dear'."),
        ("~compare.loop", "compare.loop is missing; it needs a value."),
        ("~compare", "compare is missing; it needs a value."),
    ],
)
def test_wrong_options_get_one_line_and_leave_nothing(takedown, tmp_path: Path, argument: str, message: str):
    status, out, err = takedown(*SHORT, argument)
    assert (status, out) == (2, "")
    assert err.startswith(f"takedown: {message}")
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []

"""`takedown task=compare`: what it prints and writes; the report opens offline and shows what it says."""

from __future__ import annotations

import base64
import signal
import time
from pathlib import Path

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
TABLES = {f"{name}.parquet" for name in (*Comparison.TABLES, "summary")}


def test_the_command_prints_three_tables_and_writes_one_report(takedown, tmp_path: Path):
    status, out, err = takedown(*SHORT)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[-1] == "comparison/report.html"
    assert max(map(len, lines)) <= 80
    for title in ("Ranking, at all thresholds", "At the threshold within the budget", "What a detector costs"):
        assert title in out
    assert "thresholds chosen on seed 1" in " ".join(out.split())
    files = {path.name for path in (tmp_path / "comparison").iterdir()}
    assert files == TABLES | {"report.html", "config.yaml", "provenance.json"}

    page = Page((tmp_path / "comparison/report.html").read_text(encoding="utf-8"))
    assert page.links
    assert all(link.startswith("data:image/svg+xml;base64,") for link in page.links)  # nothing comes from elsewhere
    assert all(base64.b64decode(link.partition(",")[2]).rstrip().endswith(b"</svg>") for link in page.links)
    assert not {"script", "link", "iframe"} & set(page.tags)
    text = " ".join(page.texts)
    assert "Thresholds chosen on seed 1. Reported on seeds 2 to 3 of hk2019" in text
    assert "No detector was trained on labels." in text
    assert "co_repost" in text
    assert "And at all false-positive rates?" in text
    assert len(page.links) == 9
    summary = pd.read_parquet(tmp_path / "comparison/summary.parquet")
    auc = summary[(summary["detector"] == "co_repost") & (summary["layer"] == "core") & (summary["measure"] == "auc")]
    assert f"{auc['mean'].iloc[0]:.2f}" in text


def test_a_detector_that_fails_is_told_in_one_line_and_in_the_report(takedown, tmp_path: Path):
    status, out, err = takedown(
        *SHORT, "compare.detectors=[random,co_repost]", "detector._target_=tests.experiments.odd_detectors.Raises",
        "~detector.window_hours", "~detector.min_reposts", "~detector.max_reposters", "compare.report_seeds=1",
    )  # fmt: skip
    assert status == 1
    reason = "detector Raises: score() raised ZeroDivisionError: nothing to divide by"
    assert err == f"takedown: co_repost could not be evaluated: {reason}\n"
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


def test_where_every_detector_fails_nothing_is_left(takedown, tmp_path: Path):
    status, out, err = takedown(
        *SHORT, "compare.detectors=[co_repost]", "detector._target_=tests.experiments.odd_detectors.Raises",
        "~detector.window_hours", "~detector.min_reposts", "~detector.max_reposters",
    )  # fmt: skip
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_the_tables_and_the_report_of_what_was_evaluated(tmp_path: Path):
    run = started(tmp_path, *SHORT, "compare.report_seeds=1000")
    try:
        until = time.monotonic() + 240.0
        first_written = tmp_path / "comparison/measures.parquet"
        while not first_written.exists() and run.poll() is None and time.monotonic() < until:
            time.sleep(0.05)  # written once the first seed is evaluated
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    assert run.returncode == 130
    first, last = err.splitlines()
    assert first.startswith("takedown: what was evaluated so far, on ")
    assert first.endswith(" of the 1000 seeds to be reported on, is in comparison")
    assert last == "takedown: interrupted"
    assert out.splitlines()[-1] == "comparison/report.html"
    assert "interrupted: 1000 were to be reported on" in " ".join(out.split())
    files = {path.name for path in (tmp_path / "comparison").iterdir()}
    assert files == TABLES | {"report.html", "config.yaml", "provenance.json"}
    text = " ".join(Page((tmp_path / "comparison/report.html").read_text(encoding="utf-8")).texts)
    assert "Interrupted: 1000 seeds were to be reported on." in text


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("enforcement=never", "enforcement.policy must be threshold "),
        ("compare.train_scenario=nosuch", "compare.train_scenario must be one of "),
        ("compare.detectors=[tarot]", "detector must be one of "),
        ("compare.choose_seeds=0", "compare.choose_seeds must lie in [1, 10000]; got 0."),
        ("compare.seeds=3", "compare.seeds is not an option; allowed here: before_posts, choose_seeds"),
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

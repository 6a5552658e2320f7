"""`takedown task=compare`: what it prints and writes; the report opens offline and shows what it says."""

from __future__ import annotations

import base64
import io
import signal
import time
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from experiments.compare.config import RULES
from experiments.report.comparison_figures import figures, look, ordered, threshold
from experiments.report.comparison_table import between, share, tables
from experiments.report.html import html_report
from experiments.report.html_tables import community_table
from experiments.store.comparison import Comparison
from experiments.store.results import provenance
from tests.experiments.compare.test_run import options
from tests.experiments.tiny import TINY
from tests.processes import started

SHORT = (
    "task=compare", *TINY, "compare.choose_seeds=1", "compare.report_seeds=2",
    "compare.detectors=[random,co_repost,oracle]", "compare.false_positive_budget=0.05",
    "detector.min_reposts=1", "hydra.run.dir=bench",
)  # fmt: skip
TABLES = {f"{name}.parquet" for name in (*Comparison.TABLES, "summary")}


class Page(HTMLParser):
    """Collects what a page refers to, its headings and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.links += [value for key, value in attrs if key in ("src", "href", "srcset", "data") and value]

    def handle_data(self, data) -> None:
        self.texts.append(data)


def test_the_command_prints_three_tables_and_writes_one_report(takedown, tmp_path: Path):
    status, out, err = takedown(*SHORT)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[-1] == "bench/report.html"
    assert max(map(len, lines)) <= 80
    for title in ("Ranking, at all thresholds", "At the threshold within the budget", "What a detector costs"):
        assert title in out
    assert "thresholds chosen on seed 1" in out
    files = {path.name for path in (tmp_path / "bench").iterdir()}
    assert files == TABLES | {"report.html", "config.yaml", "provenance.json"}

    page = Page((tmp_path / "bench/report.html").read_text(encoding="utf-8"))
    assert page.links
    assert all(link.startswith("data:image/svg+xml;base64,") for link in page.links)  # nothing comes from elsewhere
    assert all(base64.b64decode(link.partition(",")[2]).rstrip().endswith(b"</svg>") for link in page.links)
    assert not {"script", "link", "iframe"} & set(page.tags)
    text = " ".join(page.texts)
    assert "Thresholds chosen on seed 1. Reported on seeds 2 to 3 of hk2019" in text
    assert "No detector was trained on labels." in text
    assert "co_repost" in text
    assert "And at all rates of false positives?" in text
    assert len(page.links) == 9
    summary = pd.read_parquet(tmp_path / "bench/summary.parquet")
    auc = summary[(summary["detector"] == "co_repost") & (summary["layer"] == "core") & (summary["measure"] == "auc")]
    assert f"{auc['mean'].iloc[0]:.2f}" in text


def test_a_detector_that_fails_is_told_in_one_line_and_in_the_report(takedown, tmp_path: Path):
    status, out, err = takedown(
        *SHORT, "compare.detectors=[random,co_repost]", "detector._target_=tests.experiments.odd_detectors.Raises",
        "~detector.window_hours", "~detector.min_reposts", "~detector.max_reposters", "compare.report_seeds=1",
    )  # fmt: skip
    assert status == 1
    reason = "detector Raises: score() raised ZeroDivisionError: nothing to divide by"
    assert err == f"takedown: co_repost could not be judged: {reason}\n"
    assert out.splitlines()[-1] == "bench/report.html"
    text = " ".join(Page((tmp_path / "bench/report.html").read_text(encoding="utf-8")).texts)
    assert "nothing to divide by" in text


def test_a_detector_of_ones_own_is_named_in_a_folder_of_ones_own(takedown, tmp_path: Path):
    (tmp_path / "own/detector").mkdir(parents=True)
    (tmp_path / "own/detector/mine.yaml").write_text("_target_: tests.experiments.odd_detectors.Counting\n")
    arguments = [word for word in SHORT if not word.startswith("detector.")]
    status, _, err = takedown(
        "--config-dir", "own", *arguments, "detector=mine", "compare.detectors=[random,mine]", "compare.report_seeds=1"
    )
    assert (status, err) == (0, "")
    measures = pd.read_parquet(tmp_path / "bench/measures.parquet")
    assert set(measures["detector"]) == {"random", "mine"}


def test_where_every_detector_fails_nothing_is_left(takedown, tmp_path: Path):
    status, out, err = takedown(
        *SHORT, "compare.detectors=[co_repost]", "detector._target_=tests.experiments.odd_detectors.Raises",
        "~detector.window_hours", "~detector.min_reposts", "~detector.max_reposters",
    )  # fmt: skip
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_the_tables_and_the_report_of_what_was_judged(tmp_path: Path):
    run = started(tmp_path, *SHORT, "compare.report_seeds=1000")
    try:
        until = time.monotonic() + 240.0
        while not (tmp_path / "bench/measures.parquet").exists() and run.poll() is None and time.monotonic() < until:
            time.sleep(0.05)  # written once the first seed is judged
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    assert run.returncode == 130
    first, last = err.splitlines()
    assert first.startswith("takedown: what was judged so far, on ")
    assert first.endswith(" of the 1000 seeds to be reported on, is in bench")
    assert last == "takedown: interrupted"
    assert out.splitlines()[-1] == "bench/report.html"
    assert "interrupted: 1000 were to be reported on" in " ".join(out.split())
    files = {path.name for path in (tmp_path / "bench").iterdir()}
    assert files == TABLES | {"report.html", "config.yaml", "provenance.json"}
    text = " ".join(Page((tmp_path / "bench/report.html").read_text(encoding="utf-8")).texts)
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


def made_up(names: list[str]) -> Comparison:
    """Return a comparison of detectors that all did equally well."""
    measures, groups, costs, points = [], [], [], []
    for name in names:
        for seed in (4, 5):
            for layer in ("core", "amplifiers"):
                for measure in ("auc", "partial_auc", "coverage"):
                    row = {"part": "replay", "rule": "none", "measure": measure, "value": 0.5 + seed / 100}
                    measures.append({"detector": name, "seed": seed, "layer": layer, **row})
            hit = {"rule": "budget", "by": "language", "group": "zh", "accounts": 9, "hit": 1}
            groups.append({"detector": name, "seed": seed, **hit})
        costs.append(
            {"detector": name, "threshold": 0.5, "wrongly_hit": 1.0, "acted_upon": 2.0, "impressions": 3.0, "cost": 4.0}
        )
        points += [
            {"detector": name, "rule": rule, "threshold": 0.5, "low": 0.4, "high": 0.6, "cost": 4.0,
             "cost_of_never": 9.0, "bayes": 0.5} for rule in RULES
        ]  # fmt: skip
    found = Comparison([1, 2, 3], [4, 5])
    found.measures, found.groups = pd.DataFrame(measures), pd.DataFrame(groups)
    found.costs, found.points = pd.DataFrame(costs), pd.DataFrame(points)
    return found


def test_a_row_on_fewer_seeds_than_others_says_so_in_the_terminal_and_in_the_report():
    found = made_up(["random", "lost"])
    rows = found.measures
    found.measures = rows[(rows["detector"] == "random") | (rows["seed"] == 4)]
    found.failures = [("lost", "detector Lost: score() raised KeyError: 'x'")]
    for width in (40, 80):
        shown = Console(width=width, record=True, file=io.StringIO())
        for table in tables(found, found.summary(), "budget", width):
            shown.print(table)
        text = " ".join(shown.export_text().split())
        assert text.count("1 of 2 seeds") == 3
        assert text.count("lost failed before the end") == 3
    page = Page(html_report(found, options(["random", "lost"]), "hk2019", provenance([1])))
    assert page.texts.count("1 of 2 seeds") >= 4  # beside its name in each table
    captions = [text for text in page.texts if "Reported on seeds 4 to 5" in text]
    assert all("lost failed before the end: 1 of 2 seeds" in text for text in captions)
    whole = Page(html_report(made_up(["random"]), options(["random"]), "hk2019", provenance([1])))
    assert "of 2 seeds" not in " ".join(whole.texts)


def test_the_groups_hit_worst_are_named_with_kind_size_and_share():
    found = made_up(["random"])
    each = [
        {"detector": "random", "rule": "budget", "by": "each_community", "seed": 4, "group": str(i), "accounts": 40,
         "hit": i, "kind": "fan_club"} for i in range(12)
    ]  # fmt: skip
    found.groups = pd.concat([found.groups.assign(kind=""), pd.DataFrame(each)])
    drawn = community_table(found, "budget", "")
    assert [row[4][0] for row in drawn.rows] == ["11", "10", "9", "8", "7"]
    assert [text for text, _ in drawn.rows[0]] == ["random", "4", "fan club", "40", "11", "28%"]


def test_the_axis_of_cost_ends_at_nothing():
    """Without an operation never acting is free, and no cost is below that."""
    found = made_up(["random"])
    free = found.costs.assign(cost=0.0, wrongly_hit=0.0, threshold=float("inf"))
    found.costs = pd.concat([found.costs.assign(cost=9e4), free])
    for costs in (found.costs, free):
        (ax,) = threshold(costs, found.points).axes
        assert ax.get_ylim()[0] == 0.0


def test_names_and_reasons_cannot_write_into_the_report():
    found = made_up(["<b>bold</b>"])
    found.failures = [("<script>x</script>", "a < b & c")]
    page = Page(html_report(found, options(["random"]), "hk2019", provenance([1])))
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert "<script>x</script>" in page.texts


def test_a_trained_detector_is_told_beside_each_figure():
    found = made_up(["forest"])
    found.supervised = {"forest": "ira2016"}
    page = Page(html_report(found, options(["random"]), "hk2019", provenance([1])))
    captions = [text for text in page.texts if "Reported on seeds 4 to 5" in text]
    assert len(captions) >= 6
    assert all("Trained on another scenario: forest on ira2016." in text for text in captions)


def test_every_detector_looks_different():
    names = ["random", *(f"method_{i}" for i in range(20)), "oracle"]
    assert ordered(names)[0] == "oracle"
    assert ordered(names)[-1] == "random"
    assert len({look(name, names) for name in names}) == len(names)


def test_figures_with_nothing_to_show_are_left_out():
    found = made_up(["random"])
    drawn = figures(found, found.summary(), found.group_summary())
    assert set(drawn) == {"areas", "wrongly_hit", "threshold"}


def test_an_interval_takes_little_room():
    assert between(0.42, 0.47, share) == "42–47%"
    assert between(0.004, 0.47, share) == ".4–47%"
    assert between(0.5, 0.5, share) == "50%"

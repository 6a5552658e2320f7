"""The page in Chromium: what it shows is what the library gives, whatever is moved.

`make test-page` runs these; without Playwright and Chromium they are skipped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.lesson.page import page
from experiments.lesson.read import MEASURES, record_of
from tests.experiments.lesson.browser import LOCKED, Browsed, why_not
from tests.experiments.lesson.conftest import Lesson

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not() or "all is there")]
CHAPTERS = ("see", "operator", "spot", "threshold", "adapt", "what_if", "august", "sandbox")
TIMES = 20  # random settings a chapter


def pick(values: Sequence[Any], *key: object) -> Any:
    """Return one of some values; which depends on the key alone."""
    return values[int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=4).digest()) % len(values)]


def mean_of(lesson: Lesson, part: str, names: Sequence[Any], measure: str, seeds: slice = slice(None)) -> float:
    """Return the mean over seeds of a measure, from the files of the runs."""
    runs = lesson.parts[part].runs[lesson.parts[part].names.index(tuple(names))][seeds]
    return float(np.mean([record_of(lesson.folder, run.key).measures[measure] for run in runs]))


def same(page: Browsed, name: str, expected: float) -> None:
    assert page.value(name) == pytest.approx(expected, rel=1e-12, nan_ok=True), name


@pytest.mark.parametrize("number", range(1, 9))
def test_a_chapter_opens_and_shows_nothing_before_the_prediction(open_page: Browsed, number: int) -> None:
    open_page.open(f"c={number}")
    tab = open_page.tab
    assert tab.get_attribute("#chapter", "data-chapter") == CHAPTERS[number - 1]
    assert tab.locator("[data-figure]").count() == 0
    assert tab.locator(".reply").count() == 0
    assert tab.locator("button.lock").is_disabled()
    tab.locator(".prediction input").first.check()
    tab.locator("button.lock").click()
    assert tab.locator(".prediction input").first.is_disabled(), "a prediction is locked"
    assert tab.locator(".reply").evaluate("one => document.activeElement === one")
    assert tab.locator(".end ol li").count() == 2
    assert tab.locator(".end ul li").count() >= 1
    assert "undefined" not in tab.inner_text(".reply")
    assert "{" not in tab.inner_text("#main")
    assert f"p{number}=0" in tab.evaluate("location.hash")


def test_the_reply_says_whether_the_prediction_holds(open_page: Browsed) -> None:
    open_page.open("c=6")
    options = open_page.tab.locator(".prediction input").count()
    said = []
    for option in range(options):
        open_page.open(f"c=6&p6={option}")
        said.append("right" in (open_page.tab.get_attribute(".reply", "class") or "").split())
    assert said.count(True) == 1


def test_the_day_counts_what_has_happened_by_then(open_page: Browsed, lesson: Lesson) -> None:
    packed = lesson.packed
    time, kind, who, layer, fallen = (
        packed.array(f"day_{name}") for name in ("time", "kind", "who", "layer", "fallen")
    )
    open_page.open(f"c=1&{LOCKED}")
    for turn in range(TIMES):
        step = pick(range(73), "day", turn)
        open_page.set("h", step)
        by_now = time <= step * 1200
        touched = np.unique(who[by_now & ((kind == 1) | (kind == 2))])
        same(open_page, "reposts", float(np.count_nonzero(by_now & (kind == 1))))
        same(open_page, "reached", float(np.count_nonzero(layer[touched] == 0)))
        same(open_page, "fallen", float(np.count_nonzero(fallen <= step * 1200)))


def test_the_day_plays_pauses_and_steps(open_page: Browsed) -> None:
    open_page.open(f"c=1&{LOCKED}&h=70")
    tab = open_page.tab
    play = tab.locator(".buttons button").first
    play.click()
    tab.wait_for_function("Lesson.get('h') === '72'")
    tab.wait_for_function("document.querySelector('.buttons button').getAttribute('aria-pressed') === 'false'")
    tab.locator(".buttons button").nth(2).click()
    assert tab.evaluate("Lesson.get('h')") == "0"
    tab.locator(".buttons button").nth(1).click()
    assert tab.evaluate("Lesson.get('h')") == "1"


def test_an_operator_reaches_and_pays_what_the_runs_came_to(open_page: Browsed, lesson: Lesson) -> None:
    axes = lesson.options.operator
    open_page.open(f"c=2&{LOCKED}")
    for turn in range(TIMES):
        places = [pick(range(len(values)), key, turn) for key, values in axes.items()]
        for i, (place, values) in enumerate(zip(places, axes.values(), strict=True)):
            if len(values) > 1:
                open_page.set(f"o{i}", place)
            else:  # nothing to choose
                assert open_page.tab.locator(f'[data-key="o{i}"]').count() == 0
        names = [values[place] for values, place in zip(axes.values(), places, strict=True)]
        for figure, measure in (("reach", "reach"), ("cost", "cost"), ("recall", "recall")):
            same(open_page, figure, mean_of(lesson, "operator", names, measure))


def test_a_judge_is_told_the_truth_after_eight_verdicts(open_page: Browsed, lesson: Lesson) -> None:
    open_page.open(f"c=3&{LOCKED}")
    tab, cards = open_page.tab, lesson.said["cards"][0]
    assert tab.locator("button.reveal").is_disabled()
    assert tab.locator(".truth").count() == 0
    given = [pick("op", "verdict", i) for i in range(8)]
    for i, verdict in enumerate(given):
        tab.locator(".card").nth(i).locator(f'input[value="{verdict}"]').check()
    tab.locator("button.reveal").click()
    assert tab.locator(".outcome").evaluate("one => document.activeElement === one"), "the button is gone"
    assert tab.locator(".truth").count() == 8
    reasons = tab.locator(".truth").first.locator("details")
    reasons.locator("summary").click()
    assert reasons.locator(".reason").all_inner_texts() == [reason for _, _, reason in cards[0]["detectors"]]
    theirs = [card["truth"] in ("core", "amplifiers") for card in cards]
    wrong = [said == "o" for said, guilty in zip(given, theirs, strict=True) if not guilty]
    found = [said == "o" for said, guilty in zip(given, theirs, strict=True) if guilty]
    same(open_page, "own_wrong", sum(wrong) / len(wrong))
    same(open_page, "own_found", sum(found) / len(found))
    open_page.set("b", "0.01")
    same(open_page, "innocent_five", 0.05 * 0.99 / (0.05 * 0.99 + 0.8 * 0.01))


def test_a_threshold_does_what_the_runs_came_to(open_page: Browsed, lesson: Lesson) -> None:
    shown, tried = slice(0, lesson.said["puzzle"]["played"]), lesson.options.tried
    open_page.open(f"c=4&{LOCKED}")
    for turn in range(TIMES):
        detector, place = pick(lesson.options.detectors, "d", turn), pick(range(len(tried)), "t", turn)
        open_page.set("d", detector)
        open_page.set("t", place)
        names = (detector, tried[place])
        hit = mean_of(lesson, "grid", names, "people_hit", shown)
        same(open_page, "cut", mean_of(lesson, "grid", names, "reach_cut_off", shown))
        same(open_page, "hit", hit)
        assert float(open_page.shown("hit").replace(",", "")) == pytest.approx(1e4 * hit, abs=0.0501)
        counts = lesson.packed.array("watched")[
            :, lesson.options.detectors.index(detector), 0, round(1000 * tried[place])
        ]
        public = np.array(lesson.said["watched"]["n_organic"])
        same(open_page, "watched", float(np.mean((counts / public)[shown])))


def test_what_was_paid_for_is_said_apart_from_what_spread(open_page: Browsed, lesson: Lesson) -> None:
    open_page.open(f"c=4&{LOCKED}")
    free = ("engagement", False)
    paid, reads = (mean_of(lesson, "feeds", free, name) for name in ("promoted_impressions", "impressions"))
    assert open_page.tab.evaluate("Lesson.paid()") == pytest.approx(paid / max(reads, 1.0))


def test_the_puzzle_is_won_by_a_setting_that_wins_and_lost_by_one_that_does_not(
    open_page: Browsed, lesson: Lesson
) -> None:
    winners, names = lesson.said["puzzle"]["winners"], lesson.said["names"]["grid"]
    losers = [i for i in range(len(names)) if i not in winners]
    assert winners
    assert losers
    for setting, won in ((winners[0], "true"), (losers[0], "false")):
        detector, threshold = names[setting]
        open_page.open(f"c=4&{LOCKED}&d={detector}&t={lesson.options.tried.index(threshold)}")
        open_page.tab.locator("button.check").click()
        assert open_page.tab.get_attribute(".result p", "data-won") == won


def test_where_there_is_no_fair_puzzle_the_page_says_so(
    open_page: Browsed, lesson: Lesson, tmp_path_factory: pytest.TempPathFactory
) -> None:
    unfair = {**lesson.said["puzzle"], "fair": False, "cut": None, "hit": None, "winners": []}
    other = tmp_path_factory.mktemp("unfair") / "lesson.html"
    other.write_text(page({**lesson.said, "puzzle": unfair}, lesson.packed), encoding="utf-8")
    open_page.tab.goto(f"{other.as_uri()}#c=4&{LOCKED}")
    assert "fair puzzle" in open_page.tab.inner_text(".no-puzzle")
    assert open_page.tab.locator("button.check").count() == 0
    open_page.requests.clear()  # this page is of another address


def test_operators_feeds_and_defences_come_to_what_their_runs_did(open_page: Browsed, lesson: Lesson) -> None:
    open_page.open(f"c=5&{LOCKED}")
    for name in lesson.options.operations:
        same(open_page, f"{name}-reach", mean_of(lesson, "adaptation", (name, lesson.options.adapted_to[0]), "reach"))
    open_page.open(f"c=6&{LOCKED}")
    for turn in range(TIMES):
        seed = pick(("all", "0", "1"), "feeds", turn)
        open_page.set("f", seed)
        for i, names in enumerate(lesson.parts["feeds"].names):
            of = slice(None) if seed == "all" else slice(int(seed), int(seed) + 1)
            same(open_page, f"{i}-reach", mean_of(lesson, "feeds", names, "reach", of))
    open_page.open(f"c=7&{LOCKED}")
    for turn in range(TIMES):
        (name,) = pick(lesson.parts["august"].names, "august", turn)
        open_page.set("e", name)
        same(open_page, "reach_cut_off", mean_of(lesson, "august", (name,), "reach_cut_off"))
        same(open_page, "core_by_wave", mean_of(lesson, "august", (name,), "core_by_wave"))


def test_the_sandbox_saves_what_it_shows(open_page: Browsed, lesson: Lesson) -> None:
    tab = open_page.tab
    open_page.open(f"c=8&{LOCKED}")
    for turn in range(TIMES):
        x, y = pick(MEASURES, "x", turn), pick(MEASURES, "y", turn)
        open_page.set("x1", x)
        open_page.set("x2", y)
        lines = tab.evaluate("Lesson.csv()").splitlines()
        assert "scenario hk2019" in lines[0]
        assert lines[1].split(",")[:2] == ["detector", "threshold"]
        assert len(lines) == 2 + len(lesson.parts["grid"].names)
        place = pick(range(len(lines) - 2), "row", turn)
        expected = mean_of(lesson, "grid", lesson.parts["grid"].names[place], y)
        cell = lines[2 + place].split(",")[-1]
        assert float(cell or "nan") == pytest.approx(expected, rel=1e-12, nan_ok=True)
    with tab.expect_download() as csv:
        tab.locator("button.csv").click()
    assert Path(csv.value.path()).read_text(encoding="utf-8") == tab.evaluate("Lesson.csv()")
    with tab.expect_download() as png:
        tab.locator("button.png").click()
    assert Path(png.value.path()).read_bytes().startswith(b"\x89PNG")
    assert len(Path(png.value.path()).read_bytes()) > 5000


def test_a_link_brings_back_what_was_chosen(open_page: Browsed) -> None:
    open_page.open(f"c=4&{LOCKED}")
    open_page.set("t", 1)
    open_page.set("d", "random")
    link, before = open_page.tab.evaluate("location.hash"), open_page.value("hit")
    open_page.open(link.lstrip("#"))
    assert open_page.tab.input_value('[data-key="t"]') == "1"
    assert open_page.tab.input_value('[data-key="d"]') == "random"
    assert open_page.value("hit") == before


@pytest.mark.parametrize("wrong", ["t=99", "no_such=1", "d=<b>", "c=9", "%E0%A4%A", "constructor=1"])
def test_a_wrong_link_is_reported_and_the_rest_of_it_taken(open_page: Browsed, wrong: str) -> None:
    open_page.open(f"p4=1&{wrong}&l=en")
    assert open_page.tab.locator("#problem").is_visible()
    assert open_page.tab.evaluate("Lesson.get('p4')") == "1"
    assert open_page.tab.evaluate("Lesson.get('c')") == "1"
    open_page.open("c=4")
    assert not open_page.tab.locator("#problem").is_visible()


def test_codes_of_a_class_are_counted_and_a_slip_is_named(open_page: Browsed) -> None:
    open_page.open("p1=2&p4=3")
    code = open_page.tab.evaluate("Lesson.code()")
    found = open_page.tab.evaluate("text => Lesson.tally(text)", f"{code}\n{code}\n{code[:-1]}x, 123")
    assert found["good"] == 2
    assert len(found["bad"]) == 2
    assert found["counts"][0][2] == 2
    assert found["counts"][3][3] == 2
    assert sum(found["counts"][1]) == 0

"""What every key means is declared once, shown by `takedown options=GROUP` and written in docs/configuration.md."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import pytest

from experiments.cli.errors import GROUPS
from experiments.cli.options import document, options_of, value_of, written
from experiments.cli.parameters import Parameter, parameters_of, summary_of
from sim.config.composition import compose_config, resolved
from sim.config.detector import detector_settings
from sim.config.yaml_files import available
from sim.enforcement.actions.registry import BUILT_IN

ROOT = Path(__file__).parents[3]
OTHERS = [group for group in GROUPS if group != "detector"]


@pytest.mark.parametrize("group", OTHERS)
def test_every_key_says_what_it_means_and_every_number_its_unit_or_range(group: str):
    for option in options_of(group):
        assert option.meaning, option.key
        assert option.group or option.allowed or option.key in FREE, option.key


FREE = {
    "enforcement.options",
    "describe.languages",
    "compare.choose_overrides",
    "compare.train_overrides",
    "compare.detectors",
}


@pytest.mark.parametrize("group", OTHERS)
def test_every_value_of_the_default_files_is_among_the_options(group: str):
    config = {group: resolved(compose_config(["enforcement=defence"]), group)}
    listed = {option.key for option in options_of(group)}
    for key in leaves(config):
        assert any(covers(known, key) for known in listed), key


def leaves(config: object, key: str = "") -> list[str]:
    """Return the dotted keys of a configuration's values."""
    if not isinstance(config, dict) or not config:
        return [key]
    return [leaf for name, part in config.items() for leaf in leaves(part, f"{key}.{name}" if key else str(name))]


def covers(known: str, key: str) -> bool:
    """Whether an option is a key, the mapping that it stands in, or its pattern with NAME for a name."""
    parts, words = known.split("."), key.split(".")
    return len(parts) <= len(words) and all(part in ("NAME", word) for part, word in zip(parts, words, strict=False))


def test_the_documentation_is_what_the_command_makes_of_the_declarations():
    assert (ROOT / "docs/configuration.md").read_text() == document(), (
        "run python -m experiments.cli.options > docs/configuration.md"
    )


def test_a_groups_values_are_shown_as_they_are_now_with_unit_range_and_meaning(takedown, tmp_path: Path):
    status, out, err = takedown("options=feed", "feed=chronological", "feed.attention=17", "hydra.run.dir=runs/one")
    assert (status, err) == (0, "")
    assert list(tmp_path.iterdir()) == []
    assert max(map(len, out.splitlines())) <= 80
    for shown in ("17 items", "allowed: [1, 4096]", "most items read in one session", "chronological"):
        assert shown in out


def test_a_part_of_a_group_is_shown_alone(takedown):
    status, out, _ = takedown("options=operation.supply")
    assert status == 0
    assert "bought_age_years" in out
    assert "weekend_factor" not in out


def test_a_detector_is_shown_with_the_meaning_of_each_parameter(takedown):
    status, out, _ = takedown("options=detector", "detector=co_repost", "detector.window_hours=24")
    assert status == 0
    assert "detectors.co_repost.CoRepost" in out
    lines = [line.strip() for line in out.splitlines()]
    assert max(map(len, out.splitlines())) <= 80
    assert next(line for line in lines if line.startswith("window_hours")).split() == ["window_hours", "24"]
    for words in ("forgotten; above 0.", "min_reposts", "int or None"):
        assert words in out
    assert ">>>" not in out
    assert "References\n" not in out


@pytest.mark.parametrize("name", available("detector"))
def test_every_parameter_of_a_detector_has_a_meaning(name: str):
    settings = detector_settings(name)
    described = parameters_of(pkgutil.resolve_name(settings["_target_"]))
    for key in set(settings) - {"_target_"}:
        assert described[key].kind, key
        assert described[key].meaning, key


def test_the_paragraphs_of_a_docstring_are_put_in_one_line_each_to_be_wrapped_to_the_width():
    class Documented:
        """Scores accounts
        by luck [1]_.

        Two kinds:
        - the first,
          which is long
        - the second

        Parameters
        ----------
        low, high : float
            Between these,
            both included.
        seed : int

        References
        ----------
        .. [1] Nobody.
        """

    assert summary_of(Documented) == [
        "Scores accounts by luck [1].", "Two kinds:", "- the first, which is long", "- the second"
    ]  # fmt: skip
    between = "Between these, both included."
    assert list(parameters_of(Documented).values()) == [
        Parameter("low", "float", between), Parameter("high", "float", between), Parameter("seed", "int", ""),
    ]  # fmt: skip


def test_a_key_of_a_list_without_places_is_shown_with_its_unit_and_range(takedown):
    _, out, _ = takedown("options=enforcement.rungs", "enforcement=threshold", "enforcement.rungs=[]")
    (threshold,) = [line for line in out.splitlines() if line.strip().startswith("[i].threshold")]
    assert "none; unit: score" in threshold
    assert "allowed: [0, 1]" in out
    assert "[] score" not in out


@pytest.mark.parametrize("asked", ["nosuch", "operation.nosuch", "", "seed"])
def test_a_group_that_does_not_exist_is_answered_with_those_that_do(takedown, tmp_path: Path, asked: str):
    status, out, err = takedown(f"options={asked}")
    assert (status, out) == (2, "")
    assert "operation" in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_value_by_name_is_shown_for_every_name():
    config = {"organic": {"groups": {"fans": {"share": 0.5}, "spam": {"share": 0.25}}}}
    assert written(value_of(config, "organic.groups.NAME.share")) == "fans: 0.5, spam: 0.25"
    assert written([None, True, 0.1]) == "[null, true, 0.1]"


def test_the_actions_that_are_named_are_those_that_there_are():
    (action,) = [option for option in options_of("enforcement") if option.key == "enforcement.action"]
    assert set(BUILT_IN) == set(action.allowed.split(", ")[:-1])


def test_help_fits_a_terminal_and_says_how_values_are_shown(takedown):
    status, out, _ = takedown("--help")
    lines = out.rstrip().splitlines()
    assert status == 0
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 80
    assert "takedown options=feed" in out
    for group in (*GROUPS, "experiment"):
        for name in available(group):
            assert name in out


def test_help_names_the_files_of_a_folder_of_ones_own(takedown, tmp_path: Path):
    (tmp_path / "mine/detector").mkdir(parents=True)
    (tmp_path / "mine/detector/crystal_ball.yaml").write_text("_target_: nowhere.CrystalBall\n")
    _, out, _ = takedown("--config-dir", "mine", "--help")
    assert "crystal_ball" in out


def test_help_alone_is_what_hydra_prints_with_other_words_beside_it(takedown):
    assert takedown("--help") == takedown("--help", "seed=2") == takedown("-h")

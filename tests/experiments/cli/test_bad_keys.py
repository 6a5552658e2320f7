"""A key that cannot be set is answered with its name and the reason: places of lists, keys below a value, groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import ConfigError
from sim.config.composition import compose_config
from tests.experiments.tiny import TINY

NO_FILE = "detector must be the name of a file of conf/detector, one value: detector=co_repost; its keys are changed by"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["enforcement.rungs.x=1"], "enforcement.rungs.x is not an option: enforcement.rungs is a list; its places"),
        (["enforcement.appeals.actions.x=1"], "enforcement.appeals.actions.x is not an option: enforcement.appeals."),
        (
            ["+enforcement.rungs.0.action=label"],
            "enforcement.rungs.0.action cannot be set: enforcement.rungs is a list",
        ),
        (["scenario.core.languages=3"], "scenario.core.languages is not an option."),
        (["detector=[co_repost]"], NO_FILE),
        (["~detector", "+detector={_target_: detectors.oracle.Oracle}"], NO_FILE),
    ],
)
def test_a_key_that_cannot_be_set_is_wrong_use(takedown, tmp_path: Path, words: list[str], message: str):
    status, out, err = takedown(*TINY, "enforcement=threshold", "hydra.run.dir=run", *words)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(f"takedown: {message}")
    assert list(tmp_path.iterdir()) == []


def test_a_place_of_a_list_that_is_no_number_is_a_configuration_error_in_python_too():
    with pytest.raises(ConfigError, match=r"enforcement\.rungs\.x is not an option: enforcement\.rungs is a list"):
        compose_config(["enforcement.rungs.x=1"])

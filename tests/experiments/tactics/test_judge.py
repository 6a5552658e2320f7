"""The judgement of tactics: dollars made equal by the number of accounts, gains paired by seed, and the command."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from experiments.tactics.__main__ import listed, main
from experiments.tactics.judge import judge, row
from experiments.tactics.trial import Trial, Trials
from sim.config.composition import compose_config, world_from

SEEDS = range(1, 11)


class Made(Trials):
    """Trials whose outcomes follow from the tactic's word: its price, and what it gains with a defence and without."""

    def __init__(self, price: float, defended: float, undefended: float, noise: float = 0.01) -> None:
        self.price, self.gains, self.noise = price, {True: defended, False: undefended}, noise
        self.asked: list[tuple[int, bool]] = []

    def run(self, tactic: Sequence[str], seed: int, *, defended: bool, accounts: float = 1.0) -> Trial:
        self.asked.append((seed, defended))
        luck = math.exp(0.5 * math.sin(seed))  # of the seed, with any tactic
        if not tactic:
            return Trial(round(100_000 * luck), 1100.0 + seed, 100.0 + seed)
        gain = self.gains[defended] * math.exp(self.noise * math.cos(seed))
        return Trial(
            round(100_000 * luck * gain * accounts), 100.0 + seed + 1000.0 * self.price * accounts, 100.0 + seed
        )


def test_a_dearer_tactic_has_the_fewer_accounts_and_then_costs_the_same() -> None:
    verdict = judge(Made(2.0, 3.0, 2.0), "dear", ["x"], SEEDS)
    for arm, gain in ((verdict.defended, 1.5), (verdict.undefended, 1.0)):
        assert arm.accounts == pytest.approx(0.5)
        assert arm.dollars == pytest.approx(1.0)
        assert math.exp(arm.gain.mean) == pytest.approx(gain, rel=0.01)
    assert verdict.equal
    assert verdict.passes


@pytest.mark.parametrize(
    ("defended", "undefended", "noise", "passes"),
    [
        (1.3, 1.0, 0.01, True),
        (1.3, 1.3, 0.01, False),  # as much without a defence
        (0.8, 0.5, 0.01, False),  # less is lost under the defence, but nothing gained
        (1.05, 1.0, 2.0, False),  # too uncertain
    ],
)
def test_a_counter_measure_gains_under_a_defence_and_more_than_without(
    defended: float, undefended: float, noise: float, passes: bool
) -> None:
    class Noisy(Made):
        """Seeds differ under the defence alone."""

        def run(self, tactic: Sequence[str], seed: int, *, defended: bool, accounts: float = 1.0) -> Trial:
            self.noise = noise if defended else 0.0
            return super().run(tactic, seed, defended=defended, accounts=accounts)

    verdict = judge(Noisy(1.0, defended, undefended), "one", ["x"], SEEDS)
    assert verdict.equal
    assert verdict.passes is passes
    assert ("passes" if passes else "fails") in row(verdict)


def test_where_no_number_of_accounts_makes_dollars_equal_nothing_passes() -> None:
    class Wages(Made):
        """All that the tactic costs are wages."""

        def run(self, tactic: Sequence[str], seed: int, *, defended: bool, accounts: float = 1.0) -> Trial:
            found = super().run(tactic, seed, defended=defended, accounts=accounts)
            return Trial(found.reach, 5000.0, 5000.0) if tactic else found

    verdict = judge(Wages(1.0, 3.0, 1.0), "wages", ["x"], SEEDS)
    assert not verdict.passes
    assert "costs differ" in row(verdict)


def test_every_tactic_that_has_been_tried_can_be_composed() -> None:
    known = listed()
    static = world_from(compose_config(["scenario=hk2019", *known["base"]]))
    for name, words in known["tried"].items():
        assert world_from(compose_config(["scenario=hk2019", *known["base"], *words])) != static, name


def test_the_command_prints_a_line_a_tactic_and_keeps_its_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--set", "scenario.scale=0.002", "scenario.days=2", "--seeds", "1", "--folder", str(tmp_path)]
    assert main(["smaller_cells", *small]) == 0
    first = capsys.readouterr().out
    assert "| `smaller_cells` | " in first
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    assert len(kept) == 4
    assert main(["smaller_cells", *small]) == 0
    assert capsys.readouterr().out == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")} == kept


def test_a_wrong_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["panic"])
    assert caught.value.code == 2
    assert "NAME must be one of spread_registrations" in capsys.readouterr().err

"""A bar from advertising keeps an account from paid promotion and from nothing else."""

from __future__ import annotations

from tests.sim.enforcement.draws import hit, is_twin, rules, run


def test_a_bar_from_advertising_touches_nothing_else_and_is_no_false_positive() -> None:
    model = run(rules("bar_advertising"))
    assert is_twin(model)
    assert model.accounts.advertising_barred[hit()].all()
    assert model.results()["false_positive_rate"] == 0.0

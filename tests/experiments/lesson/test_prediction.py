"""A prediction comes before its answer."""

from __future__ import annotations

import pytest

from experiments.lesson.prediction import VARIABLE, beside
from sim import ConfigError


def test_no_answer_is_shown_before_a_prediction_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError, match="Predict first: put a number in place of the three dots"):
        beside(..., 0.25)
    with pytest.raises(ConfigError, match="Predict first: put a name, in quotes, in place") as refused:
        beside(..., "co_repost")
    assert "co_repost" not in str(refused.value)
    assert beside("random", "co_repost") == "Predicted: random. It was co_repost."
    assert beside(0, 0.25) == "Predicted: 0%. It came to 25%."
    assert beside(0.0, -0.002) == "Predicted: 0%. It came to 0%."
    assert beside(12.4, 3.0, "{:.0f}") == "Predicted: 12. It came to 3."


def test_lessons_can_be_executed_without_predictions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "no")
    assert beside(..., 0.25) == "It came to 25%."
    assert beside(..., "co_repost") == "It was co_repost."


@pytest.mark.parametrize("value", [True, "a half", None])
def test_a_prediction_that_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ConfigError, match=f"a prediction must be a number; got {value!r}"):
        beside(value, 0.25)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0.5, None])
def test_a_prediction_that_is_no_name_is_refused_where_one_is_asked_for(value: object) -> None:
    with pytest.raises(ConfigError, match=f"a prediction must be a name, in quotes; got {value!r}") as refused:
        beside(value, "co_repost")  # type: ignore[arg-type]
    assert "co_repost" not in str(refused.value)

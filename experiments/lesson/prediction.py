"""A prediction in a notebook: it must be made before its answer is shown."""

from __future__ import annotations

import os
from types import EllipsisType

from sim.config import ConfigError

#: Set to `no`, answers are shown without a prediction: `make notebooks` and the tests execute the lessons so.
VARIABLE = "TAKEDOWN_PREDICT"


def beside(prediction: float | str | EllipsisType, came_out: float | str, unit: str = "{:z.0%}") -> str:
    """Return a prediction and what came out, in one line.

    Parameters
    ----------
    prediction : float, str or Ellipsis
        Ellipsis, the three dots, where none has been made.
    came_out : float or str
        A number, or a name such as that of a detector.
    unit : str
        A format of numbers, such as {:.1%} or {:,.0f}; the z of the default writes no "-0%".

    Raises
    ------
    ConfigError
        No prediction has been made, and the environment does not say `TAKEDOWN_PREDICT=no`; or it is no number, or no
        text where a name is asked for.

    Examples
    --------
    >>> beside(0.5, 0.12)
    'Predicted: 50%. It came to 12%.'
    >>> beside("random", "co_repost")
    'Predicted: random. It was co_repost.'
    """
    name = isinstance(came_out, str)
    outcome = f"It was {came_out}." if isinstance(came_out, str) else f"It came to {unit.format(came_out)}."
    if prediction is ...:
        if os.environ.get(VARIABLE) == "no":
            return outcome
        asked = "a name, in quotes," if name else "a number"
        raise ConfigError(
            f"Predict first: put {asked} in place of the three dots, and run that cell and this one again."
        )
    if isinstance(prediction, str):
        if name:
            return f"Predicted: {prediction}. {outcome}"
    elif not name and isinstance(prediction, int | float) and not isinstance(prediction, bool):
        return f"Predicted: {unit.format(prediction)}. {outcome}"
    raise ConfigError(f"a prediction must be a {'name, in quotes' if name else 'number'}; got {prediction!r}.")

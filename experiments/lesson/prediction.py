"""A prediction in a notebook: it must be made before its answer is shown."""

from __future__ import annotations

import os
from types import EllipsisType

from sim.config import ConfigError

#: Set to `no`, answers are shown without a prediction: `make notebooks` and the tests execute the lessons so.
VARIABLE = "TAKEDOWN_PREDICT"


def beside(prediction: float | EllipsisType, came_out: float, unit: str = "{:.0%}") -> str:
    """Return a prediction and what came out, in one line.

    Parameters
    ----------
    prediction : float or Ellipsis
        Ellipsis, the three dots, where none has been made.
    came_out : float
    unit : str
        A format of both, such as {:.0%} or {:,.0f}.

    Raises
    ------
    ConfigError
        No prediction has been made, and the environment does not say `TAKEDOWN_PREDICT=no`; or it is no number.

    Examples
    --------
    >>> beside(0.5, 0.12)
    'Predicted: 50%. It came to 12%.'
    """
    if prediction is ...:
        if os.environ.get(VARIABLE) == "no":
            return f"It came to {unit.format(came_out)}."
        raise ConfigError(
            "Predict first: put a number in place of the three dots, and run that cell and this one again."
        )
    if isinstance(prediction, bool) or not isinstance(prediction, int | float):
        raise ConfigError(f"a prediction must be a number; got {prediction!r}.")
    return f"Predicted: {unit.format(prediction)}. It came to {unit.format(came_out)}."

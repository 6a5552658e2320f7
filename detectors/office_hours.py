"""Office hours: accounts that act in the working hours of a time zone."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.parts.acts import ActsInWindow
from detectors.parts.parameters import require_number
from sim.observation import Observation

_HOUR, _DAY = 3600, 86_400
_THURSDAY = 3  # 1 January 1970, counted from Monday


class OfficeHours(ActsInWindow):
    """Scores an account by the share of its acts in the working hours of one time zone.

    A rule of ten lines and a floor for other methods: who runs personas for a living does so at work. An analyst who
    suspects an operator in a country takes that country's office hours, here those of the operation that Twitter
    announced in August 2019, of whose posts 94% fall in 08 to 18 Hong Kong time. People who live in that zone act by
    day, too, and score high. It reads time and account of each act. Cost: 20 bytes an act in the window, and a count
    over them a scoring.

    Parameters
    ----------
    window_hours : float
        Acts older than this at the end of the last step are forgotten; above 0.
    min_acts : int
        Accounts with fewer acts in the window are NaN; at least 1.
    utc_offset_hours : float
        Of the time zone, in [-14, 14].
    first_hour : float
        Beginning of the working day, local time; at least 0.
    last_hour : float
        Its end, which is excluded; above `first_hour`, at most 24.
    weekdays : bool
        Whether Saturdays and Sundays are no working days.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import OfficeHours
    >>> from sim.observation import Observation
    >>> detector = OfficeHours(min_acts=2, utc_offset_hours=0.0)  # the log begins on a Thursday
    >>> detector.observe(Observation(step=0, start=0, end=86_400, n_accounts=2, columns={}, events={
    ...     "time": np.array([7, 8, 12, 17, 18]) * 3600, "account": np.array([0, 1, 1, 0, 1])}))
    >>> detector.score().round(2)
    array([0.5 , 0.67])
    >>> detector.explain(0).sentence
    '1 of its 2 acts in the last 168 hours were in office hours.'
    """

    requires: frozenset[str] = frozenset({"time", "account"})
    _which: ClassVar[str] = "in office hours"

    def __init__(
        self,
        window_hours: float = 168.0,
        min_acts: int = 10,
        utc_offset_hours: float = 8.0,
        first_hour: float = 8.0,
        last_hour: float = 18.0,
        weekdays: bool = True,
    ) -> None:
        super().__init__(window_hours, min_acts)
        require_number("OfficeHours", utc_offset_hours=utc_offset_hours, first_hour=first_hour, last_hour=last_hour)
        if not -14.0 <= utc_offset_hours <= 14.0:
            raise ValueError(f"OfficeHours.utc_offset_hours must lie in [-14, 14]; got {utc_offset_hours}.")
        if not 0.0 <= first_hour < last_hour <= 24.0:
            raise ValueError(
                "OfficeHours.first_hour must be at least 0 and below last_hour, which is at most 24; "
                f"got {first_hour} and {last_hour}."
            )
        if not isinstance(weekdays, bool):
            raise ValueError(f"OfficeHours.weekdays must be true or false; got {weekdays!r}.")
        self.utc_offset_hours, self.first_hour, self.last_hour = utc_offset_hours, first_hour, last_hour
        self.weekdays = weekdays

    def _counts(self, observation: Observation) -> NDArray[np.bool_]:
        local = observation.event("time") + round(self.utc_offset_hours * _HOUR)
        second = local % _DAY
        at_work = (second >= self.first_hour * _HOUR) & (second < self.last_hour * _HOUR)
        if self.weekdays:
            at_work &= (local // _DAY + _THURSDAY) % 7 < 5
        return np.asarray(at_work)

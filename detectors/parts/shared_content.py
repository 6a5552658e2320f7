"""The base class of the detectors of shared content: accounts that post the same link, hashtags or wording."""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import NDArray

from detectors.parts.similarity import SharedItems
from detectors.parts.traces import traces
from sim.observation import Observation


class SharedContent(SharedItems):
    """Scores accounts by their largest TF-IDF cosine to another account over one column of what their posts carry.

    A subclass names the event field (`sim.observation.EVENTS`) that it reads.

    Parameters
    ----------
    window_hours, min_items, max_holders, max_work, min_holders, counts
        As in `detectors.parts.similarity.SharedItems`.
    reposts : bool
        Whether what an account reposts counts as well as what it writes.
    """

    _field: ClassVar[str]  # the event field

    def __init__(
        self,
        window_hours: float,
        min_items: int,
        max_holders: int | None,
        reposts: bool,
        *,
        max_work: int | None,
        min_holders: int,
        counts: str,
    ) -> None:
        super().__init__(
            window_hours, min_items, max_holders, max_work=max_work, min_holders=min_holders, counts=counts
        )
        self.reposts = reposts

    def _traces(self, observation: Observation) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return time, account and item of the step's posts that carry one."""
        return traces(observation, self._field, passed_on=self.reposts)

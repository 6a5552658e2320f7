"""What posts carry, as other tools read it: links, hashtags and wordings, each by its number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sim.archive.messages import Messages
from sim.archive.schema import milliseconds_of
from sim.events.content import FIELDS, NONE
from sim.events.records import POSTED
from sim.model import InfluenceModel
from sim.population.truth import Layer, Origin


class Contents:
    """What the posts of a run's acts carry, for the tables that are written.

    A post's content is computed from what the log keeps of it (`sim.events.content`). Whether a post of the core was of
    the campaign the log does not say: it is where its topic is the contested one, as cover posts are of others.

    Parameters
    ----------
    model : InfluenceModel
    """

    def __init__(self, model: InfluenceModel) -> None:
        self._content, self._start = model.platform.content, model.config.scenario.start_epoch
        self._core = model.world.truth.layer == Layer.CORE

    def numbers(self, acts: Messages) -> dict[str, NDArray[np.int64]]:
        """Return url, hashtags and text of the post that each act writes or reposts: int64 (acts,), 0 for none."""
        posts = np.zeros(len(acts), POSTED)
        posts["author"], posts["topic"], posts["language"] = acts.author, acts.topic, acts.language
        posts["time"] = milliseconds_of(acts.post) // 1000 - self._start
        campaign = self._core[acts.author] & (acts.topic == 0)
        posts["origin"] = np.where(campaign, int(Origin.CAMPAIGN), int(Origin.ORGANIC))
        return {name: self._content.of(name, posts) for name in FIELDS}


def link_of(numbers: NDArray[np.int64]) -> Any:
    """Return links, empty for none: string (acts,)."""
    return _named("https://example.org/", numbers)


def hashtags_of(numbers: NDArray[np.int64]) -> Any:
    """Return the tag that stands for each sequence of hashtags, without its sign, empty for none: string (acts,)."""
    return _named("h", numbers)


def listed(cells: Any) -> Any:
    """Return cells as the archive writes lists of one text, or of none."""
    return pc.if_else(pc.equal(cells, ""), "[]", pc.binary_join_element_wise("['", cells, "']", ""))


def text_of(numbers: dict[str, NDArray[np.int64]]) -> Any:
    """Return what stands for the text of each act: its wording, its hashtags and its link.

    Two that repeat one wording have the same number after `w`.
    """
    more = (_named(" #h", numbers["hashtags"]), _named(" https://example.org/", numbers["url"]))
    return pc.binary_join_element_wise("w", pa.array(numbers["text"]).cast(pa.string()), *more, "")


def _named(prefix: str, numbers: NDArray[np.int64]) -> Any:
    named = pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")
    return pc.if_else(pa.array(numbers == NONE), "", named)

"""A run's activity as the tools for finding coordination read it: all acts of the log, organic ones as well.

Account ids are those of the archive, but none is hashed; message ids are the archive's.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sim.archive.publish import CHUNK, Messages, Names, text_of
from sim.archive.schema import COORTWEET_COLUMNS, TOOLKIT_COLUMNS


def toolkit_tables(acts: Messages, names: Names) -> Iterator[pa.Table]:
    """Yield the acts as messages for coordination-network-toolkit, which goes by the order of the columns."""
    for begin in range(0, max(len(acts), 1), CHUNK):
        part = acts.rows(slice(begin, begin + CHUNK))
        empty = pa.array([""] * len(part), pa.string())
        columns = (
            pa.array(part.message).cast(pa.string()), names.of(part.account), names.of(part.account, "account_"),
            pc.if_else(pa.array(part.repost), pa.array(part.post).cast(pa.string()), ""), empty,
            text_of(part), pa.array(part.seconds), empty,
        )  # fmt: skip
        yield pa.table(dict(zip(TOOLKIT_COLUMNS, columns, strict=True)))


def coortweet_tables(acts: Messages, names: Names) -> Iterator[pa.Table]:
    """Yield the reposts as shares for CooRTweet: the object is the post, the content the repost."""
    shares = np.flatnonzero(acts.repost)
    for begin in range(0, max(shares.size, 1), CHUNK):
        part = acts.rows(shares[begin : begin + CHUNK])
        columns = (
            pa.array(part.post).cast(pa.string()), names.of(part.account), pa.array(part.message).cast(pa.string()),
            pa.array(part.seconds),
        )  # fmt: skip
        yield pa.table(dict(zip(COORTWEET_COLUMNS, columns, strict=True)))

"""A run's activity as the tools for finding coordination read it: all acts of the log, organic ones as well.

Account ids are those of the archive, but none is hashed; message ids are the archive's. Beside it stands who the
accounts are: the labels that a tool's findings are held against, and that it must not be given.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sim.archive.contents import Contents, link_of, text_of
from sim.archive.messages import Messages
from sim.archive.publish import CHUNK, Names
from sim.archive.schema import COORTWEET_COLUMNS, TOOLKIT_COLUMNS
from sim.model import InfluenceModel
from sim.population.truth import Layer


def toolkit_tables(acts: Messages, names: Names, contents: Contents) -> Iterator[pa.Table]:
    """Yield the acts as messages for coordination-network-toolkit, which goes by the order of the columns."""
    for begin in range(0, max(len(acts), 1), CHUNK):
        part = acts.rows(slice(begin, begin + CHUNK))
        empty, carried = pa.array([""] * len(part), pa.string()), contents.numbers(part)
        columns = (
            pa.array(part.message).cast(pa.string()), names.of(part.account), names.of(part.account, "account_"),
            pc.if_else(pa.array(part.repost), pa.array(part.post).cast(pa.string()), ""), empty,
            text_of(carried), pa.array(part.seconds), link_of(carried["url"]),
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


def account_table(model: InfluenceModel, plain: Names, published: Names) -> pa.Table:
    """Return who the accounts are that were registered by now, a row each, in the order of their ids.

    Columns: `account`, the id in the activity files; `userid`, the id in the archive's files, of those that are in one
    a hash where it is hashed; `label`, 1 for the operation; `layer`; `benign_kind` and `benign_group` of those that
    belong to a benign coordinated group.

    Parameters
    ----------
    model : InfluenceModel
    plain, published : Names
        As the activity files and the archive name accounts.
    """
    scenario, truth = model.config.scenario, model.world.truth
    now = scenario.start_epoch + model.step_number * scenario.step_seconds
    order = np.argsort(model.platform.pseudonyms)
    order = order[model.accounts.created[order] < now]
    layers = pa.array([layer.name.lower() for layer in Layer], pa.string())
    kinds = pa.array([*truth.group_kinds, ""], pa.string())  # -1 is the last
    kind, group = truth.group_kind[order].astype(np.int64), truth.group[order].astype(np.int64)
    return pa.table(
        {
            "account": plain.of(order), "userid": published.of(order),
            "label": pa.array(truth.operation[order].astype(np.int64)),
            "layer": layers.take(pa.array(truth.layer[order])),
            "benign_kind": kinds.take(pa.array(np.where(kind < 0, len(truth.group_kinds), kind))),
            "benign_group": pa.array(group, mask=group < 0),
        }
    )  # fmt: skip

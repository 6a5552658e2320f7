"""What a scored log is written as: scores, edges, groups as tables; the networks as GraphML, which networkx reads."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from experiments.score.ranks import in_order, shares_below
from experiments.score.run import Result
from sim.archive.schema import as_text, guarded
from sim.core.files import whole_file

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def score_table(found: Result) -> pd.DataFrame:
    """Return a row for each account that acts, the most suspect first.

    Columns: `account`; `label` where labels were given (1, 0, empty); a column for each detector, empty where it left
    the account unscored; `rank`, 1 for the highest mean over detectors of the share of accounts that a detector scores
    lower, unscored accounts below all (rules about an account's own acts do not count where there are others);
    `evidence`, the reason that the detector gave in whose list the account stands
    highest, of the accounts that a detector gave reasons for.

    """
    rows = np.flatnonzero(found.log.acting())
    acts = np.bincount(found.log.account, minlength=found.log.n_accounts)[rows]
    order = in_order([one.scores[rows] for one in found.counted()], acts)
    reasons = _reasons(found, rows)
    table: dict[str, Any] = {"account": found.log.ids.take(pa.array(rows[order])).to_pandas()}
    if found.log.labels is not None:
        labels = found.log.labels[rows][order]
        table["label"] = pd.Series(np.maximum(labels, 0)).astype("Int64").mask(labels < 0)
    table |= {one.name: one.scores[rows][order] for one in found.scored}
    table["rank"] = np.arange(1, rows.size + 1)
    table["evidence"] = [reasons.get(row, "") for row in rows[order].tolist()]
    return pd.DataFrame(table)


def _reasons(found: Result, rows: NDArray[np.int64]) -> dict[int, str]:
    """Return of each account the reason of the detector by which it stands highest, with the detector's name."""
    best: dict[int, tuple[float, str]] = {}
    for one in found.scored:
        if not one.reasons:
            continue
        shares = dict(zip(rows.tolist(), shares_below(one.scores[rows]).tolist(), strict=True))
        for account, sentence in one.reasons.items():
            # A method that ties accounts to others says more than one that counts an account's own acts.
            rank = shares[account] - one.simple
            if account not in best or rank > best[account][0]:
                best[account] = rank, f"{one.name}: {sentence}"
    return {account: sentence for account, (_, sentence) in best.items()}


def edge_table(found: Result) -> pa.Table:
    """Return the edges of all methods: source, target, weight, detector."""
    parts = [(one.name, one.network) for one in found.scored if one.network is not None and one.network.one.size]
    ids, none = found.log.ids, np.empty(0, np.int64)
    one = np.concatenate([none, *(network.one for _, network in parts)])
    other = np.concatenate([none, *(network.other for _, network in parts)])
    names = np.repeat(np.arange(len(parts)), [network.one.size for _, network in parts])
    return pa.table(
        {
            "source": ids.take(pa.array(one)), "target": ids.take(pa.array(other)),
            "weight": pa.array(np.concatenate([np.empty(0), *(network.weight for _, network in parts)])),
            "detector": pa.array([name for name, _ in parts], pa.string()).take(pa.array(names)),
        }
    )  # fmt: skip


def group_table(found: Result) -> pa.Table:
    """Return the groups of all methods, a row a member: detector, group (1 is the largest), size, account."""
    names: list[str] = []
    numbers, sizes, members = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for one in found.scored:
        for number, group in enumerate(one.network.groups if one.network is not None else [], 1):
            names += [one.name] * group.size
            numbers.append(np.full(group.size, number))
            sizes.append(np.full(group.size, group.size))
            members.append(group)
    return pa.table(
        {
            "detector": pa.array(names, pa.string()), "group": np.concatenate(numbers), "size": np.concatenate(sizes),
            "account": found.log.ids.take(pa.array(np.concatenate(members))),
        }
    )  # fmt: skip


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as CSV: nothing for what is unknown, and no cell that a spreadsheet runs."""
    columns = {
        name: guarded(as_text(column))
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    with whole_file(path) as file:
        pyarrow.csv.write_csv(pa.table(columns), file, pyarrow.csv.WriteOptions(quoting_style="needed"))


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet."""
    with whole_file(path) as file:
        pyarrow.parquet.write_table(table, file)


def as_arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a frame of scores as Arrow, NaN as null."""
    return pa.Table.from_pandas(frame, preserve_index=False)


def write_graphml(edges: pa.Table, path: Path) -> None:
    """Write edges as GraphML: an undirected graph, an edge a method, with its weight and the method's name.

    NetworkX would take 20 CPU seconds and 0.8 GB for 300,000 edges, and a log may have millions; it reads this back.
    """
    source, target, weight, detector = (edges.column(i).to_pylist() for i in range(4))
    with whole_file(path) as file:
        out = io.TextIOWrapper(file, "utf-8", newline="\n", write_through=False)
        out.write(
            '<?xml version="1.0" encoding="utf-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
            '<key id="weight" for="edge" attr.name="weight" attr.type="double"/>\n'
            '<key id="detector" for="edge" attr.name="detector" attr.type="string"/>\n'
            '<graph edgedefault="undirected">\n'
        )
        out.writelines(f"<node id={_quoted(name)}/>\n" for name in dict.fromkeys([*source, *target]))
        out.writelines(_edges(zip(source, target, weight, detector, strict=True)))
        out.write("</graph>\n</graphml>\n")
        out.flush()
        out.detach()


def _edges(rows: Iterable[tuple[str, str, float, str]]) -> Iterable[str]:
    for number, (one, other, weight, name) in enumerate(rows):
        yield (
            f'<edge id="e{number}" source={_quoted(one)} target={_quoted(other)}>'
            f'<data key="weight">{weight:.12g}</data><data key="detector">{escape(name)}</data></edge>\n'
        )


def _quoted(name: str) -> str:
    """Return an id as an XML attribute; characters that XML does not know stand as a question mark."""
    return quoteattr(_NO_XML.sub("?", name))

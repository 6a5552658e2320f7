"""What is known of accounts beside the log: labels from a file, and what they say of each method."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from detectors.evaluation.measures import ranking, recall_where
from experiments.score import cells
from experiments.score.errors import BadCell, LogError
from experiments.score.log import Log
from experiments.score.sources import sources
from experiments.score.table import LogTable

_LABELS = {"1": 1, "1.0": 1, "true": 1, "0": 0, "0.0": 0, "false": 0, "": -1, "nan": -1}
_ACCOUNT = ("account", "account_id", "user", "user_id", "userid", "id")
RATES = (0.001, 0.01)  # of people hit, at which recall is taken


def read_labels(names: list[str], log: Log) -> NDArray[np.int64]:
    """Return the labels of a log's accounts: 1, 0, or -1 for unknown.

    Parameters
    ----------
    names : list of str
        Files with the columns account and label; a label is 1, 0 or empty. Accounts that are not in the log are passed
        over.
    log : Log

    Raises
    ------
    LogError
        A file is bad, an account has two labels, or nobody of the log is labelled 1, or 0.
    """
    try:
        return _labels(names, log)
    except LogError as error:
        error.key = "labels"
        raise


def _labels(names: list[str], log: Log) -> NDArray[np.int64]:
    known = np.full(log.n_accounts, -1, np.int64)
    for source in sources(names, "labels"):
        file = LogTable(source)
        lower = {name.lower(): name for name in file.header}
        account = next((lower[name] for name in _ACCOUNT if name in lower), None)
        if account is None or "label" not in lower:
            raise LogError(f"{source}: line 1 must name the columns account and label; got {file.shown_header()}.")
        row = 0
        for piece in file.pieces([account, lower["label"]]):
            try:
                numbers, values = _rows(piece, account, lower["label"], log)
            except BadCell as error:
                raise file.fail(row + error.row, error.wrong) from None
            _take(known, numbers, values, file, row, log)
            row += piece.num_rows
    acting = log.acting()
    for label, word in ((1, "to be found"), (0, "others")):
        if not (known[acting] == label).any():
            raise LogError(
                f"{names[0]}: must label accounts of the log {label} ({word}); got none of those that act in it."
            )
    return known


def _rows(piece: pa.Table, account: str, label: str, log: Log) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ids = cells.ids_of(piece.column(account))
    numbers = pc.fill_null(pc.index_in(ids, log.ids), -1).to_numpy(zero_copy_only=False).astype(np.int64)
    coded = pc.utf8_lower(pc.utf8_trim_whitespace(cells.texts_of(piece.column(label)))).dictionary_encode()
    words = coded.dictionary.to_pylist()
    for word in words:
        if word not in _LABELS:
            place = pc.index(coded.cast(pa.string()), word).as_py()
            raise BadCell(place, f"{label} must be 1, 0 or empty; got {word!r}")
    meaning = np.array([_LABELS[word] for word in words], np.int64)
    return numbers, meaning[coded.indices.to_numpy(zero_copy_only=False)] if words else np.zeros(0, np.int64)


def _take(
    known: NDArray[np.int64], numbers: NDArray[np.int64], values: NDArray[np.int64], file: LogTable, row: int, log: Log
) -> None:
    """Note the labels of a piece; an account may come again with the same label, not with another."""
    for place in np.flatnonzero((numbers >= 0) & (values >= 0)).tolist():
        number, value = int(numbers[place]), int(values[place])
        if known[number] not in (-1, value):
            raise file.fail(row + place, f"an account must have one label; got {log.ids[number].as_py()} as 1 and as 0")
        known[number] = value


def measures(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float]:
    """Return the measures of a ranking over labelled accounts, as a comparison has them, and recall at given rates."""
    chosen = labels >= 0
    scores, positive = scores[chosen], labels[chosen] == 1
    found = ranking(scores, positive)
    recalls, _ = recall_where(scores, positive, RATES)
    return found | {f"recall_at_{rate:g}": float(recall) for rate, recall in zip(RATES, recalls, strict=True)}

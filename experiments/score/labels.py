"""Numbers in the place of ids and texts: collected piece by piece, made one table at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_MOST_DIGITS = 18  # of a whole number that fits into 64 bits in any case


class Labels:
    """Texts of several columns, numbered together.

    Parameters
    ----------
    as_numbers : bool
        Whether texts that are all whole numbers are their own labels: that costs no table.
    """

    def __init__(self, as_numbers: bool = False) -> None:
        self._as_numbers = as_numbers
        self._parts: list[Any] = []  # int64 arrays while all are whole numbers, else Arrow dictionaries

    def add(self, texts: Any) -> int:
        """Take in a piece of a column; return its number, by which `finish` gives it back."""
        part = _whole_numbers(texts) if self._as_numbers else None
        if part is None:
            if self._as_numbers:
                self._as_numbers = False
                self._parts = [_coded(pa.array(done).cast(pa.string())) for done in self._parts]
            part = _coded(texts)
        self._parts.append(part)
        return len(self._parts) - 1

    def finish(self) -> tuple[list[NDArray[np.int64]], Any]:
        """Return the labels of each piece, and the texts by label; None where texts are their own labels."""
        if self._as_numbers:
            return self._parts, None
        if not self._parts:
            return [], pa.array([], pa.string())
        whole = pa.chunked_array(self._parts).unify_dictionaries()
        codes = [chunk.indices.to_numpy(zero_copy_only=False).astype(np.int64) for chunk in whole.chunks]
        return codes, whole.chunk(0).dictionary


def _coded(texts: Any) -> Any:
    return texts.dictionary_encode()


def _whole_numbers(texts: Any) -> NDArray[np.int64] | None:
    """Return texts as whole numbers; None unless each is written as such a number is: no sign, no zero before it."""
    if not len(texts):
        return np.empty(0, np.int64)
    lengths = pc.binary_length(texts)
    if pc.max(lengths).as_py() > _MOST_DIGITS + 1 or pc.min(lengths).as_py() < 1:
        return None
    if not pc.all(pc.utf8_is_digit(texts)).as_py() or texts.type != pa.string():
        return None
    zero = pc.and_(pc.starts_with(texts, "0"), pc.greater(lengths, 1))
    if pc.any(zero).as_py():
        return None
    try:
        return np.asarray(texts.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)
    except pa.ArrowInvalid:
        return None

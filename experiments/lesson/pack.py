"""Arrays as one text: little-endian bytes one after another, in base64, and a list that says what lies where."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Types that a browser has arrays of, by NumPy's name.
TYPES = {"float64": "Float64Array", "float32": "Float32Array", "int32": "Int32Array", "uint8": "Uint8Array"}
ALIGNED = 8  # bytes: a browser's arrays begin at multiples of their type's size


@dataclass
class Packed:
    """Arrays that are packed.

    Attributes
    ----------
    places : dict of str to (type, shape, offset)
        By name.
    """

    places: dict[str, tuple[str, list[int], int]] = field(default_factory=dict)
    _bytes: bytearray = field(default_factory=bytearray)

    def add(self, name: str, values: ArrayLike) -> None:
        """Add an array.

        Raises
        ------
        ValueError
            Its type is none of `TYPES`, or there is one of this name.
        """
        array = np.ascontiguousarray(values)
        kind = array.dtype.name
        if kind not in TYPES or name in self.places:
            raise ValueError(f"{name} must be new and of one of {', '.join(TYPES)}; got {kind}.")
        self._bytes += bytes(-len(self._bytes) % ALIGNED)
        self.places[name] = (TYPES[kind], list(array.shape), len(self._bytes))
        self._bytes += array.astype(array.dtype.newbyteorder("<")).tobytes()

    def array(self, name: str) -> NDArray[Any]:
        """Return an array that was added."""
        kind, shape, offset = self.places[name]
        dtype = next(dtype for dtype, known in TYPES.items() if known == kind)
        count = int(np.prod(shape))
        return np.frombuffer(bytes(self._bytes), np.dtype(dtype).newbyteorder("<"), count, offset).reshape(shape)

    def text(self) -> str:
        """Return all bytes in base64."""
        return base64.b64encode(bytes(self._bytes)).decode("ascii")


def plain(value: Any) -> Any:
    """Return numbers of NumPy's as Python's, in whatever holds them; NaN and infinity, which JSON has not, as None."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value

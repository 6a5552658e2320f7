"""Values packed into one file: arrays as .npz, the rest as JSON, no pickle; with a digest, where a file needs one."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNREADABLE = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error)


class DamagedError(RuntimeError):
    """A file was cut off or changed since it was written."""


def pack(value: Mapping[str, Any]) -> bytes:
    """Return numbers, texts, arrays, and dicts and tuples of these, by name, as the bytes of an .npz file.

    Lists are taken for plain values: they may hold what JSON does, without arrays.
    """
    text, arrays = _split(value)
    return _saved({"json": text, **arrays})


def unpack(file: Path) -> dict[str, Any]:
    """Return what `pack` packed; one of `UNREADABLE` where the file is damaged."""
    with np.load(file, allow_pickle=False) as archive:
        return {name: _join(value, archive) for name, value in json.loads(archive["json"].tobytes()).items()}


def seal(value: Mapping[str, Any], key: str) -> bytes:
    """Return what `pack` does, with the key under which the file is kept and a digest of all that is in it."""
    text, arrays = _split({**value, "key": key})
    digest = np.frombuffer(_digest({"json": text, **arrays}), np.uint8)
    return _saved({"digest": digest, "json": text, **arrays})


def unseal(file: Path, key: str) -> dict[str, Any]:
    """Return what `seal` packed.

    Raises
    ------
    DamagedError
        The file cannot be read, does not match its digest, or is not that of the key.
    """
    try:
        with np.load(file, allow_pickle=False) as archive:
            there = {name: archive[name] for name in archive.files}
        if there.pop("digest").tobytes() != _digest(there):
            raise DamagedError(f"{file} does not match its digest.")
        found = {name: _join(value, there) for name, value in json.loads(there["json"].tobytes()).items()}
    except UNREADABLE as error:
        raise DamagedError(f"{file} cannot be read: {error}.") from error
    if found.pop("key", None) != key:
        raise DamagedError(f"{file} is not what its name says.")
    return found


def _split(value: Mapping[str, Any]) -> tuple[NDArray[np.uint8], dict[str, NDArray[Any]]]:
    arrays: dict[str, NDArray[Any]] = {}
    rest = {name: _part(item, name, arrays) for name, item in value.items()}
    return np.frombuffer(json.dumps(rest).encode(), np.uint8), arrays


def _saved(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _digest(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    whole = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        whole.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode() + array.tobytes())
    return whole.digest()


def _part(value: Any, name: str, arrays: dict[str, NDArray[Any]]) -> Any:
    if isinstance(value, np.ndarray):
        arrays[name] = value
        return {"array": name}
    if isinstance(value, dict):
        return {"dict": {key: _part(item, f"{name}.{key}", arrays) for key, item in value.items()}}
    if isinstance(value, tuple):
        return {"tuple": [_part(item, f"{name}.{i}", arrays) for i, item in enumerate(value)]}
    return value.item() if isinstance(value, np.generic) else value


def _join(value: Any, arrays: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "array":
        return arrays[content]
    if kind == "dict":
        return {key: _join(item, arrays) for key, item in content.items()}
    return tuple(_join(item, arrays) for item in content)

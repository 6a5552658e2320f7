"""A user's YAML files as Hydra reads them, and what is said of one that cannot be read: file, line, what.

Hydra lets most errors of the YAML library through without the file's name, reads a list as if nothing stood in it, and
ends in a RecursionError where a file is among its own defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig

from sim.config.checks import ConfigError

#: How Hydra begins what it says of a defaults list by a bare `ValueError`.
_OF_DEFAULTS = ("In ", "Invalid defaults list", "Unsupported ")
_UNREADABLE = (yaml.YAMLError, ValueError, RecursionError, OSError)


def first_line(error: BaseException) -> str:
    """Return an error's message up to its first line end, or its type where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


@contextmanager
def checked_files() -> Iterator[None]:
    """Have Hydra read files so that one that cannot be read is a `ConfigError` with file, line and reason.

    It must stand around the making of a Hydra, not only around composing.
    """
    Plugins.instance()  # Hydra's own sources come first, or they would take the place of this one
    loaded: list[Path] = []

    class CheckedFiles(FileConfigSource):
        """Files of a folder, each of them read with care."""

        def load_config(self, config_path: str) -> ConfigResult:
            path = Path(self.path, self._normalize_file_name(config_path))
            loaded.append(path)
            try:
                result = super().load_config(config_path)
            except _UNREADABLE as error:
                raise ConfigError(f"{path}: {_reason(path, error)}.") from error
            _check_content(path, result)
            return result

    types = SourcesRegistry.instance().types
    before = types["file"]
    types["file"] = CheckedFiles
    try:
        yield
    except (RecursionError, ValueError) as error:
        fault = "its defaults lead back to itself" if isinstance(error, RecursionError) else first_line(error)
        of_defaults = isinstance(error, RecursionError) or fault.startswith(_OF_DEFAULTS)
        if isinstance(error, ConfigError) or not loaded or not of_defaults:
            raise
        path = loaded[-1]  # the defaults of a file are gone through when it has been loaded
        raise ConfigError(f"{path}: {_place(path, 'defaults:')}{fault.rstrip('.')}.") from error
    finally:
        types["file"] = before


@contextmanager
def unchecked_files() -> Iterator[None]:
    """Have Hydra read files as it does by itself: its state can then be handed to another process."""
    types = SourcesRegistry.instance().types
    before = types["file"]
    types["file"] = FileConfigSource
    try:
        yield
    finally:
        types["file"] = before


def _check_content(path: Path, result: ConfigResult) -> None:
    """Refuse a file that holds no keys, and one whose first line Hydra does not understand."""
    if not isinstance(result.config, DictConfig):
        raise ConfigError(f"{path}: must hold keys with values; got a list.")
    data = path.read_bytes()
    if len(result.config) == 1 and isinstance(yaml.load(data, yaml.BaseLoader), str):  # a text alone is read as a key
        raise ConfigError(f"{path}: must hold keys with values; got a text.")
    if data.startswith(b"\xef\xbb\xbf"):  # behind which Hydra overlooks `# @package`
        raise ConfigError(f"{path}: line 1: must be UTF-8 without a byte order mark.")


def _reason(path: Path, error: Exception) -> str:
    """Say where in a file and why it cannot be read."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        begun = error.context_mark
        since = f" ({error.context}, from line {begun.line + 1} on)" if error.context and begun is not None else ""
        return f"line {error.problem_mark.line + 1}: {error.problem}{since}"
    if isinstance(error, yaml.reader.ReaderError):
        line = path.read_text("utf-8")[: error.position].count("\n") + 1
        return f"line {line}: must hold no control characters; got #x{error.character:04x}"
    if isinstance(error, UnicodeDecodeError):
        return _not_utf8(path)
    if isinstance(error, RecursionError):
        return "is nested too deep, or holds itself"
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}" if error.strerror else "must hold keys with values; got one value"
    reason = first_line(error).rstrip(".")
    return f"{_place(path, '@package')}{reason}" if "@package" in reason else reason


def _not_utf8(path: Path) -> str:
    """Say where the first byte is that is no UTF-8."""
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "must be UTF-8; got UTF-16"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return f"line {data[: error.start].count(10) + 1}: must be UTF-8; got other bytes"
    return "must be UTF-8"


def _place(path: Path, text: str) -> str:
    """Return the line on which a text first stands, for messages; nothing where it does not."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    return next((f"line {i}: " for i, line in enumerate(lines, start=1) if text in line), "")

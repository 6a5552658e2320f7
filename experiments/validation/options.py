"""What commands that run a scenario on several seeds take: a scale, seeds, other values of the configuration."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def parser_of(module: str, doc: str | None, *, scale: float, of: str) -> argparse.ArgumentParser:
    """Return a parser with `--scale`, `--seeds` and KEY=VALUE.

    Parameters
    ----------
    module : str
        As after `python -m`.
    doc : str or None
        What the command does.
    scale : float
        By default.
    of : str
        What has that scale.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=doc)
    parser.add_argument("--scale", type=float, default=scale, help=f"of {of} (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 1 on (default: %(default)s)")
    parser.add_argument("overrides", nargs="*", help="other values of the configuration: KEY=VALUE")
    return parser


def parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options; what cannot be is refused in one line, and the program ends with status 2."""
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1; got {options.seeds}.")
    if not 0.0 < options.scale <= 1.0:
        parser.error(f"--scale must lie in (0, 1]; got {options.scale:g}.")
    return options

"""The command `python -m experiments.benchmark`: measure the parts, print the table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from experiments.benchmark import table
from experiments.benchmark.measure import Measured, PartError, in_fresh_process
from experiments.benchmark.parts import load_compiled
from experiments.benchmark.plan import PARTS, Row
from experiments.report.terminal import console
from experiments.store.results import provenance, versions, write_json
from sim.core.files import OutputError, write_whole

SHOWN_VERSIONS = ("python", "numpy", "numba", "mesa")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 where a part could not be measured. A requirement not met is no error."""
    options = _parser().parse_args(arguments)
    compared = not options.quick
    rows, measured, failed = measure(options.only, options.quick)
    out = console()
    origin = _origin(arguments)
    notes = [table.machine(), ", ".join(f"{name} {origin['versions'][name]}" for name in SHOWN_VERSIONS)]
    if rows:
        notes.append(table.legend([found.reads_per_second for part in measured.values() for found in part]))
        out.print(table.rich_table(rows, compared))
    if not compared:
        notes.insert(0, table.SMALLER)
    for note in notes:
        out.print(Text(note))
    if options.out is not None:
        try:
            if options.out.suffix == ".json":
                plain = {name: [asdict(found) for found in part] for name, part in measured.items()}
                lines = table.as_json(rows, compared)
                write_json({"machine": notes, "rows": lines, "parts": plain, "origin": origin}, options.out)
            else:
                write_whole(options.out, table.markdown(rows, compared, notes).encode())
        except OutputError as error:
            failed = True
            print(f"benchmark: {error}", file=sys.stderr)
    return int(failed)


def measure(names: Sequence[str], quick: bool) -> tuple[list[Row], dict[str, list[Measured]], bool]:
    """Measure parts, each size in a process of its own, one after another.

    Returns
    -------
    rows : list of Row
    measured : dict of str to list of Measured
        By part.
    failed : bool
        Whether a part could not be measured; what happened has been said, and the others are there.
    """
    rows: list[Row] = []
    measured: dict[str, list[Measured]] = {}
    failed = False
    shown = Console(stderr=True)
    with shown.status("compiling") if shown.is_terminal else nullcontext() as status:
        in_fresh_process(load_compiled, {})
        for number, name in enumerate(names, start=1):
            part = PARTS[name]
            if status is not None:
                status.update(f"measuring {part.title} ({number} of {len(names)})")
            sizes = part.quick if quick else part.full
            try:
                measured[name] = [in_fresh_process(part.measure, size) for size in sizes]
            except PartError as error:
                failed = True
                print(f"benchmark: {part.title} could not be measured: {error}", file=sys.stderr)
                continue
            rows += part.rows(sizes, measured[name])
    return rows, measured, failed


def _origin(arguments: Sequence[str] | None) -> dict[str, Any]:
    given = sys.argv[1:] if arguments is None else arguments
    return {**provenance([1]), "command": ["python", "-m", "experiments.benchmark", *given], "versions": versions()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.benchmark",
        description="Measure what runs cost, beside what they must cost, a ceiling of the machine and a plain Mesa "
        "version. Some ten minutes of a quiet machine with 8 GB; each part has a process of its own.",
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, a minute in all; no requirement applies")
    parser.add_argument(
        "--only", type=_names, default=list(PARTS), metavar="PART,...", help=f"some parts of {', '.join(PARTS)}"
    )
    parser.add_argument("--out", type=_file, metavar="FILE", help="write the table too: FILE.md, or FILE.json")
    return parser


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in PARTS:
            raise argparse.ArgumentTypeError(f"a part must be one of {', '.join(PARTS)}; got {name!r}")
    return names


def _file(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".md", ".json"):
        raise argparse.ArgumentTypeError(f"the file must end in .md or .json; got {text!r}")
    return path


if __name__ == "__main__":
    sys.exit(main())

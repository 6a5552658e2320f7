"""Pictures of each chapter of the page at a projector's and at a phone's width, to be looked at and kept in docs/.

`make lesson-pictures`, or `python -m tests.experiments.lesson.screenshots docs/lesson.html docs/figures/lesson`.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from PIL import Image

from tests.experiments.lesson.browser import browsed, why_not

WIDTHS = {"projector": 1280, "phone": 390}
CHAPTERS = range(1, 9)
#: What is done in the chapters that show little before: it is afternoon, and eight verdicts are given.
STATES = {1: "h=45", 3: "v=opopopop&s=1"}
THRESHOLD = "'t=' + Lesson.data.thresholds.indexOf(Lesson.data.threshold)"
MOST_BYTES = 1_500_000  # all pictures together
COLOURS = 24  # a page has few, and with few of them WebP without loss is smaller than with


def take(page: Path, folder: Path) -> list[Path]:
    """Save a picture of each chapter, locked in and open, at both widths; return the files.

    Parameters
    ----------
    page : Path
    folder : Path
        Made where it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    with browsed(page) as opened:
        opened.open()
        states = {**STATES, 4: str(opened.tab.evaluate(THRESHOLD))}
        for name, width in WIDTHS.items():
            opened.tab.set_viewport_size({"width": width, "height": 800})
            for number in CHAPTERS:
                opened.open(f"c={number}&p{number}=0&{states.get(number, '')}")
                path = folder / f"chapter_{number}_{name}.webp"
                _saved(opened.tab.screenshot(full_page=True), path)
                saved.append(path)
        if opened.errors:
            raise RuntimeError(f"the console of {page} says: {'; '.join(opened.errors)}")
    return saved


def _saved(png: bytes, path: Path) -> None:
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.convert("RGB").save(path, "WEBP", lossless=True, quality=50, method=4)


def main() -> None:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    if why_not():
        sys.exit(f"no pictures: {why_not()}")
    if not options.page.is_file():
        sys.exit(f"no pictures: {options.page} is not there; make lesson")
    saved = take(options.page.resolve(), options.folder)
    size = sum(path.stat().st_size for path in saved)
    print(f"{options.folder}: {len(saved)} pictures, {size:,} bytes")
    if size > MOST_BYTES:
        sys.exit(f"together they must have at most {MOST_BYTES:,} bytes")


if __name__ == "__main__":
    main()

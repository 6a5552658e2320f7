"""Pictures of each chapter of the page at a projector's and at a phone's width, to be looked at and kept in docs/.

`make lesson-pictures`, or `python -m tests.experiments.lesson.screenshots docs/lesson.html docs/figures/lesson`.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from PIL import Image

from tests.experiments.lesson.browser import Browsed, browsed, why_not

WIDTHS = {"projector": 1280, "phone": 390}
CHAPTERS = 8
#: What is chosen in the chapters that show little before something is done: a time of day, verdicts, a threshold.
STATES = {1: "h=45", 3: "v=opopopop&s=1", 4: "t=12"}
MOST_BYTES = 1_500_000  # all pictures together
QUALITY = 40  # of WebP: letters stay sharp
NARROWER = 2  # a picture of a whole chapter is kept at half of its width where it is a projector's


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
    with browsed(page) as tab:
        for name, width in WIDTHS.items():
            tab.tab.set_viewport_size({"width": width, "height": 800})
            for number in range(1, CHAPTERS + 1):
                path = folder / f"chapter_{number}_{name}.webp"
                _saved(_picture(tab, number), path)
                saved.append(path)
        if tab.errors:
            raise RuntimeError(f"the console of {page} says: {'; '.join(tab.errors)}")
    return saved


def _picture(page: Browsed, number: int) -> bytes:
    """Return a chapter from its heading to the end, as PNG; the state is known, whatever the grid is like."""
    page.open("&".join((f"c={number}", f"p{number}=0", *filter(None, [_state(page, number)]))))
    return bytes(page.tab.screenshot(full_page=True))


def _state(page: Browsed, number: int) -> str:
    """Return a chapter's state; a threshold that this page has not got is left as it is."""
    if number == 4:  # noqa: PLR2004 - the chapter's number
        page.open()
        return str(page.tab.evaluate("'t=' + Lesson.data.thresholds.indexOf(Lesson.data.threshold)"))
    return STATES.get(number, "")


def _saved(png: bytes, path: Path) -> None:
    Image.open(io.BytesIO(png)).convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)


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

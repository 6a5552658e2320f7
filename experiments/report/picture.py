"""A figure that a notebook shows by itself."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A Matplotlib figure that needs neither pyplot nor `%matplotlib inline` to be shown."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        # The title goes into the file as well: a picture that is copied out of a notebook still says what it shows.
        title = self.get_suptitle() or next((ax.get_title() for ax in self.axes), "")
        self.savefig(buffer, format="png", dpi=110, bbox_inches="tight", metadata={"Title": title})
        return buffer.getvalue()

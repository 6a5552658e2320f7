"""Text from outside (names, paths, fields of files) as it may be printed."""

from __future__ import annotations


def shown(text: object) -> str:
    r"""Return a text on one line without control characters: what cannot be printed stands as an escape sequence.

    Escape codes would otherwise change the terminal's colours or title, line breaks the lines of a table, and half a
    surrogate pair could not be written to a file at all.

    Examples
    --------
    >>> shown("[red]\x1b[31m\n")
    '[red]\\x1b[31m\\n'
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown_lines(text: object) -> str:
    """Return the same of a text of several lines, which stay."""
    return "\n".join(map(shown, str(text).split("\n")))

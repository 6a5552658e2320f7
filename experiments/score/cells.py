"""Cells of a log as people's programs write them: ids, times, truth values, links, hashtags, wordings.

Each function takes a column, of texts or of a Parquet file's own type, and returns arrays; or raises `BadCell`.

Examples
--------
>>> seconds_of(pa.array(["1566172800", "2019-08-19T00:00:00Z", "2019-08-19 08:00 +0800"]))
array([1566172800, 1566172800, 1566172800])
>>> ids_of(pa.array(["12.0", " x ", ""])).to_pylist()
['12', 'x', '']
>>> seconds_of(pa.array(["19/08/2019"]))
Traceback (most recent call last):
experiments.score.errors.BadCell: must be a time: seconds since 1970, or YYYY-MM-DD HH:MM[:SS]; got '19/08/2019'
"""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from experiments.score.errors import BadCell

UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "hours": 3600.0, "days": 86_400.0}
_NOTHING = ("nan", "NaN", "None", "none", "null", "NULL", "NA", "<NA>", "NaT", "nat", "#N/A", "\\N")
_EXACT = 2.0**53  # whole numbers up to here are exact as floats
_LOST = "an id that has lost digits (a spreadsheet, or a column of floats, rounded it); read the original as text"
_ISO = (
    r"^(?P<day>(?:19[7-9]\d|20\d\d|21\d\d)-\d\d-\d\d)(?:[T ]+(?P<clock>\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?)?"
    r" ?(?P<zone>Z|z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?$"
)
_TWITTER = r"^\w{3} (?P<month>\w{3}) (?P<day>\d\d) (?P<clock>\d\d:\d\d:\d\d) \+0000 (?P<year>\d{4})$"
_TIME = "must be a time: seconds since 1970, or YYYY-MM-DD HH:MM[:SS]"
_FLAGS = {
    "true": True, "t": True, "yes": True, "y": True, "1": True, "1.0": True,
    "false": False, "f": False, "no": False, "n": False, "0": False, "0.0": False, "": False, "nan": False,
}  # fmt: skip
_LINK = r"^[\[\"'\s]*(?P<link>(?:[^\s'\"\]|,]|,[^\s'\"])+)"


def texts_of(column: Any) -> Any:
    """Return a column as one array of texts without nulls; lists are joined by spaces."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), " ")
    elif not pa.types.is_string(kind):
        column = column.cast(pa.string())
    return column.fill_null("") if column.null_count else column


def ids_of(column: Any) -> Any:
    """Return ids as texts, empty where there is none: `12.0` is 12, spaces around it go, `nan` is none.

    Raises
    ------
    BadCell
        An id has lost digits: scientific notation, or floats of 16 digits or more.
    """
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_floating(column.type):
        return _ids_of_floats(column)
    cells = texts_of(column)
    if not cells.nbytes or pc.all(pc.utf8_is_digit(cells), min_count=0).as_py():
        return cells
    cells = pc.utf8_trim_whitespace(cells)
    cells = pc.if_else(pc.is_in(cells, pa.array(_NOTHING)), "", cells)
    cells = pc.replace_substring_regex(cells, r"^'(\d+)$", r"\1")
    lost = pc.match_substring_regex(cells, r"^\d(\.\d+)?[eE]\+\d+$|^\d{16,}\.0*$|^\d+\.\d*[1-9]\d*$")
    numbers = pc.match_substring_regex(cells, r"^\d+\.0*$")
    if pc.any(lost, min_count=0).as_py():
        _raise_first(lost, cells, f"must not be {_LOST}")
    if pc.any(numbers, min_count=0).as_py():
        cells = pc.if_else(numbers, pc.replace_substring_regex(cells, r"\.0*$", ""), cells)
    return cells


def _ids_of_floats(column: Any) -> Any:
    values = column.to_numpy(zero_copy_only=False)
    known = ~np.isnan(values)
    lost = known & ((np.abs(values) > _EXACT) | (values != np.floor(values)))
    if lost.any():
        row = int(np.argmax(lost))
        raise BadCell(row, f"must not be {_LOST}; got {values[row]!r} in a column of floats")
    whole = pa.array(np.where(known, values, 0.0).astype(np.int64)).cast(pa.string())
    return pc.if_else(pa.array(known), whole, "")


def seconds_of(column: Any, unit: str = "auto", zone: str | None = None) -> NDArray[np.int64]:
    """Return times in whole seconds since 1970-01-01 UTC.

    Parameters
    ----------
    column : Arrow array
        Numbers, or ISO dates and times, with `T` or a space between, with or without an offset.
    unit : str
        Of numbers: one of `UNITS`; auto takes the one in which a number is before the year 5138.
    zone : str, optional
        Of times without an offset; UTC by default.

    Raises
    ------
    BadCell
        A cell is no time.
    """
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        if column.null_count:
            _raise_first(pc.is_null(column), column, _TIME)
        whole = column.cast(pa.timestamp("s", getattr(kind, "tz", None)), safe=False)
        return _utc(whole, zone if getattr(kind, "tz", None) is None else None)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        if column.null_count:
            _raise_first(pc.is_null(column), column, _TIME)
        return _of_numbers(column.to_numpy(zero_copy_only=False), unit)
    cells = pc.utf8_trim_whitespace(texts_of(column))
    if pc.all(pc.match_substring_regex(cells, r"^-?\d{1,18}$"), min_count=0).as_py():
        return _of_numbers(cells.cast(pa.int64()).to_numpy(zero_copy_only=False), unit)
    if pc.all(pc.match_substring_regex(cells, r"^-?\d{1,18}(\.\d+)?$"), min_count=0).as_py():
        return _of_numbers(cells.cast(pa.float64()).to_numpy(zero_copy_only=False), unit)
    return _of_dates(cells, unit, zone)


def _of_numbers(values: NDArray[Any], unit: str) -> NDArray[np.int64]:
    """Return numbers as seconds."""
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        row = int(np.argmax(bad))
        raise BadCell(row, f"{_TIME}; got {values[row]}")
    if unit != "auto":
        scaled = np.floor(values * UNITS[unit]) if UNITS[unit] < 1 else values * UNITS[unit]
        return np.asarray(scaled, np.int64)
    seconds = values.copy()
    for digits in (17, 14, 11):  # nanoseconds, microseconds, milliseconds
        large = values >= 10.0**digits
        if large.any():
            per_second = 10 ** (digits - 8)
            seconds = np.where(large & (seconds == values), values // per_second, seconds)
    return np.asarray(np.floor(seconds), np.int64)


def _of_dates(cells: Any, unit: str, zone: str | None) -> NDArray[np.int64]:
    """Return dates and times as seconds; a mixture with numbers as well."""
    try:
        if pc.all(
            pc.match_substring_regex(cells, r"^(19[7-9]|20\d|21\d)\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?$"), min_count=0
        ).as_py():
            return _utc(cells.cast(pa.timestamp("s")), zone)
    except pa.ArrowInvalid:
        pass
    parts = pc.extract_regex(cells, _ISO)
    found = pc.is_valid(parts)
    day, clock, offset = (parts.field(i) for i in range(3))
    out = np.zeros(len(cells), np.int64)
    known = found.to_numpy(zero_copy_only=False)
    clock = pc.if_else(pc.equal(clock, ""), "00:00", clock)
    whole = pc.binary_join_element_wise(day, clock, " ")
    rows = np.flatnonzero(known)
    if rows.size:
        taken, offsets = whole.take(pa.array(rows)), offset.take(pa.array(rows))
        try:
            naive = taken.cast(pa.timestamp("s"))
        except pa.ArrowInvalid:
            naive = None
        if naive is None:
            _raise_no_date(cells, whole, known)
        out[rows] = _with_offsets(naive, offsets, zone)
    if not known.all():
        _of_other_forms(cells, np.flatnonzero(~known), out, unit)
    return out


def _of_other_forms(cells: Any, rest: NDArray[np.int64], out: NDArray[np.int64], unit: str) -> None:
    """Fill in the times that are numbers, or as Twitter's interface gave them."""
    others = cells.take(pa.array(rest))
    numbers = pc.match_substring_regex(others, r"^\d{1,18}(\.\d+)?$").to_numpy(zero_copy_only=False)
    months = pc.is_valid(pc.extract_regex(others, _TWITTER)).to_numpy(zero_copy_only=False)
    if not (numbers | months).all():
        row = int(rest[int(np.argmin(numbers | months))])
        raise BadCell(row, f"{_TIME}; got {reprlib.repr(cells[row].as_py())}")
    for chosen, read in (
        (numbers, lambda part: _of_numbers(part.cast(pa.float64()).to_numpy(zero_copy_only=False), unit)),
        (months, lambda part: pc.strptime(part, "%a %b %d %H:%M:%S +0000 %Y", "s").cast(pa.int64()).to_numpy()),
    ):
        if chosen.any():
            out[rest[chosen]] = read(others.filter(pa.array(chosen)))


def _raise_no_date(cells: Any, whole: Any, known: NDArray[np.bool_]) -> None:
    """Name the first that has the form of a date and is none, such as 30 February."""
    for row in np.flatnonzero(known).tolist():
        try:
            whole[row : row + 1].cast(pa.timestamp("s"))
        except pa.ArrowInvalid:
            raise BadCell(row, f"{_TIME}; got {reprlib.repr(cells[row].as_py())}, which no calendar has") from None


def _with_offsets(naive: Any, offsets: Any, zone: str | None) -> NDArray[np.int64]:
    """Return seconds of local times with their offsets, such as +08:00; those without are of the zone."""
    plain = _utc(naive, None)
    coded = offsets.dictionary_encode()
    values = coded.dictionary.to_pylist()
    shift = np.array([_offset_seconds(text) for text in values], np.int64)
    codes = coded.indices.to_numpy(zero_copy_only=False)
    seconds = plain - shift[codes]
    if zone is not None and "" in values:
        without = codes == values.index("")
        seconds[without] = _utc(naive, zone)[without]
    return np.asarray(seconds, np.int64)


def _offset_seconds(text: str) -> int:
    digits = text.lstrip("+-").replace(":", "")
    if not digits.isdigit():
        return 0
    size = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
    return -size if text.startswith("-") else size


def _utc(naive: Any, zone: str | None) -> NDArray[np.int64]:
    """Return seconds of local times; of an hour that comes twice the first, of one that does not come the next."""
    if zone is not None and naive.type.tz is None:
        naive = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest")
    return np.asarray(naive.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)


def flags_of(column: Any) -> NDArray[np.bool_]:
    """Return truth values: true and false in any case, yes and no, 1 and 0, 1.0 and 0.0; nothing is false."""
    if pa.types.is_boolean(column.type):
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False), np.bool_)
    cells = pc.utf8_lower(pc.utf8_trim_whitespace(texts_of(column)))
    coded = cells.dictionary_encode()
    words = coded.dictionary.to_pylist()
    for word in words:
        if word not in _FLAGS:
            _raise_first(pc.equal(cells, word), cells, "must be true or false, or 1 or 0")
    meaning = np.array([_FLAGS[word] for word in words], np.bool_)
    return meaning[coded.indices.to_numpy(zero_copy_only=False)] if len(words) else np.zeros(0, np.bool_)


def links_of(column: Any) -> Any:
    """Return the first link of each cell, as given; cells may be lists in brackets."""
    found = pc.extract_regex(texts_of(column), _LINK)
    links = pc.struct_field(found, "link").fill_null("")
    return pc.if_else(pc.is_in(links, pa.array([*_NOTHING, "[]"])), "", links)


def sequences_of(column: Any) -> Any:
    """Return sequences of hashtags, in small letters, one space between; cells may be lists in brackets."""
    cells = pc.replace_substring_regex(pc.utf8_lower(texts_of(column)), r"[\[\]'\"#,;|\s]+", " ")
    cells = pc.utf8_trim_whitespace(cells)
    return pc.if_else(pc.is_in(cells, pa.array(_NOTHING)), "", cells)


def sequences_in(column: Any) -> Any:
    """Return the sequences of hashtags that stand in texts.

    Examples
    --------
    >>> sequences_in(pa.array(["Now! #One and #two", "none"])).to_pylist()
    ['one two', '']
    """
    return sequences_of(pc.replace_substring_regex(texts_of(column), r"(^|\s)[^#\s]\S*", " "))


def wordings_of(column: Any) -> Any:
    """Return wordings that near-identical texts share: small letters, without links, hashtags, names."""
    cells = pc.replace_substring_regex(pc.utf8_lower(texts_of(column)), r"^rt @\w+:|https?://\S+|[@#]\w+|\s+", " ")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, r" +", " "))


def _raise_first(bad: Any, cells: Any, wrong: str) -> None:
    row = pc.index(bad, True).as_py()
    raise BadCell(row, f"{wrong}; got {reprlib.repr(cells[row].as_py())}")

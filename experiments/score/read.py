"""From files to a log: every column that is needed, no others; repeated rows, lost digits and bad cells by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from experiments.score import cells
from experiments.score.digits import check_digits
from experiments.score.errors import BadCell, LogError
from experiments.score.formats import Format, format_of
from experiments.score.labels import Labels
from experiments.score.log import LEAST_SNOWFLAKE, Log, authors_of
from experiments.score.sources import Source, sources
from experiments.score.table import LogTable
from sim.archive.schema import milliseconds_of
from sim.observation import POST, REPOST

_TEXTS: Mapping[str, Callable[[Any], Any]] = {
    "url": cells.links_of, "hashtags": cells.sequences_of, "text": cells.wordings_of,
}  # fmt: skip
_MIX = np.uint64(0x9E3779B97F4A7C15)
Progress = Callable[[str, int], None]


@dataclass
class _Columns:
    """What has been read so far: labels of ids and texts, and plain arrays, a piece after another."""

    accounts: Labels = field(default_factory=Labels)
    posts: Labels = field(default_factory=lambda: Labels(as_numbers=True))
    texts: dict[str, Labels] = field(default_factory=dict)
    languages: Labels = field(default_factory=Labels)
    pieces: list[dict[str, Any]] = field(default_factory=list)
    begins: list[tuple[int, LogTable]] = field(default_factory=list)  # first row of each file
    rows: int = 0
    first_control: int | None = None  # row, where there are controls

    def place(self, row: int) -> str:
        """Return file and line of a row of the whole log, as read."""
        number = int(np.searchsorted([begin for begin, _ in self.begins], row, side="right")) - 1
        begin, table = self.begins[number]
        return table.place(row - begin)


def read_log(
    names: Sequence[str],
    columns: Mapping[str, str] | None = None,
    *,
    controls: Sequence[str] = (),
    duplicates: str = "refuse",
    time_unit: str = "auto",
    time_zone: str | None = None,
    progress: Progress | None = None,
) -> Log:
    r"""Read a log from files.

    Parameters
    ----------
    names : sequence of str
        Files, folders, patterns (`experiments.score.sources`).
    columns : mapping of str to str, optional
        Columns by meaning (`experiments.score.formats.MEANINGS`), where names do not say it.
    controls : sequence of str
        Files of the acts of accounts to compare with: their accounts are labelled 0, the others 1.
    duplicates : str
        What is done about repeated rows: `refuse`, or keep the `first`.
    time_unit, time_zone : str
        As for `experiments.score.cells.seconds_of`.
    progress : callable, optional
        Called with the name of a file and the rows read so far.

    Raises
    ------
    LogError
        A file is bad, or there is no act in any.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "shares.csv"
    >>> _ = path.write_text("account,post,time\nann,p1,100\nbob,p1,130\n")
    >>> log = read_log([str(path)])
    >>> log.ids.to_pylist(), log.account, log.time
    (['ann', 'bob'], array([0, 1], dtype=int32), array([100, 130]))
    """
    own = sources(names)
    files = [LogTable(source) for source in _each_once([*own, *sources(controls, "controls")])]
    formats = [format_of(file.header, columns or {}, str(file.source)) for file in files]
    found, notes = _Columns(), []
    for number, (file, form) in enumerate(zip(files, formats, strict=True)):
        if number == len(own):
            found.first_control = found.rows
        if form is None:
            notes.append(f"{file.source} is a file of accounts; it holds no acts and was left out.")
            continue
        found.begins.append((found.rows, file))
        _read_file(file, form, found, time_unit, time_zone, progress)
    if not found.begins:
        raise LogError(f"{files[0].source}: must hold acts; got a file of accounts.")
    if not found.rows:
        raise LogError(f"{found.begins[0][1].source}: must have a row after its header; got none.")
    notes += _read_as([(file, form) for file, form in zip(files, formats, strict=True) if form is not None])
    return _log(found, duplicates, notes)


def _each_once(files: list[Source]) -> list[Source]:
    """Refuse a file that is a log and a control."""
    for i, source in enumerate(files):
        if source in files[:i]:
            raise LogError(f"{source}: must be in log or in controls; got it in both.")
    return files


def _read_as(read: list[tuple[LogTable, Format]]) -> list[str]:
    """Say what each kind of table was taken for."""
    kinds: dict[str, list[LogTable]] = {}
    for file, form in read:
        said = ", ".join(f"{column} as {meaning}" for meaning, column in form.columns.items())
        if "text" in form.columns and "hashtags" not in form.columns:
            said += ", hashtags from the text"
        kinds.setdefault(f"Read as {form.name} format: {said}.", []).append(file)
    return [said + (f" ({len(files)} files)" if len(files) > 1 else "") for said, files in kinds.items()]


def _read_file(
    file: LogTable, form: Format, found: _Columns, unit: str, zone: str | None, progress: Progress | None
) -> None:
    """Take in the rows of a file."""
    row = 0
    for piece in file.pieces(list(dict.fromkeys(form.columns.values()))):
        try:
            taken = _typed({meaning: piece.column(name) for meaning, name in form.columns.items()}, unit, zone, form)
        except BadCell as error:
            raise file.fail(row + error.row, error.wrong) from None
        _keep(taken, piece.num_rows, found)
        row += piece.num_rows
        if progress is not None:
            progress(str(file.source), found.rows)


def _typed(columns: Mapping[str, Any], unit: str, zone: str | None, form: Format) -> dict[str, Any]:
    """Return a piece's columns as ids, times, flags and texts; `BadCell` names the meaning's column."""
    taken: dict[str, Any] = {}
    for meaning, column in columns.items():
        try:
            if meaning == "time":
                taken[meaning] = cells.seconds_of(column, unit, zone)
            elif meaning == "repost":
                taken[meaning] = cells.flags_of(column)
            elif meaning in _TEXTS:
                taken[meaning] = _TEXTS[meaning](column)
            else:
                taken[meaning] = cells.ids_of(column)
            if meaning == "account":
                empty = pa.compute.equal(taken[meaning], "")
                if pa.compute.any(empty, min_count=0).as_py():
                    raise BadCell(pa.compute.index(empty, True).as_py(), "must be an id; got nothing")
        except BadCell as error:
            raise BadCell(error.row, f"{form.columns[meaning]} {error.wrong}") from None
    if "text" in columns and "hashtags" not in columns:
        taken["hashtags"] = cells.sequences_in(columns["text"])
    return taken


def _keep(taken: dict[str, Any], rows: int, found: _Columns) -> None:
    """Add a typed piece to what has been read."""
    nothing = np.zeros(rows, np.bool_)
    post = taken.get("post")
    has_post = nothing if post is None else _filled(post)
    repost = taken.get("repost", has_post)
    kept: dict[str, Any] = {"time": taken["time"], "repost": repost, "account": found.accounts.add(taken["account"])}
    if "author" in taken:
        kept["author"] = found.accounts.add(taken["author"])
        kept["author_known"] = _filled(taken["author"]) & repost
    message = taken.get("message")
    if message is not None:
        kept["has_message"] = _filled(message)
        kept["message"] = _posts(message, found)
    if post is not None:
        kept["has_post"] = has_post
        kept["post"] = _posts(post, found)
    for name in _TEXTS:
        if name in taken:
            kept[name] = found.texts.setdefault(name, Labels()).add(taken[name])
            kept[f"has_{name}"] = _filled(taken[name])
    if "language" in taken:
        kept["language"] = found.languages.add(taken["language"])
    kept["rows"] = rows
    found.pieces.append(kept)
    found.rows += rows


def _posts(ids: Any, found: _Columns) -> int:
    """Take in ids of posts; where there is none, a 0 stands, which nobody looks at."""
    empty = pa.compute.equal(ids, "")
    if pa.compute.any(empty, min_count=0).as_py():
        ids = pa.compute.if_else(empty, "0", ids)
    return found.posts.add(ids)


def _filled(texts: Any) -> NDArray[np.bool_]:
    return np.asarray(pa.compute.not_equal(texts, "").to_numpy(zero_copy_only=False), np.bool_)


def _log(found: _Columns, duplicates: str, notes: list[str]) -> Log:
    """Put the pieces together."""
    accounts, ids = found.accounts.finish()
    posts, post_ids = found.posts.finish()
    texts = {name: labels.finish()[0] for name, labels in found.texts.items()}
    languages = found.languages.finish()[0]
    pieces, found.pieces = found.pieces, []

    def whole(name: str, values: list[NDArray[np.int64]] | None = None, default: int = 0) -> NDArray[Any]:
        parts = [
            np.full(piece["rows"], default) if name not in piece
            else piece[name] if values is None else values[piece[name]] for piece in pieces
        ]  # fmt: skip
        return np.concatenate(parts)

    time, repost = whole("time"), whole("repost").astype(np.bool_)
    account = whole("account", accounts).astype(np.int32)
    author = whole("author", accounts, -1).astype(np.int32)
    author[~whole("author_known").astype(np.bool_)] = -1
    has_post, has_message = whole("has_post").astype(np.bool_), whole("has_message").astype(np.bool_)
    post, message = whole("post", posts), whole("message", posts)
    check_digits(ids, whole_posts(post, has_post, post_ids), found.place, account, post)
    traces = {
        name: np.where(whole(f"has_{name}").astype(np.bool_), whole(name, codes) + 1, 0)
        for name, codes in texts.items()
    }
    truth = _controlled(account, ids, found) if found.first_control is not None else None
    language = _of_accounts(account, whole("language", languages, -1), len(ids)) if languages else None
    # An own post is known by its message id; without one, by the post's, or by its place.
    label = np.where(repost, post, np.where(has_message, message, np.where(has_post, post, -1 - np.arange(time.size))))
    kept = ~repost | has_post
    if not kept.all():
        notes.append(f"{np.count_nonzero(~kept):,} reposts do not say of which post, and were left out.")
    kept &= _first_rows(time, account, label, message, has_message, traces, duplicates, found, notes)
    if post_ids is None and has_message.any():
        time = _exact(time, message, has_message, notes)
    order = np.flatnonzero(kept)
    if (np.diff(time[order]) < 0).any():
        order = order[np.argsort(time[order], kind="stable")]
    kind = np.where(repost[order], REPOST, POST).astype(np.int8)
    account, label = account[order], label[order]
    if not order.size:
        raise LogError(f"{found.begins[0][1].source}: must hold acts; got none that says what it is of.")
    return Log(
        ids, time[order], account, kind, label, authors_of(kind, account, label, author[order]),
        {name: values[order] for name, values in traces.items()}, language, post_ids is None, notes, truth,
    )  # fmt: skip


def _controlled(account: NDArray[np.int32], ids: Any, found: _Columns) -> NDArray[np.int64]:
    """Return the labels of accounts: 1 in the log, 0 in the controls, -1 of those that do not act."""
    labels = np.full(len(ids), -1, np.int64)
    labels[account[: found.first_control]] = 1
    both = np.flatnonzero(labels[account[found.first_control :]] == 1)
    if both.size:
        row = int(both[0]) + (found.first_control or 0)
        name = ids[int(account[row])].as_py()
        raise LogError(f"{found.place(row)}: an account must be in log or in controls; got {name} in both.")
    labels[account[found.first_control :]] = 0
    return labels


def whole_posts(post: NDArray[np.int64], has_post: NDArray[np.bool_], post_ids: Any) -> NDArray[np.int64]:
    """Return the ids of posts that are whole numbers; none where they are not."""
    return post[has_post] if post_ids is None else np.empty(0, np.int64)


def _of_accounts(account: NDArray[np.int32], value: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return what the first act of each account says, 0 where nothing does; others from 1 on."""
    out = np.zeros(n, np.int64)
    out[account[::-1]] = value[::-1] + 1
    return out


def _exact(
    time: NDArray[np.int64], message: NDArray[np.int64], known: NDArray[np.bool_], notes: list[str]
) -> NDArray[np.int64]:
    """Return times to the second, where a log has them to the minute and the ids of its acts hold them."""
    if (time % 60).any():
        return time
    written = milliseconds_of(message) // 1000
    fits = known & (message >= LEAST_SNOWFLAKE) & (written >= time) & (written < time + 60)
    if fits.mean() < 0.99:
        notes.append("All times are whole minutes: what happened within seconds cannot be seen.")
        return time
    notes.append("Times are to the minute; those to the second were taken from the ids of the acts.")
    return np.where(fits, written, time)


def _first_rows(
    time: NDArray[np.int64], account: NDArray[np.int32], label: NDArray[np.int64], message: NDArray[np.int64],
    has_message: NDArray[np.bool_], traces: Mapping[str, NDArray[np.int64]], duplicates: str, found: _Columns,
    notes: list[str],
) -> NDArray[np.bool_]:  # fmt: skip
    """Return which rows are no repetition of one before: of the same id, or without one alike in all that was read."""
    key = (time.astype(np.uint64) * _MIX) ^ account.astype(np.uint64)
    for column in (np.where(label < 0, -1, label), *traces.values()):
        key = (key ^ (key >> np.uint64(29))) * _MIX + column.astype(np.uint64)
    key = np.where(has_message, message.astype(np.uint64) * _MIX + np.uint64(1), key)
    again = pd.Series(key).duplicated().to_numpy()
    if not again.any():
        return ~again
    if duplicates == "refuse":
        row = int(np.argmax(again))
        before = int(np.argmax(key == key[row]))
        raise LogError(
            f"{found.place(row)}: must not repeat the row of {found.place(before)}; {np.count_nonzero(again):,} rows "
            "are repetitions. score.duplicates=first keeps the first of each."
        )
    notes.append(f"{np.count_nonzero(again):,} repeated rows were left out.")
    return ~again

"""Ways in which a file can be wrong: each is refused in one line with the place, the value and what is allowed."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from experiments.score.errors import LogError
from experiments.score.read import read_log

GOOD = "account,post,time\nann,1,100\nbob,1,130\n"
LONG = "1163239150187446272"
ARCHIVE = "tweetid,userid,tweet_time,is_retweet,retweet_tweetid\n"


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, text in members.items():
            packed.writestr(name.replace("__", "."), text)
    return out.getvalue()


def parquet(**columns: object) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def floats(*values: float) -> pa.Array:
    return pa.array(values, pa.float64())


def rows(*lines: str, header: str = "account,post,time") -> str:
    return "\n".join([header, *lines]) + "\n"


TIME = "must be a time: seconds since 1970, or YYYY-MM-DD HH:MM[:SS]; got"
LOST = "must not be an id that has lost digits"
# name, content of log.csv, what the message says after the name of the file
WRONG: list[tuple[str, str | bytes, str]] = [
    ("empty", "", ": must have a header and rows; got an empty file."),
    ("blank", "\n \n", ": must have a header and rows; got an empty file."),
    ("no rows", "account,post,time\n", ": must have a row after its header; got none."),
    ("no header", "ann,1,100\nbob,1,130\n",
     ": line 1 must name a column for account (who acts); got 'ann', '1', '100'."),
    ("no account", rows("1,100", header="post,time"), "line 1 must name a column for account"),
    ("no time", rows("ann,1", header="account,post"),
     "line 1 must name a column for time (when); got 'account', 'post'."),
    ("column twice", rows("ann,1,5,7", header="account,post,time,time"), "must name each column once; got 'time'"),
    ("a separator named", "sep=;\naccount;post;time\nann;1;5\n", "got 'sep=;': remove that line."),
    ("too few cells", rows("ann,1,100", "bob,1"), ": line 3: must have 3 cells, as line 1 has; got 2."),
    ("too many cells", rows("ann,1,100", "bob,1,5,6"), ": line 3: must have 3 cells, as line 1 has; got 4."),
    ("a quote left open", rows("ann,1,100", '"bob,1,130'), "line 3: must be a row of CSV; unexpected end of data."),
    ("a quote left open in a text", rows('ann,1,100,"a', "bob,1,130,b", header="account,post,time,text"),
     "line 2: must be a row of CSV; unexpected end of data."),
    ("Latin-1", "account,post,time\nann,1,100\nJos\xe9,1,130\n".encode("latin-1"),
     ": line 3: must be UTF-8; got other"),
    ("UTF-16", GOOD.encode("utf-16"), ": must be a table; got UTF-16; save it as CSV (UTF-8) or Parquet."),
    ("UTF-16 without a mark", GOOD.encode("utf-16-le"), ": must be a table; got UTF-16; save"),
    ("zero bytes", GOOD + "\0\0", ": must be a table; got zero bytes; save"),
    ("JSON", '{"account": "ann"}\n', ": must be a table; got JSON; save"),
    ("HTML", "<html></html>", ": must be a table; got HTML or XML; save"),
    ("a database", b"SQLite format 3\0", ": must be a table; got an SQLite database; save"),
    ("Excel", zipped(**{"[Content_Types]__xml": "", "xl/workbook__xml": ""}), "got an Excel or Office file; save"),
    ("old Excel", b"\xd0\xcf\x11\xe0\xa1\xb1", "got an Excel file (xls); save"),
    ("an empty zip", zipped(), ": a zip must hold a file; got none."),
    ("a bad file in a zip", zipped(one__csv=GOOD, two__csv=rows("cyd,1,x")), f": two.csv: line 2: time {TIME} 'x'."),
    ("gzip broken off", gzip.compress(GOOD.encode())[:-9], "cannot be read: "),
    ("Parquet broken off", parquet(account=["ann"], post=["1"], time=[5])[:-9], "cannot be read: "),
    ("no account in a row", rows("ann,1,100", ",1,130"), ": line 3: account must be an id; got nothing."),
    ("no time in a row", rows("ann,1,100", "bob,1,"), f": line 3: time {TIME} ''."),
    ("a time in words", rows("ann,1,100", "bob,1,yesterday"), f": line 3: time {TIME} 'yesterday'."),
    ("a date of one country", rows("ann,1,20/07/2019 01:08"), f": line 2: time {TIME} '20/07/2019 01:08'."),
    ("30 February", rows("ann,1,2019-02-30 01:08"), "got '2019-02-30 01:08', which no calendar has."),
    ("a time below zero", rows("ann,1,100", "bob,1,-5"), f": line 3: time {TIME} -5."),
    ("a time that Excel shortened", rows("ann,1,1.57E+09"), f": line 2: time {TIME} '1.57E+09'."),
    ("hexadecimal", rows("ann,1,0x10"), f": line 2: time {TIME} '0x10'."),
    ("a null time in Parquet", parquet(account=["a", "b"], post=["1", "1"], time=pa.array([5, None])),
     "row 2: time must"),
    ("a time that is no number", parquet(account=["a"], post=["1"], time=floats(np.inf)), f"row 1: time {TIME} inf."),
    ("posts in scientific notation", rows("ann,1.16324E+18,100"), f": line 2: post {LOST}"),
    ("accounts in scientific notation", rows("7.85E+17,1,100"), f": line 2: account {LOST}"),
    ("long ids with a point", rows(f"ann,{LONG}.0,100"), f": line 2: post {LOST}"),
    ("ids with a fraction", rows("ann,12.5,100"), f": line 2: post {LOST}"),
    ("ids as floats", parquet(account=["a"], post=floats(1.163239150187446e18), time=[5]), f"row 1: post {LOST}"),
    ("posts of fifteen digits", rows(*(f"a{i},11632391501874{i}0000,100" for i in range(4))),
     ": line 2: ids of posts must have all their digits; most end in zeros"),
    ("accounts of fifteen digits", rows(*(f"11632391501874{i}0000,1,100" for i in range(4))),
     ": line 2: ids of accounts must have all their digits; most end in zeros"),
    ("posts of seventeen digits", rows(*(f"a{i},116323915018{i}4600,100" for i in range(100, 125))),
     ": line 2: ids of posts must have all their digits; most end in zeros"),
    ("a flag that is none", ARCHIVE + "1,ann,2019-07-20 01:08,maybe,\n", "is_retweet must be true or false, or 1 or 0"),
    ("a row twice", rows("ann,1,100", "bob,1,130", "ann,1,100"), "line 4: must not repeat the row of"),
    ("a message twice", ARCHIVE + "1,ann,2019-07-20 01:08,true,7\n1,bob,2019-07-20 01:09,true,7\n",
     "line 3: must not repeat"),
    ("reposts of nothing", ARCHIVE + "1,ann,2019-07-20 01:08,true,\n", ": must hold acts; got none that says"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "says"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_wrong_file_is_refused_in_one_line(content: str | bytes, says: str, tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(LogError) as refused:
        read_log([str(path)])
    message = str(refused.value)
    assert says in message
    assert message.startswith(str(path))
    assert "\n" not in message


def test_there_are_forty_of_them():
    assert len({content for _, content, _ in WRONG}) >= 40


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["none.csv"], "none.csv: there is no such file."),
        (["none_*.csv"], "none_*.csv: no file has a name like that."),
        (["log.csv", "log.csv"], "log.csv: must be given once; got it twice."),
        (["empty"], "a folder must hold files that end in .csv"),
        ([" "], "log must name files; got ' '."),
        (["users.csv"], "users.csv: must hold acts; got a file of accounts."),
    ],
    ids=str,
)
def test_wrong_names_are_refused(names: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text(GOOD)
    Path("users.csv").write_text(
        "userid,user_display_name,user_screen_name,user_reported_location,user_profile_description,user_profile_url,"
        "follower_count\n1,a,a,,,,5\n"
    )
    Path("empty").mkdir()
    with pytest.raises(LogError) as refused:
        read_log(names)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"account": "who"}, "must have the column 'who' (score.columns.account); got 'account', 'post', 'time'."),
        ({"url": "link"}, "must have the column 'link' (score.columns.url)"),
    ],
)
def test_a_column_that_was_named_and_is_not_there_is_said(columns: dict[str, str], says: str, tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text(GOOD)
    with pytest.raises(LogError) as refused:
        read_log([str(path)], columns)
    assert says in str(refused.value)

"""Archive files in the forms in which real ones come, and what is said of those that are broken."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from sim.archive import ArchiveError, ArchiveFile, describe
from tests.sim.archive.files import as_csv, tweets_csv, users_csv
from tests.sim.archive.test_write import TWEETS, USERS

BIO = 'first line\nsecond, "quoted" line\n\n=fourth'
ACCOUNTS = ({"userid": "12", "user_profile_description": BIO}, {"userid": "13=", "follower_count": "6000"})
POSTS = (
    {"tweetid": "1152369787532214272", "is_retweet": "true"},
    {"tweetid": "2", "tweet_text": "a\nb"},
    {"tweetid": "3", "like_count": ""},
)


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users.csv"
    path.write_text(users_csv(*ACCOUNTS), encoding="utf-8", newline="")
    return path


def test_columns_come_typed_and_bios_with_their_line_ends(users: Path, tmp_path: Path):
    table = ArchiveFile(users).table()
    assert table.column_names == USERS.split(",")
    assert table["user_profile_description"].to_pylist() == [BIO, ""]
    assert table["follower_count"].to_pylist() == [7, 6000]
    assert [str(day) for day in table["account_creation_date"].to_pylist()] == ["2017-08-18"] * 2
    path = tmp_path / "tweets.csv"
    path.write_text(tweets_csv(*POSTS))
    table = ArchiveFile(path).table()
    assert table["tweetid"].to_pylist() == [1152369787532214272, 2, 3]
    assert table["is_retweet"].to_pylist() == [True, False, False]
    assert table["like_count"].to_pylist() == [0, 0, None]
    assert str(table["tweet_time"].to_pylist()[0]) == "2019-07-20 01:08:00"


def test_packed_files_and_parquet_hold_the_same(users: Path, tmp_path: Path):
    plain, text = ArchiveFile(users).table(), users.read_bytes()
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + text)
    (tmp_path / "crlf.csv").write_bytes(text.replace(b'"\n"', b'"\r\n"'))
    (tmp_path / "no_end.csv").write_bytes(text.rstrip(b"\n"))
    (tmp_path / "users.csv.gz").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "users.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("china_082019_1_users_csv_hashed.csv", text)
        packed.writestr("__MACOSX/._china", b"")
    pd.read_csv(users, dtype=str, keep_default_na=False).to_parquet(tmp_path / "texts.parquet")
    pd.read_csv(users, parse_dates=["account_creation_date"]).to_parquet(tmp_path / "typed.parquet")
    for name in ("bom.csv", "crlf.csv", "no_end.csv", "users.csv.gz", "users.zip", "texts.parquet", "typed.parquet"):
        assert ArchiveFile(tmp_path / name).table().to_pydict() == plain.to_pydict(), name


def test_a_file_of_many_blocks_is_read_whole(tmp_path: Path):
    path = tmp_path / "tweets.csv"
    n = 3_000
    path.write_text(tweets_csv(*({"tweetid": i, "tweet_text": "x\n" * 2_000} for i in range(n))))
    chunks = list(ArchiveFile(path).chunks(["tweetid"]))
    assert len(chunks) > 1
    assert [number for chunk in chunks for number in chunk["tweetid"].to_pylist()] == list(range(n))


def test_columns_go_by_name_as_in_2018(tmp_path: Path):
    before = TWEETS.replace("in_reply_to_userid,in_reply_to_tweetid", "in_reply_to_tweetid,in_reply_to_userid")
    assert before != TWEETS
    post = {"in_reply_to_userid": "5", "in_reply_to_tweetid": "77"}
    for name, columns in (("2018", before), ("2019", TWEETS)):
        path = tmp_path / f"{name}.csv"
        path.write_text(tweets_csv(post, columns=[*columns.split(","), "one_more"]))
        table = ArchiveFile(path).table()
        assert (table["in_reply_to_userid"][0].as_py(), table["in_reply_to_tweetid"][0].as_py()) == ("5", "77")


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


GOOD = users_csv({"userid": "1", "user_profile_description": "two\nlines"}, {"userid": "2"}, {"userid": "3"})
ROW = '"3","a","a"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (changed(GOOD, ROW, '"3","a"'), "line 5: must have 10 cells; got 9."),
        (changed(GOOD, ROW, '"3","a","a","a"'), "line 5: must have 10 cells; got 11."),
        (GOOD[: GOOD.rindex(",") - 20], "line 5: must have 10 cells; got 7."),
        (GOOD[: GOOD.rindex("cn")], "line 5: must be a row of CSV; unexpected end of data."),
        (GOOD[: GOOD.index("lines")], "line 2: must be a row of CSV; unexpected end of data."),
        (changed(GOOD, ROW, '"3,"a","a"'), "line 5: must be a row of CSV; ',' expected after '\"'."),
        (users_csv({"userid": ""}), "line 2: userid must be an id, not empty and without a zero byte; got ''."),
        (users_csv({}, {"userid": "4\x005"}), "line 3: userid must be an id, not empty and without a zero byte; got"),
        (users_csv(), "must have a row after its header; got none."),
        (tweets_csv(), "must have a row after its header; got none."),
        (users_csv({"account_creation_date": "9999-12-31"}), "line 2: account_creation_date must be a date YYYY-"),
        (users_csv({"account_creation_date": "0001-01-01"}), "line 2: account_creation_date must be a date YYYY-"),
        (tweets_csv({"account_creation_date": "9999-12-31"}), "line 2: account_creation_date must be a date YYYY"),
        (tweets_csv({}, {"tweetid": 2, "tweet_time": "9999-12-31 23:59"}), "line 3: tweet_time must be a time YYYY"),
        (tweets_csv({"tweet_time": "1969-12-31 23:59"}), "line 2: tweet_time must be a time YYYY-MM-DD HH:MM of the"),
        (users_csv({}, {"follower_count": "many"}), "line 3: follower_count must be a whole number; got 'many'."),
        (users_csv({"follower_count": "-1"}), "line 2: follower_count must be a whole number; got '-1'."),
        (users_csv({"follower_count": ""}), "line 2: follower_count must be a whole number; got ''."),
        (users_csv({"account_creation_date": "18/8/2017"}), "line 2: account_creation_date must be a date YYYY"),
        (users_csv({"account_creation_date": "2017-02-30"}), "line 2: account_creation_date must be a date YYYY"),
        (users_csv({}, {"userid": "2"}, {}), "line 4: userid must be that of one account; got 12 again."),
        (tweets_csv({"tweet_time": "noon"}), "line 2: tweet_time must be a time YYYY-MM-DD HH:MM of the"),
        (tweets_csv({"tweet_time": "2019-07-20 25:00"}), "line 2: tweet_time must be a time YYYY-MM-DD HH:MM of the"),
        (tweets_csv({}, {"is_retweet": "maybe"}), "line 3: is_retweet must be true or false; got 'maybe'."),
        (tweets_csv({"tweetid": "1.2e18"}), "line 2: tweetid must be a whole number below 9 * 10**18; got '1.2e18'."),
        (tweets_csv({"tweet_text": "a\nb"}, {}), "line 4: tweetid must be that of one post; got 1 again."),
        ("", "line 1 must name the 10 columns of a users file or the 31 of a tweets file; got nothing."),
        ("a,b\n1,2\n", "line 1 must name the 10 columns of a users file or the 31 of a tweets file; got 'a', 'b'."),
    ],
)  # fmt: skip
def test_a_malformed_file_is_named_by_line_and_nothing_is_said_of_the_rest(tmp_path: Path, text: str, message: str):
    path = tmp_path / "broken.csv"
    path.write_text(text, newline="")
    with pytest.raises(ArchiveError) as error:
        describe([path])
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("columns", "kind", "count"), [(USERS, "users", 10), (TWEETS, "tweets", 31)])
def test_a_file_that_lacks_columns_is_refused_by_their_names(tmp_path: Path, columns: str, kind: str, count: int):
    left = [name for name in columns.split(",") if name not in ("user_profile_url", "account_language")]
    path = tmp_path / "short.csv"
    path.write_text(as_csv(left, [dict.fromkeys(left, "1")]))
    pd.read_csv(path).to_parquet(tmp_path / "short.parquet")
    for file in (path, tmp_path / "short.parquet"):
        with pytest.raises(ArchiveError) as error:
            ArchiveFile(file)
        assert str(error.value) == (
            f"{file}: line 1 must name the {count} columns of a {kind} file, once each; "
            "got it without user_profile_url, account_language."
        )
    path.write_text(as_csv([*columns.split(","), "userid"], []))
    with pytest.raises(ArchiveError, match="got it with userid more than once"):
        ArchiveFile(path)


def test_a_bad_cell_far_into_a_file_is_found_in_any_form(tmp_path: Path):
    posts = [{"tweetid": i, "tweet_text": "two\nlines"} for i in range(70_000)]
    posts[69_000]["tweet_time"] = "noon"
    path = tmp_path / "tweets.csv"
    path.write_text(tweets_csv(*posts))
    pd.read_csv(path, dtype=str, keep_default_na=False).to_parquet(tmp_path / "tweets.parquet")
    (tmp_path / "tweets.csv.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
    for name, place in (
        ("tweets.csv", "line 138002"),
        ("tweets.csv.gz", "line 138002"),
        ("tweets.parquet", "row 69001"),
    ):
        with pytest.raises(ArchiveError, match=rf"{name}: {place}: tweet_time must be a time .*; got 'noon'\."):
            describe([tmp_path / name])


def test_other_bytes_than_utf8_are_named_by_line(tmp_path: Path):
    path = tmp_path / "users.csv"
    path.write_bytes(GOOD.replace('"3","a","a"', '"3","\udcff","a"').encode("utf-8", "surrogateescape"))
    with pytest.raises(ArchiveError, match=r"users\.csv: line 5: must be UTF-8; got other bytes\."):
        ArchiveFile(path).table()


def test_files_that_break_off_or_are_missing_are_named(users: Path, tmp_path: Path):
    text = users.read_bytes()
    packed = gzip.compress(text)
    (tmp_path / "cut.csv.gz").write_bytes(packed[:-12])
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04" + b"0" * 50)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as two:
        two.writestr("a.csv", text)
        two.writestr("b.csv", text)
    (tmp_path / "cut.parquet").write_bytes(b"PAR1" + b"0" * 50)
    for name, reason in (
        ("cut.csv.gz", "cannot be read: Compressed file ended"), ("cut.zip", "cannot be read: File is not a zip file"),
        ("two.zip", "a zip must hold one file; got 2."), ("cut.parquet", "cannot be read: Parquet magic bytes"),
        ("missing.csv", "cannot be read: No such file or directory."), ("", "cannot be read: Is a directory."),
    ):  # fmt: skip
        with pytest.raises(ArchiveError) as error:
            describe([tmp_path / name])
        assert str(error.value).startswith(f"{tmp_path / name}: {reason}")
        assert "\n" not in str(error.value)


def test_releases_without_the_last_column_are_read(tmp_path: Path):
    lines = tweets_csv(*POSTS[::2]).splitlines()
    (tmp_path / "tweets.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines) + "\n")
    table = ArchiveFile(tmp_path / "tweets.csv").table()
    assert table.column_names == TWEETS.split(",")[:-1]
    assert table.num_rows == 2
    assert describe([tmp_path / "tweets.csv"])["posts"] == 2

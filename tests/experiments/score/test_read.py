"""A log is read the same in whatever form it comes, and every id comes back as it was given."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.score.errors import LogError
from experiments.score.log import Log
from experiments.score.read import read_log
from sim.archive.schema import snowflakes
from sim.observation import POST, REPOST
from tests.experiments.score.logs import START, random_rows, written
from tests.sim.archive.files import TWEETS, tweets_csv

ROWS = random_rows(1, accounts=9, posts=12, reposts=60)


def acts(log: Log) -> list[tuple[str, int, int]]:
    """Return account, time and kind of each act."""
    names = log.ids.to_pylist()
    return [
        (names[a], int(t), int(k)) for a, t, k in zip(log.account, log.time, log.kind, strict=True)
    ]  # fmt: skip


def same_posts(one: Log, other: Log) -> bool:
    """Whether two logs agree in which acts are of one post."""
    return bool((np.unique(one.post, return_inverse=True)[1] == np.unique(other.post, return_inverse=True)[1]).all())


@pytest.fixture
def plain(tmp_path: Path) -> Log:
    return read_log([written(tmp_path / "plain.csv", ROWS)])


def test_a_plain_table_is_its_rows_in_the_order_of_time(tmp_path: Path):
    shuffled = [ROWS[i] for i in np.random.Generator(np.random.Philox(key=2)).permutation(len(ROWS))]
    log = read_log([written(tmp_path / "log.csv", shuffled)])
    assert sorted(acts(log)) == sorted((account, time, REPOST) for account, _, time in ROWS)
    assert (np.diff(log.time) >= 0).all()


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_any_sign_may_stand_between_cells(sign: str, plain: Log, tmp_path: Path):
    assert acts(read_log([written(tmp_path / "log.txt", ROWS, sign=sign)])) == acts(plain)


def test_packed_marked_and_quoted_files_are_the_same(plain: Log, tmp_path: Path):
    text = Path(written(tmp_path / "log.csv", ROWS)).read_text()
    quoted = "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines())  # no line end
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    (tmp_path / "quoted.csv").write_text(quoted)
    (tmp_path / "blank.csv").write_text("\n" + text.replace("\n", "\n\n"))
    (tmp_path / "spaces.csv").write_text(text.replace(",", " , "))
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.writestr("__MACOSX/._log.csv", "x")
        packed.writestr("inner/log.csv.gz", gzip.compress(text.encode()))
    for name in ("bom.csv", "quoted.csv", "blank.csv", "spaces.csv", "packed.csv.gz", "packed.zip"):
        read = read_log([str(tmp_path / name)])
        assert acts(read) == acts(plain), name
        assert same_posts(read, plain), name


def test_parts_of_a_log_are_one_log(plain: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("parts").mkdir()
    written(Path("parts/io_1.csv"), ROWS[:20])
    pd.DataFrame(ROWS[20:], columns=["account", "post", "time"]).to_parquet("parts/io_2.parquet")
    for names in (["parts"], ["parts/io_*"], ["parts/io_1.csv", "parts/io_2.parquet"]):
        read = read_log(names)
        assert acts(read) == acts(plain)
        assert same_posts(read, plain)


@pytest.mark.parametrize(
    ("header", "order"),
    [
        ("object_id,account_id,content_id,timestamp_share", "post,account,message,time"),  # CooRTweet
        ("message_id,user_id,username,repost_id,reply_id,message,timestamp,urls",
         "message,account,none,post,none,none,time,none"),  # coordination-network-toolkit
        ("retweeted_id,created_at,User ID", "post,time,account"),
    ],
)  # fmt: skip
def test_published_formats_are_known_by_their_columns(header: str, order: str, plain: Log, tmp_path: Path):
    cells = [
        {"account": account, "post": post, "time": time, "message": 1000 + i, "none": ""}
        for i, (account, post, time) in enumerate(ROWS)
    ]
    rows = [[row[name] for name in order.split(",")] for row in cells]
    read = read_log([written(tmp_path / "log.csv", rows, header)])
    assert acts(read) == acts(plain)
    assert same_posts(read, plain)


def test_columns_are_what_the_user_says(plain: Log, tmp_path: Path):
    rows = [(i, time, post, account) for i, (account, post, time) in enumerate(ROWS)]
    name = written(tmp_path / "log.csv", rows, "user,ts,retweeted,who")  # user would be taken for the account
    assert acts(read_log([name], {"account": "who", "post": "retweeted", "time": "ts"})) == acts(plain)


RELEASES = {
    "2019": TWEETS.split(","),
    "2018": TWEETS.replace("in_reply_to_userid,", "").replace("tweet_text", "tweet_text,in_reply_to_userid").split(","),
    "2021": TWEETS.removesuffix(",poll_choices").split(","),
}  # fmt: skip


@pytest.mark.parametrize("release", RELEASES)
def test_archives_of_every_release_are_read(release: str, tmp_path: Path):
    ids = snowflakes(np.array([START + 5, START + 42]) * 1000, np.array([3, 4]))
    post = {"tweetid": ids[0], "userid": "ann", "tweet_time": "2019-08-19 00:00"}
    repost = {
        "tweetid": ids[1], "userid": "bob=", "tweet_time": "2019-08-19 00:00", "is_retweet": "True",
        "retweet_userid": "ann", "retweet_tweetid": ids[0], "hashtags": "['One', 'two']",
        "urls": "[http://a/b, http://c]", "account_language": "en",
    }  # fmt: skip
    path = tmp_path / "tweets.csv"
    path.write_text(
        tweets_csv(post, repost, columns=RELEASES[release]) if release != "2021" else _without_polls(post, repost)
    )
    log = read_log([str(path)])
    assert acts(log) == [("ann", START + 5, POST), ("bob=", START + 42, REPOST)]  # to the second, from the ids
    assert log.author.tolist() == [0, 0]
    assert log.post.tolist() == [ids[0]] * 2
    assert [name for name, values in log.traces.items() if values.any()] == ["url", "hashtags"]
    assert log.language is not None
    assert log.language[0] != log.language[1]


def _without_polls(*posts: dict[str, object]) -> str:
    lines = tweets_csv(*posts).splitlines()
    return "\n".join(line.rpartition(",")[0] for line in lines) + "\n"


def test_cells_that_pandas_and_excel_make_are_read(tmp_path: Path):
    rows = [
        ("12.0", "7.0", "2019-08-19T00:00:10Z", "1"), ("'12", "", "2019-08-19 08:00:20+08:00", "0"),
        ("13", "7", "1566172830.0", "True"), ("13", "nan", "2019-08-19 00:00:40.5 UTC", "no"),
        ("14", "7", "1566172850000", "yes"), ("14", "", "Mon Aug 19 00:01:00 +0000 2019", ""),
    ]  # fmt: skip
    log = read_log([written(tmp_path / "log.csv", rows, "account,post,time,is_retweet")])
    assert [(name, time - START, kind) for name, time, kind in acts(log)] == [
        ("12", 10, REPOST), ("12", 20, POST), ("13", 30, REPOST), ("13", 40, POST), ("14", 50, REPOST),
        ("14", 60, POST),
    ]  # fmt: skip


def test_local_times_are_of_the_zone_that_is_named(tmp_path: Path):
    name = written(tmp_path / "log.csv", [("a", 1, "2019-08-19 08:00"), ("b", 1, "2019-08-19T00:30:00Z")])
    assert [time - START for _, time, _ in acts(read_log([name], time_zone="Asia/Hong_Kong"))] == [0, 1800]
    assert [time - START for _, time, _ in acts(read_log([name]))] == [1800, 28_800]


def test_numbers_may_be_days(tmp_path: Path):
    assert read_log([written(tmp_path / "log.csv", [("a", 1, 2), ("b", 1, 3)])], time_unit="days").hours > 24.0


def test_ids_come_back_as_they_were_given(tmp_path: Path):
    names = ["007", "7", "MHyfZoYpS1EZLkJcl5KKMI=", "-1", "name with spaces", "1163239150187446272", "ü"]
    log = read_log([written(tmp_path / "log.csv", [(name, 1, START) for name in names])])
    assert sorted(log.ids.to_pylist()) == sorted(names)
    assert len(np.unique(log.account)) == len(names)


def test_repeated_rows_are_left_out_where_that_is_asked_for(plain: Log, tmp_path: Path):
    name = written(tmp_path / "log.csv", [*ROWS, *ROWS[:7]])
    read = read_log([name], duplicates="first")
    assert acts(read) == acts(plain)
    assert "7 repeated rows were left out." in read.notes
    with pytest.raises(LogError, match=r"7 rows are repetitions\. score\.duplicates=first keeps the first of each\."):
        read_log([name])


def test_authors_are_looked_up_in_the_log_where_the_file_does_not_say_them(tmp_path: Path):
    rows = [("ann", "", 7, 10, 0), ("bob", 7, 8, 20, 1), ("cyd", 9, 10, 30, 1)]
    log = read_log([written(tmp_path / "log.csv", rows, "account,post,message_id,time,repost")])
    assert log.author.tolist() == [0, 0, -1]


def test_times_of_posts_are_taken_from_snowflake_ids_and_from_no_others(tmp_path: Path):
    old = snowflakes(np.array([START - 100]) * 1000, np.array([5]))[0]
    log = read_log([written(tmp_path / "log.csv", [("a", old, START), ("b", old, START + 5)])])
    found = log.originals()
    assert found is not None
    assert [part.tolist() for part in found] == [[old], [START - 100], [-1]]
    later = snowflakes(np.array([START + 900]) * 1000, np.array([5]))[0]  # no id can be of after its repost
    for post in (later, 12345, "x1"):
        name = written(tmp_path / "log.csv", [("a", post, START), ("b", post, START + 5)])
        assert read_log([name]).originals() is None


def test_accounts_of_the_log_are_one_and_those_of_the_controls_zero(tmp_path: Path):
    log, other = (written(tmp_path / f"{name}.csv", [(name, 1, START)]) for name in ("io", "people"))
    read = read_log([log], controls=[other])
    assert read.labels is not None
    assert dict(zip(read.ids.to_pylist(), read.labels.tolist(), strict=True)) == {"io": 1, "people": 0}
    both = written(tmp_path / "both.csv", [("people", 2, START), ("io", 1, START + 9)])
    with pytest.raises(
        LogError, match=r"both\.csv: line 3: an account must be in log or in controls; got io in both\."
    ):
        read_log([log], controls=[both])
    with pytest.raises(LogError, match=r"must be in log or in controls; got it in both\."):
        read_log([log], controls=[log])


def test_pieces_of_a_file_are_one_log(plain: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("experiments.score.table._BLOCK", 64)
    mixed = [(account, post if i < 30 else 4711 + i, time) for i, (account, post, time) in enumerate(ROWS)]
    whole = read_log([written(tmp_path / "log.csv", mixed)])
    assert acts(whole) == acts(plain)
    with pytest.raises(LogError, match=f"line {len(ROWS) + 2}: time must be a time"):
        read_log([written(tmp_path / "log.csv", [*ROWS, ("a", "p", "soon")])])


def test_a_log_is_described_in_a_few_numbers(takedown, tmp_path: Path):
    rows = [("a", 1, "2019-08-19T01:00:00Z"), ("a", 2, "2019-08-19T02:00:00Z"), ("b", 1, "2019-08-19 10:30:00+08:00")]
    written(tmp_path / "log.csv", rows)
    status, out, err = takedown("task=describe", "log=log.csv", "describe.time_zone=Asia/Hong_Kong", "hydra.run.dir=d")
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    found = json.loads((tmp_path / "d/statistics.json").read_text())["statistics"]
    assert (found["accounts"], found["acts"], found["posts_reposted"], found["acts_median"]) == (2, 3, 2, 1.5)
    assert (found["first"], found["last"]) == ("2019-08-19 09:00:00", "2019-08-19 10:30:00")
    assert (found["office_hours_share"], found["busiest_hour"], found["links_share"]) == (1.0, 10, None)
    status, _, err = takedown("task=describe", "log=log.csv", "archive=log.csv", "hydra.run.dir=e")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "archive and log must not be given together" in err

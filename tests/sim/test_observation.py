import gc

import numpy as np
import pytest

from sim.observation import (
    COLUMNS,
    EVENTS,
    REPOST,
    DetectorError,
    Follows,
    Observation,
    ObservationError,
    validate_scores,
)


def observation(**changes):
    given = {
        "step": 3, "start": 100, "end": 200, "n_accounts": 2,
        "columns": {"verified": np.array([True, False]), "created": np.array([5, 6])},
        "events": {"time": np.array([100, 150, 199]), "account": np.array([1, 0, 1], np.int32)},
    }  # fmt: skip
    return Observation(**{**given, **changes})


def test_what_is_put_in_comes_out_with_its_type():
    seen = observation()
    assert (seen.step, seen.start, seen.end, seen.n_accounts, seen.n_events) == (3, 100, 200, 2, 3)
    assert seen.columns == ("verified", "created")
    assert seen.event_fields == ("time", "account")
    assert seen.column("verified").tolist() == [True, False]
    assert seen.event("account").dtype == np.int32
    assert seen.event("account").tolist() == [1, 0, 1]


REPORTS = {
    "time": np.array([100, 150]), "account": np.array([0, 1], np.int32), "kind": np.array([2, 3], np.int8),
    "post": np.array([7, 8]), "author": np.array([1, 0], np.int32),
}  # fmt: skip


def test_reports_are_a_table_of_their_own():
    seen = observation(reports=REPORTS)
    assert seen.report_fields == tuple(REPORTS)
    assert seen.report("kind").tolist() == [2, 3]
    assert seen.n_events == 3
    with pytest.raises(ValueError, match="read-only"):
        seen.report("kind")[0] = 3
    assert observation().report_fields == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": np.array([2, 1], np.int8)}, r"report field 'kind' must hold whole numbers in \[2, 4\); got 1"),
        ({"author": np.array([1, 2], np.int32)}, r"report field 'author' must hold whole numbers in \[0, 2\); got 2"),
        ({"time": np.array([150, 100])}, "reports must come in time order; report field 'time' runs backwards"),
        ({"time": np.array([150, 200])}, r"reports must lie in the step \[100, 200\); got 150 to 200"),
        ({"post": np.array([7])}, r"report field 'post' must have shape \(2,\); got \(1,\)"),
        ({"url": np.array([7, 7])}, "reports must have time, account, kind, post, author; got "),
    ],
)
def test_wrong_reports_are_refused(change, message):
    with pytest.raises(ObservationError, match=message):
        observation(reports=REPORTS | change)


@pytest.mark.parametrize(
    "read", [lambda s: s.column("created"), lambda s: s.event("time"), lambda s: s.event("time")[1:]]
)
def test_arrays_cannot_be_written_nor_made_writable(read):
    array = read(observation())
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        array.flags.writeable = True


def test_arrays_of_a_step_without_events_cannot_be_made_writable_either():
    seen = observation(events={"time": np.empty(0, np.int64)})
    assert seen.n_events == 0
    with pytest.raises(ValueError, match="WRITEABLE"):
        seen.event("time").flags.writeable = True


def test_arrays_lead_back_to_nothing_but_bytes():
    array = observation().event("time")
    while isinstance(array, np.ndarray):
        array = array.base
    assert isinstance(array, bytes)


def test_changing_the_source_afterwards_changes_nothing():
    source = np.array([100, 150, 199])
    seen = observation(events={"time": source})
    source[:] = 0
    assert seen.event("time").tolist() == [100, 150, 199]


def test_an_observation_refuses_new_values_and_new_attributes():
    seen = observation()
    for name in ("step", "end", "truth", "_events"):
        with pytest.raises(ObservationError, match=name):
            setattr(seen, name, 1)
    with pytest.raises(ObservationError, match="step"):
        del seen.step
    assert not hasattr(seen, "__dict__")


def test_nothing_but_plain_values_hangs_on_an_observation():
    reached, todo = [], [observation()]
    while todo:
        for item in gc.get_referents(todo.pop()):
            if not isinstance(item, type) and not any(item is known for known in reached):
                reached.append(item)
                todo.append(item)
    plain = (int, str, bytes, dict, np.ndarray, np.dtype, type(observation()._events))
    assert [item for item in reached if not isinstance(item, plain)] == []


def test_an_unknown_name_is_answered_with_the_names_there_are():
    with pytest.raises(ObservationError, match="no column 'layer'; this one has verified, created"):
        observation().column("layer")
    with pytest.raises(ObservationError, match="no event field 'kind'; this one has time, account"):
        observation().event("kind")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": {"layer": np.zeros(2)}}, "sees no column 'layer'; allowed: registered"),
        ({"events": {"source": np.zeros(2)}}, "sees no event field 'source'; allowed: time"),
        ({"columns": {"created": np.zeros(3)}}, r"column 'created' must have shape \(2,\); got \(3,\)"),
        ({"events": {"time": np.array([100]), "kind": np.zeros(2)}}, r"'kind' must have shape \(1,\); got \(2,\)"),
        ({"columns": {"created": np.array([1, None])}}, "must hold whole numbers; got type object"),
        ({"events": {"time": np.array([150, 120])}}, "runs backwards"),
        ({"events": {"time": np.array([150, 200])}}, r"must lie in the step \[100, 200\); got 150 to 200"),
        ({"events": {"time": np.array([99, 150])}}, "got 99 to 150"),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_name(changes, message):
    with pytest.raises(ObservationError, match=message):
        observation(**changes)


def event(name: str, values, dtype=None):
    """Return what an observation of three events in 4 accounts says of one field."""
    fields = {"time": np.array([100, 150, 199]), name: values if dtype is None else np.array(values, dtype)}
    return observation(n_accounts=4, columns={}, events=fields)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("account", [0, 10**12 + 11, 3], r"'account' must hold whole numbers in \[0, 4\); got 1000000000011"),
        ("account", [0, 1, 4], r"in \[0, 4\); got 4 at place 2"),
        ("account", [-1, 0, 1], r"in \[0, 4\); got -1 at place 0"),
        ("account", np.array([2**64 - 1, 0, 0], np.uint64), r"in \[0, 4\); got 18446744073709551615 at place 0"),
        ("account", [True, False, True], "'account' must hold whole numbers; got type bool"),
        ("account", [0.0, 1.0, 2.0], "'account' must hold whole numbers; got type float64"),
        ("author", [0, -2, 0], r"'author' must hold whole numbers in \[-1, 4\); got -2 at place 1"),
        ("author", [0, 0, 4], r"in \[-1, 4\); got 4"),
        ("kind", [0, 1, 2], r"'kind' must hold whole numbers in \[0, 2\); got 2 at place 2"),
        ("kind", [0, 1, -1], r"in \[0, 2\); got -1"),
        ("post", [0.5, 1.0, 2.0], "'post' must hold whole numbers; got type float64"),
        ("url", [0.5, 1.0, 2.0], "'url' must hold whole numbers; got type float64"),
        ("hashtags", [True, False, True], "'hashtags' must hold whole numbers; got type bool"),
        ("text", ["a", "b", "c"], "'text' must hold whole numbers; got type <U1"),
        ("time", [100.0, np.nan, 150.0], "'time' must hold finite numbers; got nan at place 1"),
        ("time", [100.0, 150.0, np.inf], "'time' must hold finite numbers; got inf at place 2"),
        ("time", [True, True, True], "'time' must hold finite numbers; got type bool"),
        ("account", np.ma.array([0, 1, 2], mask=[True, False, False]), "'account' must not be a masked array"),
        ("account", [[0], [1], [2]], r"must have shape \(3,\); got \(3, 1\)"),
        ("account", [[0], [1, 2]], "must be an array of one dimension"),
    ],
)  # fmt: skip
def test_an_event_out_of_range_or_of_the_wrong_type_is_refused(name, values, message):
    with pytest.raises(ObservationError, match=message):
        event(name, values)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("registered", [0, 1], "'registered' must hold truth values; got type int64"),
        ("verified", [0.0, 1.0], "'verified' must hold truth values; got type float64"),
        ("created", [0.0, 1.0], "'created' must hold whole numbers; got type float64"),
        ("known_accounts", [0, 2], r"'known_accounts' must hold whole numbers in \[-1, 2\); got 2 at place 1"),
        ("follower_count", [-1, 0], r"'follower_count' must hold whole numbers in \[0, inf\); got -1 at place 0"),
        ("network", [0, -7], r"in \[0, inf\); got -7 at place 1"),
        ("created", np.ma.array([0, 1]), "'created' must not be a masked array"),
    ],
)  # fmt: skip
def test_a_column_out_of_range_or_of_the_wrong_type_is_refused(name, values, message):
    with pytest.raises(ObservationError, match=message):
        observation(columns={name: values})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_accounts": -1}, "n_accounts must be a whole number in .*; got -1"),
        ({"n_accounts": 10**12}, r"n_accounts must be a whole number in \[0, 2147483647\]"),
        ({"n_accounts": 2.0}, "n_accounts must be a whole number in .*; got 2.0"),
        ({"step": True}, "step must be a whole number in .*; got True"),
        ({"start": 0.5}, "start must be a whole number"),
        ({"end": "later"}, "end must be a whole number in .*; got 'later'"),
        ({"end": 10**30}, "end must be a whole number in"),
        ({"end": 99}, "end must not be less than start, 100; got 99"),
    ],
)
def test_a_number_of_the_step_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ObservationError, match=message):
        observation(**changes)


def test_an_author_who_is_not_known_is_allowed():
    assert event("author", [-1, 0, 3]).event("author").tolist() == [-1, 0, 3]
    assert event("kind", [REPOST] * 3, np.uint8).event("kind").dtype == np.uint8


def test_numbers_in_the_other_byte_order_are_turned_round():
    account = event("account", [1, 2, 3], ">i4").event("account")
    assert account.dtype.isnative
    assert account.tolist() == [1, 2, 3]


def test_a_list_without_events_has_the_type_of_its_field():
    seen = observation(events={"time": [], "account": []})
    assert (seen.n_events, seen.event("account").dtype) == (0, np.int32)


def test_a_column_is_handed_on_but_is_no_pass_for_another_use():
    column = observation(columns={"created": np.array([-5, 6])}).column("created")
    assert observation(columns={"created": column}).column("created") is column
    with pytest.raises(ObservationError, match="'follower_count' must hold whole numbers"):
        observation(columns={"follower_count": column})
    account = event("account", [3, 2, 1]).event("account")
    fields = {"time": np.array([100, 150, 199]), "account": account}
    with pytest.raises(ObservationError, match=r"in \[0, 3\); got 3"):
        observation(n_accounts=3, columns={}, events=fields)


def test_masked_scores_are_refused():
    with pytest.raises(DetectorError, match=r"mine: score\(\) must return a float64 array; got MaskedArray"):
        validate_scores("mine", np.ma.array([0.5, 0.5], mask=[True, False]), 2)


def test_follows_are_copied_once_and_cannot_be_changed():
    indptr, indices = np.array([0, 1, 2]), np.array([1, 0])
    follows = Follows(indptr, indices)
    indices[0] = 0
    assert follows.indices.tolist() == [1, 0]
    for array in (follows.indices, follows.indptr):
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
    with pytest.raises(ObservationError, match="'indices' was to be set"):
        follows.indices = indices
    with pytest.raises(ObservationError, match="'indices' was to be deleted"):
        del follows.indices
    seen = observation(follows=follows)
    assert seen.follows is follows
    assert seen.static == ("follows",)


def test_follows_that_do_not_fit_are_refused():
    with pytest.raises(ObservationError, match="indptr must rise from 0 to the number of ties, 1"):
        Follows(np.array([0, 2]), np.array([0]))
    with pytest.raises(ObservationError, match=r"indices must lie in \[0, 1\)"):
        Follows(np.array([0, 1]), np.array([1]))
    with pytest.raises(ObservationError, match=r"indices must be whole numbers in one dimension; got float64"):
        Follows(np.array([0, 1]), np.array([0.0]))
    with pytest.raises(ObservationError, match=r"indptr must lie in \[0, "):
        Follows(np.array([0, 2**64 - 8, 1], np.uint64), np.array([0]))
    with pytest.raises(ObservationError, match="indptr must rise"):
        Follows(np.array([0, 2, 1]), np.array([0]))
    with pytest.raises(ObservationError, match="indices must not be a masked array"):
        Follows(np.array([0, 1]), np.ma.array([0]))
    with pytest.raises(ObservationError, match="must be ascending in each row, none twice; got 0 after 2 in row 1"):
        Follows(np.array([0, 1, 3, 3]), np.array([2, 2, 0]))
    with pytest.raises(ObservationError, match="got 1 after 1 in row 3"):
        Follows(np.array([0, 0, 1, 1, 3]), np.array([2, 1, 1]))
    with pytest.raises(ObservationError, match="follows must be a Follows or None; got 'x'"):
        observation(follows="x")
    with pytest.raises(ObservationError, match="must be of 2 accounts; got 1"):
        observation(follows=Follows(np.array([0, 0]), np.array([], int)))
    with pytest.raises(ObservationError, match="no follows unless the detector requires them"):
        _ = observation().follows


def test_rows_of_follows_may_fall_from_one_to_the_next_and_be_empty():
    for indptr, indices in (([0, 0, 2, 3, 3], [1, 2, 0]), ([0, 1, 2, 2, 4], [3, 3, 0, 1]), ([0, 0, 0, 0, 0], [])):
        assert Follows(np.array(indptr), np.array(indices, int)).indices.tolist() == indices


@pytest.mark.parametrize("part", ["columns", "events"])
@pytest.mark.parametrize("given", [None, [1]])
def test_columns_and_events_are_mappings(part, given):
    with pytest.raises(ObservationError, match=rf"{part} must be a mapping of names to arrays; got (None|\[1\])\."):
        observation(**{part: given})


def test_no_name_on_offer_tells_the_truth_about_an_account():
    assert not {"layer", "role", "cell", "operation", "status", "stance", "source"} & {*COLUMNS, *EVENTS}


def test_a_repost_whose_kind_was_left_zero_is_refused_and_a_post_by_its_account_is_not():
    def events(author: int) -> dict[str, np.ndarray]:
        return {"time": np.array([5]), "account": np.array([1]), "author": np.array([author]), "kind": np.array([0])}

    for author in (1, -1):
        assert Observation(step=0, start=0, end=9, n_accounts=2, columns={}, events=events(author)).n_events == 1
    with pytest.raises(ObservationError, match=r"kind POST \(0\) must have its account as author.*account 1, author 0"):
        Observation(step=0, start=0, end=9, n_accounts=2, columns={}, events=events(0))

import gc

import numpy as np
import pytest

from sim.observation import COLUMNS, EVENTS, Follows, Observation, ObservationError


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
        ({"columns": {"created": np.array([1, None])}}, "must hold numbers or booleans; got type object"),
        ({"events": {"time": np.array([150, 120])}}, "runs backwards"),
        ({"events": {"time": np.array([150, 200])}}, r"must lie in the step \[100, 200\); got 150 to 200"),
        ({"events": {"time": np.array([99, 150])}}, "got 99 to 150"),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_name(changes, message):
    with pytest.raises(ObservationError, match=message):
        observation(**changes)


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
    with pytest.raises(ObservationError, match="must be of 2 accounts; got 1"):
        observation(follows=Follows(np.array([0, 0]), np.array([], int)))
    with pytest.raises(ObservationError, match="no follows unless the detector requires them"):
        _ = observation().follows


def test_no_name_on_offer_tells_the_truth_about_an_account():
    assert not {"layer", "role", "cell", "operation", "status", "stance", "source"} & {*COLUMNS, *EVENTS}

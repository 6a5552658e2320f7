"""Incidence matrices: numbers and rows are those of dictionaries and lists, of items that occur once, twice, often."""

import numpy as np
import pytest

from detectors.parts.incidence import (
    accounts_by_appearance,
    by_appearance,
    by_item,
    distinct_rows,
    first_of_each,
    shared_items,
)


def traces(seed, n=4000):
    """Return account and item of traces, most items occurring once and some often."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    popular = (60 * draw.random(n) ** 3).astype(np.int64)
    item = np.where(draw.random(n) < 0.7, draw.integers(10**6, 10**15, n), popular)
    return draw.integers(0, 300, n).astype(np.int32), item


@pytest.mark.parametrize("seed", range(5))
def test_numbers_are_those_of_first_appearance(seed):
    account, item = traces(seed)
    for labels, (distinct, places) in (
        (item, by_appearance(item)), (account, accounts_by_appearance(account, 300)),
    ):  # fmt: skip
        assert distinct.tolist() == list(dict.fromkeys(labels.tolist()))
        assert (distinct[places] == labels).all()


@pytest.mark.parametrize("seed", range(5))
def test_only_items_that_occur_once_go_without_a_number(seed):
    _, item = traces(seed)
    n_items, number = shared_items(item)
    _, inverse, count = np.unique(item, return_inverse=True, return_counts=True)
    assert (number[count[inverse] > 1] >= 0).all()
    for one in range(n_items):
        assert np.unique(item[number == one]).size == 1
    assert np.unique(item[number >= 0]).size == n_items
    lone = count[inverse] == 1
    assert (number[lone] < 0).mean() > 0.75  # the others share a counter by chance, a fifth of them at most


def test_of_no_traces_nothing_has_a_number():
    n_items, number = shared_items(np.empty(0, np.int64))
    assert (n_items, number.size) == (0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_rows_hold_each_item_once_in_time_order_and_items_their_holders(seed):
    account, item = traces(seed)
    accounts, row = accounts_by_appearance(account, 300)
    n_items, number = shared_items(item)
    start, entries = distinct_rows(row, number, accounts.size, n_items)
    _, first = first_of_each(row, number, accounts.size, n_items)
    for i, one in enumerate(accounts):
        his = list(dict.fromkeys(item[account == one].tolist()))
        assert item[first[start[i] : start[i + 1]]].tolist() == his
        assert (entries[start[i] : start[i + 1]] == number[first[start[i] : start[i + 1]]]).all()
    item_start, holders = by_item(start, entries, n_items)
    for j in range(n_items):
        rows = np.unique(row[number == j])
        assert holders[item_start[j] : item_start[j + 1]].tolist() == rows.tolist()

"""Accounts: a table with a row per account, views of some rows, and single rows.

Layers are Mesa agents; accounts are not, because a million agent objects cost seconds and hundreds of megabytes. There
are four kinds of columns: visible to everybody (`PUBLIC`), visible only to the platform's staff (`INTERNAL`), hidden
behavioural traits (`TRAIT`), and the state of enforcement (`ENFORCEMENT`), which only `sim.enforcement` writes. The
layer of an account is in `sim.population.truth`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from enum import IntEnum, unique
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

NEVER = np.int64(2**62)  # a time that does not come


@unique
class Status(IntEnum):
    """Enforcement status of an account. Only active accounts can act and be read."""

    ACTIVE = 0
    CHALLENGED = 1  # locked until it proves that a person with a phone is behind it
    SUSPENDED = 2


ACTIVE, SUSPENDED = int(Status.ACTIVE), int(Status.SUSPENDED)  # for steps: looking a member up takes a microsecond


@unique
class Access(IntEnum):
    """Kind of network that an account is seen to connect from."""

    RESIDENTIAL = 0
    VPN = 1
    MAINLAND = 2  # an unblocked mainland address


@unique
class Client(IntEnum):
    """Application that an account is seen to use."""

    PHONE = 0
    WEB = 1
    AUTOMATION = 2


PUBLIC, INTERNAL, TRAIT, ENFORCEMENT = "public", "internal", "trait", "enforcement"  # who can see a column


def _column(dtype: Any, kind: str, *, per_run: bool = False, initial: Any = 0) -> Any:
    """Declare a column: its type, who can see it, whether each run has a copy of its own, and its first value."""
    return field(metadata={"dtype": dtype, "kind": kind, "per_run": per_run, "initial": initial})


@dataclass
class AccountTable:
    """All accounts of a world, one array per column, each of shape (accounts,).

    Attributes
    ----------
    created : int64
        Registration, seconds since 1970-01-01 UTC; the account does not exist before. `NEVER` for an unused reserve
        account of the operation.
    language : uint8
        Index into the scenario's languages.
    utc_offset : int8
        Claimed time zone, hours.
    follower_count, following_count, post_count : int32
        As shown on the profile at the start of the run; the run adds its own posts.
    default_image, empty_bio, verified, phone_verified : bool
    access, client : uint8
        `Access` and `Client`, as the platform sees them.
    network : int32
        The exit node, address block or line that the account mostly uses; see `sim.population.access`.
    session_rate : float32
        Log-ins a day.
    posts_per_session : float32
        Mean number of own posts in a session.
    repost_propensity : float32
        Probability of reposting a neutral item (all factors 1).
    interest : uint8
        Main topic.
    at_work : bool
        Whether it logs in from work, Monday to Friday.
    stance : float32
        On the contested topic, in [-1, 1]; 1 agrees with the operation.
    boost : float32
        Factor on the probability of reposting a member of the own benign group.
    post_appeal : float32
        Factor on the appeal of the account's posts.
    status : uint8
        A `Status`.
    suspended_at : int64
        Time of suspension, seconds since 1970-01-01 UTC, or `NEVER`.
    limit, label : uint8
        Strengths of the limit and the label on the account, in 255ths; 0 is none.
    advertising_barred : bool
        Whether the account is barred from buying promotion.
    """

    created: NDArray[np.int64] = _column(np.int64, PUBLIC, per_run=True)
    language: NDArray[np.uint8] = _column(np.uint8, PUBLIC)
    utc_offset: NDArray[np.int8] = _column(np.int8, PUBLIC)
    follower_count: NDArray[np.int32] = _column(np.int32, PUBLIC)
    following_count: NDArray[np.int32] = _column(np.int32, PUBLIC)
    post_count: NDArray[np.int32] = _column(np.int32, PUBLIC, per_run=True)
    default_image: NDArray[np.bool_] = _column(np.bool_, PUBLIC)
    empty_bio: NDArray[np.bool_] = _column(np.bool_, PUBLIC)
    verified: NDArray[np.bool_] = _column(np.bool_, PUBLIC)
    access: NDArray[np.uint8] = _column(np.uint8, INTERNAL, per_run=True)
    network: NDArray[np.int32] = _column(np.int32, INTERNAL, per_run=True)
    client: NDArray[np.uint8] = _column(np.uint8, INTERNAL)
    phone_verified: NDArray[np.bool_] = _column(np.bool_, INTERNAL)
    session_rate: NDArray[np.float32] = _column(np.float32, TRAIT)
    posts_per_session: NDArray[np.float32] = _column(np.float32, TRAIT)
    repost_propensity: NDArray[np.float32] = _column(np.float32, TRAIT)
    interest: NDArray[np.uint8] = _column(np.uint8, TRAIT)
    at_work: NDArray[np.bool_] = _column(np.bool_, TRAIT)
    stance: NDArray[np.float32] = _column(np.float32, TRAIT, per_run=True)
    boost: NDArray[np.float32] = _column(np.float32, TRAIT, initial=1.0)
    post_appeal: NDArray[np.float32] = _column(np.float32, TRAIT, initial=1.0)
    status: NDArray[np.uint8] = _column(np.uint8, ENFORCEMENT, per_run=True)
    suspended_at: NDArray[np.int64] = _column(np.int64, ENFORCEMENT, per_run=True, initial=NEVER)
    limit: NDArray[np.uint8] = _column(np.uint8, ENFORCEMENT, per_run=True)
    label: NDArray[np.uint8] = _column(np.uint8, ENFORCEMENT, per_run=True)
    advertising_barred: NDArray[np.bool_] = _column(np.bool_, ENFORCEMENT, per_run=True)

    @classmethod
    def names(cls, kind: str) -> tuple[str, ...]:
        """Return the columns of a kind: `PUBLIC`, `INTERNAL`, `TRAIT` or `ENFORCEMENT`."""
        return tuple(spec.name for spec in fields(cls) if spec.metadata["kind"] == kind)

    @classmethod
    def empty(cls, n: int) -> AccountTable:
        """Return a table of `n` accounts with every column at its first value, nobody suspended."""
        rules = {spec.name: spec.metadata for spec in fields(cls)}
        return cls(**{name: np.full(n, rule["initial"], rule["dtype"]) for name, rule in rules.items()})

    def for_run(self) -> AccountTable:
        """Return a table for one run: columns that a run changes are copied, the others shared."""
        columns = {spec.name: (getattr(self, spec.name), spec.metadata["per_run"]) for spec in fields(self)}
        return AccountTable(**{name: c.copy() if per_run else c for name, (c, per_run) in columns.items()})

    def freeze(self) -> None:
        """Make every column read-only."""
        for spec in fields(self):
            getattr(self, spec.name).flags.writeable = False

    def __len__(self) -> int:
        return int(self.created.size)

    def __getitem__(self, number: int) -> Account:
        """Return one account by number."""
        whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
        if not whole or not 0 <= number < len(self):
            raise IndexError(f"an account number must be a whole number in [0, {len(self) - 1}]; got {number!r}.")
        return Account(self, int(number))

    def __iter__(self) -> Iterator[Account]:
        """Yield every account as a row object. A million take seconds: use the columns, or `all()`, instead."""
        return (Account(self, number) for number in range(len(self)))

    def to_frame(self) -> pd.DataFrame:
        """Return the accounts as a pandas DataFrame: what the platform's staff see and have done, as it is now.

        Returns
        -------
        pandas.DataFrame
            Index `account`, the number. The columns that are public, internal or of enforcement: times in UTC (NaT:
            never), `access`, `client` and `status` by their names, `limit` and `label` as strengths in [0, 1].
        """
        import pandas as pd

        names = [name for kind in (PUBLIC, INTERNAL, ENFORCEMENT) for name in self.names(kind)]
        frame = pd.DataFrame({name: getattr(self, name).copy() for name in names})
        frame.index.name = "account"
        for name in ("created", "suspended_at"):
            known = frame[name].where(frame[name] != NEVER)
            frame[name] = pd.to_datetime(known, unit="s", utc=True)
        codes: dict[str, type[IntEnum]] = {"access": Access, "client": Client, "status": Status}
        for name, kind in codes.items():
            frame[name] = pd.Categorical.from_codes(frame[name], [member.name.lower() for member in kind])
        for name in ("limit", "label"):
            frame[name] = frame[name] / 255.0
        return frame

    def all(self) -> AccountSet:
        """Return a view of all accounts."""
        return AccountSet(self, np.arange(len(self)))


class Account:
    """One row of the table: reads and writes through to the columns."""

    __slots__ = ("_table", "number")

    def __init__(self, table: AccountTable, number: int) -> None:
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "number", number)

    def __getattr__(self, name: str) -> Any:
        column = getattr(object.__getattribute__(self, "_table"), name)
        if not isinstance(column, np.ndarray):
            raise AttributeError(f"an account has no column {name!r}.")
        return column[self.number].item()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "status":
            raise AttributeError("only enforcement writes an account's status.")
        getattr(self._table, name)[self.number] = value

    def __repr__(self) -> str:
        return f"Account({self.number}, {Status(self.status).name.lower()})"


class AccountSet:
    """Some rows of the table, with the verbs of Mesa's AgentSet.

    `do` calls a function once with all rows, not once per account. `do("step")`, by name, is not supported, and
    `model.agents` lists the layers, not the accounts.
    """

    def __init__(self, table: AccountTable, numbers: NDArray[np.int64]) -> None:
        self.table = table
        self.numbers = numbers

    def __len__(self) -> int:
        return int(self.numbers.size)

    def get(self, column: str) -> NDArray[Any]:
        """Return a copy of a column at these rows."""
        return np.asarray(getattr(self.table, column)[self.numbers])

    def set(self, column: str, value: Any) -> AccountSet:
        """Write a column at these rows (not `status`, which enforcement alone writes)."""
        if column == "status":
            raise AttributeError("only enforcement writes an account's status.")
        getattr(self.table, column)[self.numbers] = value
        return self

    def select(self, mask: NDArray[np.bool_] | Callable[[AccountSet], NDArray[np.bool_]]) -> AccountSet:
        """Return the rows where a mask over these rows, or a function that makes one, is true."""
        chosen = mask(self) if callable(mask) else mask
        return AccountSet(self.table, self.numbers[chosen])

    def agg(self, column: str, function: Callable[[NDArray[Any]], Any]) -> Any:
        """Return a function of a column at these rows."""
        return function(self.get(column))

    def groupby(self, column: str) -> dict[Any, AccountSet]:
        """Return one set per value of a column."""
        values = self.get(column)
        return {value.item(): AccountSet(self.table, self.numbers[values == value]) for value in np.unique(values)}

    def do(self, function: Callable[[AccountSet], Any]) -> Any:
        """Call a vectorised function once on this set."""
        return function(self)

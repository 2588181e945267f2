"""How orders stand by what the ledger alone tells of them, without a look at their rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from gongzhi.ledger.records import number_in


class Line(Protocol):
    """A line of the ledger: its text says verb, time, subject and facts."""

    @property
    def body(self) -> str: ...


@dataclass(frozen=True)
class Told:
    """One order as the ledger tells it: state, minutes allowed, due time and version."""

    state: str
    minutes: int
    due_at: datetime | None
    version: int = 1


@dataclass
class _Fold:
    """The orders told so far, by number; each line is read once, in the order written."""

    orders: dict[int, Told] = field(default_factory=dict)

    def issue(self, numbers: Iterable[int], at: datetime) -> None:
        for number in numbers:
            order = self.orders[number]
            due_at = at + timedelta(minutes=order.minutes)
            self.orders[number] = replace(order, state="issued", due_at=due_at)

    def change(self, number: int, **changes: Any) -> None:
        self.orders[number] = replace(self.orders[number], **changes)


def orders_told(lines: Iterable[Line]) -> dict[int, Told]:
    """Fold lines of the ledger, oldest first, into the state of every order that they tell of.

    Lines of other rooms are passed over. Errors: `KeyError` where an earlier line is missing,
    `ValueError` where a line names its orders by digest only.
    """
    fold = _Fold()
    for line in lines:
        said = json.loads(line.body)
        read = _READ.get(said["verb"])
        if read is not None:
            read(fold, said["subject"], said["facts"], datetime.fromisoformat(said["at"]))
    return fold.orders


Read = Callable[[_Fold, str, dict[str, Any], datetime], None]


def numbers_named(named: Any) -> Iterator[int]:
    """The numbers of orders that a line names one by one, or as runs of numbers.

    Errors: `ValueError` where it names them by digest only.
    """
    if isinstance(named, list):
        yield from map(number_in, named)
    elif "numbers" in named:
        for first, last in named["numbers"]:
            yield from range(first, last + 1)
    else:
        raise ValueError("This line names its orders by their digest only.")


def _when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _given_by_plan(fold: _Fold, _subject: str, facts: dict[str, Any], at: datetime) -> None:
    for state, by_minutes in facts["numbers"].items():
        for minutes, runs in by_minutes.items():
            numbers = list(numbers_named({"numbers": runs}))
            fold.orders |= {n: Told(state, int(minutes), None) for n in numbers}
            if state == "issued":
                fold.issue(numbers, at)


def _given_by_hand(fold: _Fold, subject: str, facts: dict[str, Any], at: datetime) -> None:
    due_at = datetime.fromisoformat(facts["due_at"])
    minutes = round((due_at - at).total_seconds() / 60)
    fold.orders[number_in(subject)] = Told("issued", minutes, due_at)


def _finished(fold: _Fold, subject: str, facts: dict[str, Any], at: datetime) -> None:
    fold.change(number_in(subject), state="done")
    fold.issue(numbers_named(facts["released"]), at)


def _reissued(fold: _Fold, subject: str, facts: dict[str, Any], _at: datetime) -> None:
    due_at = _when(facts["due_at"])
    fold.change(number_in(subject), state="issued", due_at=due_at, minutes=facts["minutes"])


def _amended(fold: _Fold, subject: str, facts: dict[str, Any], _at: datetime) -> None:
    number = number_in(subject)
    waits = fold.orders[number].state == "waiting"
    fold.change(
        number, state="waiting" if waits else "issued", due_at=_when(facts["due_at"]),
        minutes=facts["minutes"], version=facts["version"],
    )  # fmt: skip


def _taken_over(fold: _Fold, subject: str, facts: dict[str, Any], _at: datetime) -> None:
    fold.change(number_in(subject), state="accepted", version=facts["version"])


def _due_again(state: str | None) -> Read:
    def read(fold: _Fold, subject: str, facts: dict[str, Any], _at: datetime) -> None:
        changes = {"state": state} if state else {}
        fold.change(number_in(subject), due_at=_when(facts["due_at"]), **changes)

    return read


def _becomes(state: str) -> Read:
    def read(fold: _Fold, subject: str, _facts: dict[str, Any], _at: datetime) -> None:
        fold.change(number_in(subject), state=state)

    return read


def _all_withdrawn(fold: _Fold, _subject: str, facts: dict[str, Any], _at: datetime) -> None:
    for number in numbers_named(facts["orders"]):
        fold.change(number, state="withdrawn")


_READ: dict[str, Read] = {
    "command.activate_plan": _given_by_plan,
    "command.begin_phase": _given_by_plan,
    "command.give_order": _given_by_hand,
    "command.accept_order": _becomes("accepted"),
    "command.finish_order": _finished,
    "command.fail_order": _becomes("failed"),
    "command.reissue_order": _reissued,
    "command.extend_order": _due_again(None),
    "command.release_order": _due_again("issued"),
    "command.amend_order": _amended,
    "command.take_over_order": _taken_over,
    "command.withdraw_order": _becomes("withdrawn"),
    "command.withdraw_orders": _all_withdrawn,
}
"""What each verb does to the orders it tells of."""

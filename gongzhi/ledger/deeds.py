"""A deed is a verb of a room: keyword-only, one transaction, known to every interface.

The catalogue made here is what the API, the command line and the console's forms are made
from, so that a verb has one name, one set of inputs and one refusal everywhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar, get_args, get_type_hints

from django.db import transaction

from gongzhi.ledger.compiled import CompiledQuery, param
from gongzhi.ledger.records import Record

P = ParamSpec("P")
R = TypeVar("R")

Foresight = Callable[..., Mapping[str, int]]
"""What a deed would do if it were done now, in figures: takes its inputs and `now`."""

Explanation = Callable[..., Sequence[str]]
"""What stands for and against a deed and what would change, line by line; takes the same."""

GIVEN = ("by", "now")
"""Inputs that the interface supplies itself: who acts, and when."""


@dataclass(frozen=True)
class Input:
    """One input of a deed: its name, its annotated type and its default."""

    name: str
    annotation: Any
    default: Any
    required: bool


@dataclass(frozen=True)
class Deed:
    """A verb as interfaces see it."""

    room: str
    verb: str
    function: Callable[..., Any]
    inputs: tuple[Input, ...]
    summary: str
    by_hand: bool
    tells: tuple[str, ...]
    asks_above: str
    foresees: Foresight | None
    explains: Explanation | None = None


CATALOGUE: dict[tuple[str, str], Deed] = {}

_inside: ContextVar[bool] = ContextVar("inside_a_deed", default=False)
_one_transaction: ContextVar[bool] = ContextVar("one_transaction", default=False)
_powers: ContextVar[tuple[str, ...]] = ContextVar("powers_used", default=())


def name_power(used: str) -> None:
    """Note a power that the deed at hand uses: its lines in the ledger will name it."""
    if _inside.get() and used not in _powers.get():
        _powers.set((*_powers.get(), used))


def powers_named() -> list[str]:
    """The powers that the deed at hand has used so far, as the ledger names them."""
    return list(_powers.get())


@contextmanager
def one_transaction() -> Iterator[None]:
    """One transaction of a deed and what stands or falls with it, such as its receipt.

    A deed that fails inside takes all of it along, so it needs no savepoint of its own.
    """
    token = _one_transaction.set(True)
    try:
        with transaction.atomic():
            yield
    finally:
        _one_transaction.reset(token)


def deed(
    *,
    by_hand: bool = True,
    tells: tuple[str, ...] = ("public", "official"),
    asks_above: str = "",
    foresees: Foresight | None = None,
    explains: Explanation | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a deed.

    `by_hand=False` keeps it from people: only the clock or a setup calls it. `tells` names
    the privacy classes its answer may show: the few deeds that show personal data say so here.
    `asks_above` names a power: beyond one's tier's limits for it the deed becomes a request to
    the tier above. `foresees` tells in figures what it would do now: a request keeps them, so that
    whoever grants it is told what has changed since. `explains` says in lines what stands for and
    against it and what would change, before it is done.
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def perform(*args: P.args, **kwargs: P.kwargs) -> R:
            if args:
                raise TypeError(f"{function.__name__} takes keyword arguments only.")
            outermost = not _inside.get()
            token, powers = _inside.set(True), _powers.set(())
            try:
                with transaction.atomic(savepoint=not (outermost and _one_transaction.get())):
                    if outermost:
                        hold(kwargs.values())
                    return function(*args, **kwargs)
            finally:
                _powers.reset(powers)
                _inside.reset(token)

        room = function.__module__.split(".")[1]
        CATALOGUE[room, function.__name__] = Deed(
            room,
            function.__name__,
            perform,
            _inputs(function),
            (inspect.getdoc(function) or "").split("\n")[0],
            by_hand,
            tells,
            asks_above,
            foresees,
            explains,
        )
        return perform

    return wrap


def hold(given: Iterable[object]) -> None:
    """Lock the records with a state that a deed was given, and read them as they are now.

    Two people who answer the same thing at once then come one after the other, and the
    second is refused by the state that the first one left. One order for all, and those that are
    changed together are locked together: no deadlock.
    """
    each = [one for value in given for one in (value if isinstance(value, list) else [value])]
    stateful = [one for one in each if isinstance(one, Record) and hasattr(one, "MOVES")]
    for record in sorted(stateful, key=lambda one: (one._meta.label, one.pk)):
        if record.HELD_WITH:
            same = {record.HELD_WITH: getattr(record, record.HELD_WITH)}
            rows = type(record)._base_manager.select_for_update(of=("self",))
            list(rows.filter(**same).order_by("pk").values_list("pk"))
        _read_again(record)


@cache
def _locked_row(model: type[Record]) -> CompiledQuery[Record]:
    rows = model._base_manager
    return CompiledQuery(lambda: rows.select_for_update(of=("self",)).filter(pk=param("pk")))


def _read_again(record: Record) -> None:
    """`refresh_from_db` by a ready statement: what was read along with the record is forgotten."""
    found = _locked_row(type(record)).ask(pk=record.pk)
    if not found:
        raise type(record).DoesNotExist(f"{record.ref} is not there any more.")
    for field in record._meta.concrete_fields:
        setattr(record, field.attname, getattr(found[0], field.attname))
    for relation in (*record._meta.fields, *record._meta.related_objects):
        if relation.is_relation and relation.is_cached(record):
            relation.delete_cached_value(record)
    record.__dict__.pop("_prefetched_objects_cache", None)


def record_in(annotation: Any) -> type[Record] | None:
    """The class of records that an annotation names, alone, optionally or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    found = (record_in(a) for a in get_args(annotation))
    return next((model for model in found if model is not None), None)


def _inputs(function: Callable[..., Any]) -> tuple[Input, ...]:
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    for p in parameters:
        if p.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise TypeError(f"{function.__qualname__}: {p.name} must be keyword-only.")
    return tuple(
        Input(p.name, hints[p.name], p.default, p.default is inspect.Parameter.empty)
        for p in parameters
        if p.name not in GIVEN
    )

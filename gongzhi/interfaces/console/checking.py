"""What checks of deeds are put together from: a power, a state, a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import Person
from gongzhi.interfaces.console.frame import Reader

Check = Callable[[Any, Reader], object]
"""Takes the record and the reader; raises a refusal where the deed would be refused."""


def at_path(record: Any, path: str) -> Any:
    """What a path of attribute names leads to from a record; an empty one to the record itself."""
    for name in path.split(".") if path else ():
        record = getattr(record, name)
    return record


def power(power: str, path: str) -> Check:
    """The reader holds the power at the unit that `path` leads to from the record."""
    return lambda record, reader: check_may(reader.by, power, at_path(record, path), reader.now)


def state(policy: Callable[[Any], object], path: str = "") -> Check:
    """The state of the record, or of what `path` leads to, allows it."""
    return lambda record, _reader: policy(at_path(record, path))


def dated(policy: Callable[[Any, datetime], object]) -> Check:
    """The state of the record allows it at this moment."""
    return lambda record, reader: policy(record, reader.now)


def allows(policy: Callable[[Person, Any, datetime], object]) -> Check:
    """The reader may do it to the record at this moment."""
    return lambda record, reader: policy(reader.by, record, reader.now)


def open_to(policy: Callable[[Any, Person, datetime], object]) -> Check:
    """The record is open to the reader at this moment."""
    return lambda record, reader: policy(record, reader.by, reader.now)

"""What the deeds of lists of needs will ask, as in `checks`."""

from __future__ import annotations

from typing import Any

from gongzhi.interfaces.console.checking import Check, allows, state
from gongzhi.interfaces.console.frame import Reader
from gongzhi.supply.lists import policies as lists
from gongzhi.supply.lists.queries import parts_of


def _confirms(need_list: Any, reader: Reader) -> None:
    lists.check_may_hand_in(reader.by, need_list.unit, reader.now)


def _has_lines(need_list: Any, _reader: Reader) -> None:
    lists.check_has_lines([part for part in parts_of(need_list) if part.state == "read"])


def _reads_list(need_list: Any, reader: Reader) -> None:
    lists.check_may_read(reader.by, need_list.unit, reader.now)


def _names(part: Any, reader: Reader) -> None:
    lists.check_may_name(reader.by, part.need_list.unit, reader.now)


OF_LISTS: dict[tuple[str, str, str], tuple[Check, ...]] = {
    ("supply", "confirm_list", "need_list"): (_confirms, state(lists.check_list_open), _has_lines),
    ("supply", "read_list", "need_list"): (_reads_list,),
    ("supply", "drop_part", "list_part"): (
        allows(lists.check_may_drop),
        state(lists.check_can_drop),
    ),
    ("supply", "name_part", "list_part"): (_names, state(lists.check_can_name)),
}

"""Load the catalogue of items that needs, offers and stock meet under."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import digest
from gongzhi.supply.models import Item

if TYPE_CHECKING:
    from gongzhi.exchange.importers import Item as Entry


@deed(by_hand=False)
def load_catalogue(*, by: Person, now: datetime) -> int:
    """Bring the catalogue of emergency supplies up to what the exchange knows (物资目录).

    Items that are gone from the file stay: needs and offers refer to them. Returns how many items
    were added or changed; the second run changes none.
    """
    from gongzhi.exchange.importers import catalogue  # a tenth of every start, and seldom asked for

    root = Unit.objects.get(parent=None)
    check_may(by, "load_data", root, now)
    known = {item.code: item for item in Item.objects.select_for_update(of=("self",))}
    wanted = {code: _values(entry) for code, entry in catalogue().items()}
    changed = [code for code in wanted if code not in known or _differs(known[code], wanted[code])]
    if changed:
        Item.objects.bulk_create(
            (Item(code=code, **wanted[code]) for code in changed), update_conflicts=True,
            unique_fields=["code"], update_fields=list(wanted[changed[0]]),
        )  # fmt: skip
        append(
            verb="supply.load_catalogue", subject=Item.objects.get(code=changed[0]), place=root,
            by=by, now=now, items=len(wanted), changed=changed, digest=digest(wanted),
        )  # fmt: skip
    return len(changed)


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "group": entry.group,
        "grade": entry.grade,
        "unit_of_measure": entry.units[0],
        "name": entry.names["zh-Hans"],
        "name_hant": entry.names["zh-Hant"],
        "name_en": entry.names["en"],
        "synonyms": list(entry.synonyms),
    }


def _differs(item: Item, values: dict[str, Any]) -> bool:
    return any(getattr(item, name) != value for name, value in values.items())

"""Relief records in the columns of the project's data standards, for checking and exchange."""

from __future__ import annotations

from gongzhi.exchange.importers.relief_values import ReliefRecord

_STANDARDS = {
    "need": "hospital_needs",
    "logistics": "logistics_offers",
    "lodging": "lodging_offers",
    "donation": "donations",
    "clinic": "clinics",
}


def as_standard(record: ReliefRecord) -> tuple[str, list[dict[str, object]]]:
    """Return the name of the record's standard and its rows: one per item, account, or one.

    Personal columns are filled too; who writes the rows drops them by the standard's classes.
    A kind without a standard gives an empty name and no rows.
    """
    name = _STANDARDS.get(record.kind, "")
    rows = {
        "need": _needs,
        "logistics": _logistics,
        "lodging": _lodging,
        "donation": _donations,
        "clinic": _clinics,
    }
    return (name, rows[record.kind](record)) if name else ("", [])


def _about(record: ReliefRecord) -> dict[str, object]:
    people = record.personal.contacts
    return {
        "contact": "; ".join(dict.fromkeys(c.name for c in people if c.name)),
        "phone": "; ".join(c.phone for c in people if c.phone),
        "url": record.url,
        "remark": record.remark or record.personal.remark,
        "as_of": record.snapshot_on and record.snapshot_on.isoformat(),
    }


def _place(record: ReliefRecord) -> dict[str, object]:
    place = record.place
    return {
        "province": place.province,
        "city": place.city,
        "district": place.district,
        "address": place.address,
    }


def _needs(record: ReliefRecord) -> list[dict[str, object]]:
    return [
        {
            "hospital": record.name, **_place(record), "item_id": line.item_id,
            "label": line.label, "specification": line.specification,
            "amount_state": str(line.amount.state), "quantity": line.amount.quantity,
            "unit": line.amount.unit, **_about(record),
        }
        for line in record.wanted
    ]  # fmt: skip


def _logistics(record: ReliefRecord) -> list[dict[str, object]]:
    details = record.details
    return [
        {
            "carrier": record.name,
            "origin": details.get("origin"),
            "destination": details.get("destination") or details.get("area"),
            "accepts_private": details.get("accepts_private"),
            "capability": details.get("capability"),
            **_about(record),
        }
    ]


def _lodging(record: ReliefRecord) -> list[dict[str, object]]:
    counts = {name: record.details.get(name) for name in ("rooms", "beds", "guests")}
    return [{"house": record.name, **_place(record), **counts, **_about(record)}]


def _donations(record: ReliefRecord) -> list[dict[str, object]]:
    details = {n: record.details.get(n) for n in ("transfer_note", "method", "status")}
    base = {"body": record.name, "address": record.place.address, **details, **_about(record)}
    accounts = [
        {"account_name": a.holder, "bank": a.bank, "account": a.number}
        for a in record.personal.accounts
    ]
    return [base | account for account in accounts or [{}]]


def _clinics(record: ReliefRecord) -> list[dict[str, object]]:
    return [{"provider": record.name, **_about(record)}]

"""From the figures of a review to its lessons: plain rules, each with the figures it saw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _


def lessons_from(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """(topic, sentence) of everything in the figures that somebody should act on."""
    return [
        *_about_warnings(figures["warnings"]),
        *_about_orders(figures["orders"]),
        *_about_calls(figures["calls"]),
        *_about_needs(figures["needs"]),
        *_about_field(figures["field"]),
    ]


def _about_warnings(warnings: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if warnings["climbed"]:
        yield (
            "warnings",
            _("%(climbed)s of %(issued)s warnings were acknowledged by nobody in time and climbed.")
            % {"climbed": warnings["climbed"], "issued": warnings["issued"]},
        )


def _about_orders(orders: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for tier, row in orders.items():
        late = row["done"] - row["done_in_time"] + row["late"]
        if late:
            yield (
                "orders",
                _(
                    "At the tier %(tier)s, %(late)s of %(orders)s orders were late; "
                    "%(climbed)s climbed."
                )
                % {"tier": tier, "late": late, "orders": row["orders"], "climbed": row["climbed"]},
            )
        if row["failed"]:
            yield (
                "orders",
                _("At the tier %(tier)s, %(failed)s orders could not be done.")
                % {
                    "tier": tier,
                    "failed": row["failed"],
                },
            )


def _about_calls(calls: dict[str, Any]) -> Iterator[tuple[str, str]]:
    silent = calls["departments_called"] - calls["answered_in_time"]
    if silent:
        yield (
            "calls",
            _("%(silent)s of %(called)s departments did not answer a street's call in time.")
            % {"silent": silent, "called": calls["departments_called"]},
        )


def _about_needs(needs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    unmet = needs["wanted_known"] - needs["received_known"]
    if needs["wanted_known"] and unmet > 0:
        yield (
            "supplies",
            _("%(unmet)s of %(wanted)s units that were asked for did not arrive.")
            % {
                "unmet": unmet,
                "wanted": needs["wanted_known"],
            },
        )
    if needs["amount_unknown"]:
        yield (
            "supplies",
            _(
                "%(unknown)s of %(stated)s needs never had an amount: "
                "ask for it when a need is stated."
            )
            % {"unknown": needs["amount_unknown"], "stated": needs["stated"]},
        )


def _about_field(field: dict[str, int]) -> Iterator[tuple[str, str]]:
    if field["nobody_in"]:
        yield (
            "field",
            _("Behind %(count)s doors nobody was met: visit in the evening, or call.")
            % {"count": field["nobody_in"]},
        )

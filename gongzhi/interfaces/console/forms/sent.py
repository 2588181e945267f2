"""What the browser sent, turned into what the deed's schema takes."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from gongzhi.errors import Malformed
from gongzhi.interfaces.console.forms.asking import Ask, asks_of
from gongzhi.interfaces.console.forms.choices import resolve, unclear
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.inputs import validate
from gongzhi.ledger.deeds import Deed

ROWS_AT_MOST = 500


@dataclass
class Sent:
    """A form as it was sent: `given` for the deed, and what could not be read, by field."""

    given: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def checked(self, deed: Deed) -> Any:
        """The validated input of the deed; all that is wrong is said at once."""
        try:
            checked = validate(deed, self.given)
        except Malformed as refusal:
            details = {self.name_of(k): v for k, v in refusal.details.items()} | self.unread
            raise Malformed(correct_below(len(details)), details=details) from None
        if self.unread:
            raise Malformed(correct_below(len(self.unread)), details=self.unread)
        return checked

    def name_of(self, where: str) -> str:
        """The name of the field that a problem of the schema is about.

        Rows left empty were dropped, so the schema's row numbers are led back to the form's.
        """
        parts = where.split(".")
        if len(parts) > 1 and parts[0] in self.rows and parts[1].isdigit():
            parts[1] = str(self.rows[parts[0]][int(parts[1])])
            return "-".join(parts[:3])
        return parts[0]


def correct_below(count: int) -> str:
    """The first sentence over a form that cannot be understood as it stands."""
    if count == 1:
        return _(
            "One answer is missing or cannot be understood. Nothing was done; correct it below."
        )
    return _(
        "%(count)s answers are missing or cannot be understood. "
        "Nothing was done; correct them below."
    ) % {"count": count}


def read(deed: Deed, post: QueryDict, files: MultiValueDict[str, Any], reader: Reader) -> Sent:
    """Read a form of a deed, with the files sent along."""
    sent = Sent()
    for ask in asks_of(deed):
        if ask.kind == "file":
            _read_file(ask, files, sent, named=any(a.name == "file_name" for a in asks_of(deed)))
        elif ask.kind == "drafts":
            _read_rows(ask, post, reader, sent)
        elif ask.kind == "texts":
            sent.given[ask.name] = [text for text in post.getlist(ask.name) if text.strip()]
        elif ask.kind == "records":
            chosen = re.split(r"[\s,，、;]+", " ".join(post.getlist(ask.name)).strip())
            chosen = list(dict.fromkeys(c for c in chosen if c))
            if chosen or ask.required:
                sent.given[ask.name] = chosen
        else:
            _read_one(ask, ask.name, post, reader, sent.given, sent.unread)
    return sent


def _read_file(ask: Ask, files: MultiValueDict[str, Any], sent: Sent, *, named: bool) -> None:
    """A file in base64, as schemas take it; its own name stands in where a name is asked for."""
    file = files.get(ask.name)
    if file is None:
        return
    if ask.most is not None and file.size > ask.most:
        sent.unread[ask.name] = _("The file is too large: at most %(most)s bytes.") % {
            "most": f"{ask.most:,}"
        }
        return
    sent.given[ask.name] = b64encode(file.read())
    if named:
        sent.given.setdefault("file_name", file.name)


def _read_rows(ask: Ask, post: QueryDict, reader: Reader, sent: Sent) -> None:
    rows: list[dict[str, Any]] = []
    kept: list[int] = []
    for number in row_numbers(ask, post):
        if not _is_filled(ask, number, post):
            continue
        row: dict[str, Any] = {}
        for part in ask.rows:
            _read_one(part, f"{ask.name}-{number}-{part.name}", post, reader, row, sent.unread)
        rows.append(row)
        kept.append(number)
    sent.given[ask.name] = rows
    sent.rows[ask.name] = kept


def row_numbers(ask: Ask, post: QueryDict) -> list[int]:
    """The numbers of the rows that a form holds."""
    pattern = re.compile(rf"{re.escape(ask.name)}-(\d{{1,4}})-")
    numbers = {int(m.group(1)) for key in post if (m := pattern.match(key))}
    return sorted(numbers)[:ROWS_AT_MOST]


def _is_filled(ask: Ask, number: int, post: QueryDict) -> bool:
    """Whether somebody wrote into a row; ticks that are set from the start do not count."""
    return any(
        post.get(f"{ask.name}-{number}-{part.name}", "").strip()
        for part in ask.rows
        if not (part.kind == "yes" and part.default)
    )


def _read_one(
    ask: Ask,
    name: str,
    post: QueryDict,
    reader: Reader,
    given: dict[str, Any],
    unread: dict[str, str],
) -> None:
    text = post.get(name, "")
    text = text if ask.kind == "secret" else text.strip().replace("\r\n", "\n")
    if ask.kind == "yes" and not ask.required:
        given[ask.name] = text == "true"
        return
    if not text:
        return
    if ask.kind == "money":
        _read_money(ask, name, text, given, unread)
    elif ask.kind == "record":
        number = resolve(ask, text, reader)
        if number is None:
            unread[name] = unclear(text)
        else:
            given[ask.name] = number
    elif ask.kind == "choice" and ask.choices is not None:
        given[ask.name] = next((c.value for c in ask.choices if str(c.value) == text), text)
    else:
        given[ask.name] = text


def _read_money(
    ask: Ask, name: str, text: str, given: dict[str, Any], unread: dict[str, str]
) -> None:
    """Yuan with at most two decimals, as whole cents."""
    try:
        cents = Decimal(text.replace(",", "")) * 100
    except InvalidOperation:
        unread[name] = _("Give an amount in yuan, such as 120 or 12.50.")
        return
    if not cents.is_finite() or cents != cents.to_integral_value() or abs(cents) > 10**17:
        unread[name] = _("Give an amount in yuan, such as 120 or 12.50.")
        return
    given[ask.name] = int(cents)

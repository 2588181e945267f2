"""What may be loaded, and what may become of a row in quarantine."""

from __future__ import annotations

from django.utils.translation import gettext as _

from gongzhi.errors import Malformed, NotNow
from gongzhi.exchange.models import Dataset, Load, Row, Standard
from gongzhi.exchange.said import shown
from gongzhi.exchange.standards import Standard as Contract
from gongzhi.exchange.standards import StandardError, read_standard


def check_contract(document: str) -> Contract:
    """A standard is a valid Open Data Contract; every mistake is told with its line."""
    try:
        return read_standard(document)
    except StandardError as error:
        problems = "\n".join(map(shown, error.said))[:1500]
        raise Malformed(
            _("The contract cannot be adopted: %(problems)s") % {"problems": problems},
            details={"document": problems},
        ) from None


def check_is_new(contract: Contract) -> None:
    """A version of a standard is adopted once and never changed."""
    known = Standard.objects.filter(name=contract.name, version=contract.version).first()
    if known is not None:
        raise NotNow(
            _(
                "Version %(version)s of “%(name)s” is adopted already. "
                "Give the next version a new number."
            )
            % {"version": contract.version, "name": contract.name}
        )


def check_not_loaded(dataset: Dataset, sha256: str) -> None:
    """The same file is loaded once."""
    known = Load.objects.filter(dataset=dataset, sha256=sha256).first()
    if known is not None:
        raise NotNow(
            _("This very file was loaded already as “%(name)s”. Nothing was loaded again.")
            % {"name": known.file_name}
        )


def check_waits(row: Row) -> None:
    """Only a row in quarantine can be released or rejected."""
    if row.state != Row.State.QUARANTINED:
        raise NotNow(
            _("This row does not wait in quarantine (%(state)s). There is nothing to do.")
            % {"state": row.get_state_display()}
        )

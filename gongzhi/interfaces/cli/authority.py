"""Commands by which anybody at the machine checks what was lent, with the site's public key."""

from __future__ import annotations

import sys

import click
from django.utils.translation import gettext as _

from gongzhi.actors.lent import verify
from gongzhi.actors.oversight import verify_draws
from gongzhi.actors.queries import Delegation
from gongzhi.errors import NotFound
from gongzhi.interfaces import clock


@click.command("verify-delegation")
@click.argument("number", type=click.IntRange(1, 2**62))
def verify_delegation(number: int) -> None:
    """Check a lent power and what it was lent from; exit code 1 when it does not hold.

    The text that was signed is printed with its signature's key, to be checked elsewhere too.
    """
    delegation = Delegation.objects.filter(pk=number).first()
    if delegation is None:
        raise NotFound(
            _("There is no lent power with the number %(number)s. Check the number.")
            % {"number": number}
        )
    chain = verify(delegation, clock.now())
    for verdict in chain:
        click.echo(str(verdict))
    click.echo(f"key {chain[0].key}")
    sys.exit(0 if all(verdict.holds for verdict in chain) else 1)


@click.command("verify-draw")
def verify_draw() -> None:
    """Repeat every draw for review from the ledger; exit code 1 when one is not as it must be."""
    found = verify_draws()
    click.echo(str(found))
    sys.exit(0 if found.holds else 1)

"""Transport passes: those that were taken back and have not ended by themselves."""

from __future__ import annotations

from datetime import datetime

from gongzhi.actors.queries import expose
from gongzhi.supply.models import TransportPass as TransportPass
from gongzhi.supply.pass_notes import signed_list


def revoked_list(now: datetime) -> str:
    """The signed list that checkpoints carry: passes taken back whose end has not come."""
    back = TransportPass.objects.filter(state=TransportPass.State.REVOKED, ends_at__gt=now)
    return signed_list(back.values_list("pk", flat=True), now)


expose("supply", transport_passes=TransportPass)

"""Where SMS gateways report what became of a message: the secret in the address opens it.

Every gateway can be given an address, and few can be taught a signature of ours. To anybody else
the address is one that is not there. What is known, unknown, new or old is answered alike.
"""

from __future__ import annotations

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from gongzhi.interfaces import clock
from gongzhi.messages.actions import take_reports
from gongzhi.messages.configured import Reports
from gongzhi.messages.policies import Channel, takes_reports
from gongzhi.messages.reported import read_reports
from gongzhi.rounds.walk import clock_person

MOST_BYTES = 512 * 1024
"""Longest request: a thousand reports of some hundred bytes."""
THANKS = {"code": 0, "msg": "OK", "result": 0, "errmsg": "OK"}
"""What Alibaba Cloud (`code`) and Tencent Cloud (`result`) want to read; others want only 200."""


@csrf_exempt  # no log-in opens it and none is looked at: there is nobody to act in the name of
@never_cache
def take_sms_reports(request: HttpRequest, secret: str) -> HttpResponse:
    """`POST /reports/sms/…`: take one or many reports, and answer before they are worked on."""
    rule = _rule(secret)
    if rule is None or request.method != "POST":
        raise Http404
    raw = request.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        return HttpResponse(status=413)
    try:
        reports = read_reports(raw, rule)
    except ValueError:
        return HttpResponse(status=400)
    by = clock_person() if reports else None
    if by is not None:
        take_reports(channel=Channel.SMS, reports=reports, by=by, now=clock.now())
    return JsonResponse(THANKS)


def _rule(secret: str) -> Reports | None:
    """How reports are read here, for whoever knows the secret."""
    gateway = settings.CHANNELS.sms
    if gateway is None or gateway.reports is None or not takes_reports():
        return None
    known = gateway.reports.secret.encode()
    given = secret.encode("utf-8", "surrogatepass")
    rule: Reports = gateway.reports
    return rule if hmac.compare_digest(known, given) else None

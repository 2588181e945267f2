"""Times in the drawing of a plan are said as people say them."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from gongzhi.interfaces.plan_drawing import span

SAID = {
    30: ("30 min", "30分钟"), 60: ("1 h", "1小时"), 90: ("90 min", "90分钟"),
    250: ("4 h 10 min", "4小时10分钟"), 1440: ("1 d", "1天"), 1500: ("1 d 1 h", "1天1小时"),
    1565: ("1 d 2 h 5 min", "1天2小时5分钟"), 20160: ("14 d", "14天"),
}  # fmt: skip


@pytest.mark.parametrize("minutes", SAID)
def test_a_time_is_whole_days_hours_and_minutes(minutes: int) -> None:
    english, chinese = SAID[minutes]
    with override("en"):
        assert span(minutes) == english
    with override("zh-hans"):
        assert span(minutes) == chinese
    with override("zh-hant"):
        assert span(minutes).endswith(("分鐘", "小時", "天"))

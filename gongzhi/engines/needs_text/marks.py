"""The words that say need, stock or offer, how much, or that something is not wanted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .values import Kind, Reason, State


@dataclass(frozen=True, slots=True)
class Mark:
    """A word that says of what kind the lines around it are; `heads` when it opens a list."""

    start: int
    end: int
    kind: Kind | Reason
    heads: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A word instead of a number; `state` is None for “none”, `rate` for a use per day."""

    start: int
    end: int
    state: State | None
    rate: bool = False


_GIVE = "捐赠|捐献|捐助|提供|支援|供应|赠送|援助"
_NEED = (
    rf"(?:接受|接收|需要?|急需|请|欢迎|恳请|希望|寻求|求|感谢|期盼|盼|呼吁)[^\n,;。、]{{0,6}}?(?:{_GIVE})"
    r"|库存[^\d\n,;。、\x01]{0,3}(?:不足|告急|紧张|紧缺|短缺|见底|告罄|不多|缺乏)"
    r"|需求|需要|急需|急缺|紧缺|亟需|还需|另需|尚需|特需|缺口|缺少|缺乏|短缺|告急|不足|求购|求助|希望|采购"
    r"|没有了|用完|耗尽|断货|告罄|断供|申请|申领|need(?:ed|s)?|wanted|required|request(?:ed)?|急|需|缺|(?<!要)求|望"
)
_STOCK = (
    "库存|现存|现有|剩余|仅剩|只剩|还剩|剩下|尚余|尚有|仅有|只有|结余|已有|存量|余量|在库|备有|储备|目前有"
    r"|in stock|stock|on hand|剩"
)
_OFFER = (
    rf"(?:可以?|能|愿意?|拟|现|我司|我们|计划)(?:{_GIVE}|捐|供|出|调拨|发货)"
    rf"|(?:{_GIVE})(?=[^\n,;。、\0户账科处商室]{{0,4}}[\x01\x02\d])|(?:{_GIVE})(?:物资)?(?:清单|明细|如下)"
    r"|可捐|捐出|可供|可调拨|出售|现货|有货|offer(?:ed|s|ing)?|available|donat(?:e|ed|ing)"
)
_DELIVERED = (
    "已(?:经)?(?:配送|发货|发出|送达|送到|送|寄出|收到|接收|到货|到|领取|采购|捐赠|捐|下单)"
    "|收到|delivered"
)
_NOT = (
    "不需要?|不缺|不要|不再需要|暂不需|暂不缺|无需|无须|充足|足够|够用|已够|谢绝|拒收|不接受|不接收|不收|暂缓"
    "|暂不接受|没有需求|暂无需求|not needed"
)
_HEADED = (
    r"(?:的?(?:物资|情况|清单|如下|数量|以下|有|为|是|防护|医疗|医用|用品|目录|列表|品类)){0,4}:"
)
_MARK = re.compile(
    rf"(?P<no>{_NOT})|(?P<gone>{_DELIVERED})|(?P<need>{_NEED})|(?P<offer>{_OFFER})"
    rf"|(?P<stock>{_STOCK})"
)
_HEAD = re.compile(_HEADED)
_WORD = re.compile(
    r"(?P<open>越多越好|多多益善|[数]?量?不限量?|无上限|尽量多|尽可能多|有多少[要收]多少|大量|长期|需求量?大|量大"
    r"|as many as possible|no limit)"
    r"|(?P<unknown>若干|一批|少量|适量|部分|数量不[详明定]|不详|some\b)"
    r"|(?P<rate>每天|每日|日均|日消耗|日用量?|日需|每周|每月|天消耗|月消耗|消耗量?|/[天日周月]"
    r"|per day)"
    r"|(?P<none>(?:为|:|已)?(?:无|没有|零|none)(?=[\s,;。、)\n(]|$)"
    r"|(?:为|:)?(?<![\d.,])0(?![\d.%])(?:个|只|件|套|瓶|双|副|台|盒|箱)?)"
)
_KINDS: dict[str, Kind | Reason] = {
    "need": Kind.NEED, "offer": Kind.OFFER, "stock": Kind.STOCK,
    "no": Reason.NOT_WANTED, "gone": Reason.DELIVERED,
}  # fmt: skip


def words(text: str) -> Iterator[Word]:
    """The words for an amount in a text without items and sizes."""
    for match in _WORD.finditer(text):
        state = {"open": State.OPEN, "unknown": State.UNKNOWN}.get(match.lastgroup or "")
        yield Word(match.start(), match.end(), state, match.lastgroup == "rate")


def marks(text: str) -> Iterator[Mark]:
    """The words for need, stock, offer and refusal in a text without items and sizes."""
    for match in _MARK.finditer(text):
        heads = _HEAD.match(text, match.end())
        end = heads.end() if heads else match.end()
        yield Mark(match.start(), end, _KINDS[match.lastgroup or ""], heads is not None)

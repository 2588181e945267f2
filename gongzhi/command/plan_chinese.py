"""What the sentences of a Chinese contingency plan tell: chapters, bodies, times and grades.

The chapters are those that the State Council's framework for contingency plans asks for
(国办发〔2013〕101号, 突发事件应急预案管理办法, in its version of 2024).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

CHAPTERS = {
    "purpose": ("编制目的", "目的", "指导思想"),
    "basis": ("编制依据", "法律依据", "依据"),
    "duties": ("组织体系", "组织指挥", "组织机构", "职责", "分工", "指挥体系", "领导机构"),
    "watch": ("监测", "预警", "预防"),
    "response": ("响应", "处置", "措施", "救援", "行动", "转移", "安置"),
    "support": ("保障", "善后", "恢复", "后期"),
    "general": ("总则", "适用范围", "工作原则", "分类分级", "事件分级", "附则", "附件", "附录"),
}
"""What a chapter is about, by words of its heading; the first that fits counts."""
ORDERING = ("duties", "watch", "response", "support")
"""Chapters whose sentences can be orders."""

_HEADING = re.compile(
    r"(?:第[一二三四五六七八九十百]+[章节编]|[一二三四五六七八九十]+、|[((][一二三四五六七八九十]+[))]"
    r"|[0-9]{1,2}(?:\.[0-9]{1,2}){0,3}(?:[ .、]|(?=[\u4e00-\u9fff])))\s*"
)
_LONGEST_HEADING = 24
_NUMBER = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_AT_ONCE = re.compile(r"立即|即刻|第一时间|迅速")
_AMOUNT = r"[0-9]{1,4}(?:\.[0-9]{1,2})?|半|[零〇一二两三四五六七八九十百]{1,7}"
_WITHIN = re.compile(
    rf"(?:({_AMOUNT})个?小时)?({_AMOUNT})个?(半)?(分钟|小时|日|天|工作日)(?:之?内|以内)"
)
_DAILY = re.compile(r"每日|每天|逐日|日报")
_MINUTES = {"分钟": 1, "小时": 60, "日": 1440, "天": 1440, "工作日": 1440}
AT_ONCE = 30
"""Minutes written for “at once” (立即): a draft's proposal, to be confirmed."""
_GRADE = re.compile(r"([ⅠⅡⅢⅣ]|IV|III|II|I|[一二三四1-4])级(?:应急)?响应")
_GRADES = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "I": 1, "II": 2, "III": 3, "IV": 4,
           "一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}  # fmt: skip

_ENDINGS = (
    "街道办事处", "居民委员会", "村民委员会", "政府", "委员会", "指挥部", "居委会", "村委会",
    "办公室", "管委会", "医疗机构", "街道办", "工作组", "领导小组", "街道", "社区", "乡镇", "医院",
    "公司", "支队", "中心", "网格员", "健康委", "改革委", "建委", "卫健委", "局", "办", "厅", "组",
)  # fmt: skip
"""How the name of a body ends; a bare 委 would make a body of every 常委."""
_BODY = re.compile(r"[\u4e00-\u9fffA-Za-z]{0,24}")
_TOLD = re.compile(
    r"[:,]|负责|牵头|会同|应当|应|要|组织|配合|协助|做好|立即|必须|须|承担|开展|落实|每|在|于|[0-9]"
)
"""What follows the names of those who are told to do something."""
_BODIES = 120
"""Characters in which the names of those responsible end."""
_AND = re.compile(r"(?<=[局委办厅组会府部区道院司队心员])[和及与]")

SUBJECTS = {
    "health": ("卫生", "卫健", "疾控", "疾病预防"),
    "police": ("公安", "交警"),
    "civil_affairs": ("民政",),
    "transport": ("交通", "运输"),
    "market": ("市场监管", "市场监督", "商务"),
    "water": ("水务", "水利"),
    "power": ("供电", "电力"),
    "emergency": ("应急",),
}
HAZARDS = {
    "epidemic": ("疫", "传染病", "流感", "公共卫生"),
    "flood": ("防汛", "洪", "暴雨", "内涝", "台风"),
    "heat": ("高温", "热浪"),
    "blackout": ("停电", "电网", "电力"),
    "chemical": ("危险化学品", "危化品", "化学品", "泄漏"),
}


@dataclass(frozen=True)
class Duty:
    """A sentence that tells a body to do something: who, what in these very words, by when."""

    body: str
    text: str
    minutes: int | None


def plain(text: str) -> str:
    """Full-width digits and letters as ASCII, spaces as one, for comparing; not for keeping."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def chapter_of(heading: str) -> str:
    """What a chapter is about; empty where its heading says none of the usual things."""
    name = _HEADING.sub("", plain(heading), count=1)
    found = (kind for kind, names in CHAPTERS.items() if any(word in name for word in names))
    return next(found, "")


def looks_like_heading(text: str) -> bool:
    """Whether a paragraph without a style is a heading: numbered, short, without a full stop."""
    said = plain(text)
    numbered = _HEADING.match(said)
    rest = said[numbered.end() :] if numbered else ""
    short = bool(rest) and len(rest) <= _LONGEST_HEADING and not re.search(r"[。;;,,::!?]", rest)
    return short and duty_bodies(rest) == ()


def duty_bodies(text: str) -> tuple[str, ...]:
    """The bodies that a sentence begins with, which it tells to do something."""
    said = without_number(text)
    for place in _TOLD.finditer(said, 2, _BODIES):
        names = [part.removeprefix("由") for part in _parts(said[: place.start()])]
        if all(map(_is_body, names)):
            return tuple(dict.fromkeys(names))
    return ()


def _parts(names: str) -> list[str]:
    """The bodies of a list; 和 divides only where a body could end (not 住房和城乡建设局)."""
    return [part.strip() for one in names.split("、") for part in _AND.split(one)]


def _is_body(name: str) -> bool:
    return bool(_BODY.fullmatch(name)) and name.endswith(_ENDINGS)


def without_number(text: str) -> str:
    """A sentence without the number of its list, normalised."""
    said = re.sub(r"^[((]?[0-9]{1,2}[))](?=.)|^[①-⑳]|^[-—·•●]\s*", "", plain(text))
    return _HEADING.sub("", said, count=1) if _HEADING.match(said) else said


def minutes_in(text: str) -> int | None:
    """The time that a sentence allows, in minutes: 2小时内, 三日内, 立即, 每日; else None."""
    said = plain(text)
    within = _WITHIN.search(said)
    if within:
        hours, amount, half, unit = within.groups()
        time = (_number(amount) + (0.5 if half else 0)) * _MINUTES[unit]
        return max(1, round(time + 60 * (_number(hours) if hours else 0)))
    if _AT_ONCE.search(said):
        return AT_ONCE
    return _MINUTES["日"] if _DAILY.search(said) else None


def _number(text: str) -> float:
    if text == "半":
        return 0.5
    if text[0] in "0123456789":
        return float(text)
    hundreds, hundred, rest = text.rpartition("百")
    if hundred:
        return _NUMBER.get(hundreds, 1) * 100 + (_number(rest.lstrip("零〇")) if rest else 0)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _NUMBER.get(text[-1], 1)
    return (_NUMBER.get(tens, 1) if tens else 1) * 10 + (_NUMBER.get(ones, 0) if ones else 0)


def grades_in(text: str) -> tuple[int, ...]:
    """The response grades that a sentence names, 1 the highest."""
    # NFKC turns Ⅳ into IV, so both are looked for in what it gives.
    return tuple(_GRADES[found] for found in _GRADE.findall(plain(text)))


def hazard_in(title: str) -> str:
    """The hazard that a title names; empty where it names none of ours."""
    found = (h for h, names in HAZARDS.items() if any(name in title for name in names))
    return next(found, "")


def receiver_of(body: str) -> dict[str, str]:
    """Whom a body is in a plan of ours; empty where it cannot be told from its name."""
    if re.search(r"街道|乡镇|镇政府", body):
        return {"each": "street"}
    if re.search(r"社区|居委会|村委会|居民委员会|村民委员会", body):
        return {"each": "community"}
    if "网格" in body:
        return {"each": "grid"}
    if re.search(r"医院|医疗机构", body):
        return {"each": "hospital"}
    tier = "city" if "市" in body[:4] else "district" if re.search(r"[区县]", body[:4]) else ""
    if re.search(r"政府$|指挥部$", body):
        return {"each": tier} if tier else {}
    subject = next((s for s, names in SUBJECTS.items() if any(n in body for n in names)), "")
    if not subject:
        return {}
    return {"each": "department", "subject": subject, **({"tier": tier} if tier else {})}

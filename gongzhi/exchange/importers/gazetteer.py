"""Names to codes and back: the divisions of one vintage, with short names and duplicates.

武汉 and 武汉市, 恩施 and 恩施州 and 恩施土家族苗族自治州, 内蒙古 and 内蒙古自治区 are the same
place. A name that several divisions bear is answered with all of them, never with a guess.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from gongzhi.exchange.importers.divisions import LEVELS, NAMES, Division, parent_of
from gongzhi.exchange.said import Said, after, say

# The 55 minorities by the names that stand in division names (GB/T 3304).
_PEOPLES = (
    "乌孜别克|达斡尔|俄罗斯|鄂伦春|鄂温克|哈萨克|柯尔克孜|塔吉克|塔塔尔|维吾尔|仫佬"
    "|布依|朝鲜|德昂|东乡|高山|哈尼|基诺|景颇|拉祜|傈僳|黎|珞巴|满|毛南|门巴"
    "|蒙古|苗|纳西|怒|普米|羌|撒拉|畲|水|土家|锡伯|瑶|仡佬|阿昌|白|保安|布朗"
    "|藏|傣|侗|独龙|回|京|赫哲|佤|土|壮|彝|裕固"
)
_PEOPLE = re.compile(f"(?:{_PEOPLES})族?$")
_AUTONOMOUS = re.compile(r"(?:各族)?(自治区|自治州|自治县|自治旗)$")
_SUFFIX = re.compile(
    r"(特别行政区|省|市|地区|盟|林区|新区|特区|区|县|旗|州|街道办事处|街道|镇|乡"
    r"|社区居委会|社区|居委会|村委会)$"
)
NO_PROVINCE = say("No province.")
NOT_NAMES = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means: one division, several, or none, with the reason."""

    divisions: tuple[Division, ...]
    why: Said

    @property
    def division(self) -> Division | None:
        """The one division meant, or nothing if there are several or none."""
        return self.divisions[0] if len(self.divisions) == 1 else None

    def __str__(self) -> str:
        return str(self.why)


def short_names(name: str) -> tuple[str, ...]:
    """The short names of a division: 恩施土家族苗族自治州 is also 恩施 and 恩施州."""
    stem = _AUTONOMOUS.sub("", name)
    if stem != name:
        bare = stem
        while (found := _PEOPLE.search(bare)) and found.start() >= 2:
            bare = bare[: found.start()]
        ending = name[-1] if name[-1] in "州县旗" else ""
        names = (bare, bare + ending, bare + name[len(stem) :], stem)
        return tuple(dict.fromkeys(n for n in names if n != name))
    stem = _SUFFIX.sub("", name)
    return (stem,) if stem != name and len(stem) >= 2 else ()


def nearest_vintage(divisions: Iterable[Division], on: date) -> tuple[list[Division], list[Said]]:
    """Choose for each level the vintage nearest to a day, and say which it was.

    Of two vintages equally near, the earlier is taken. A level of which no vintage is dated is
    taken as it is; provinces and cities that only an undated list knows are added.
    """
    levels: dict[str, dict[date | None, list[Division]]] = defaultdict(lambda: defaultdict(list))
    for division in divisions:
        levels[division.level][division.vintage].append(division)
    chosen: list[Division] = []
    notes: list[Said] = []
    for level in LEVELS:
        vintages = levels.get(level, {})
        dated = [v for v in vintages if v is not None]
        best = min(dated, key=lambda v: (abs((v - on).days), v > on)) if dated else None
        if vintages:
            chosen += vintages[best]
            notes.append(_taken(level, best, len(vintages[best])))
    known = {d.code for d in chosen}
    missing = [d for v in ("province", "city") for d in levels[v][None] if d.code not in known]
    if missing:
        notes.append(
            say(
                "%(number)s provinces and cities only an undated list knows were added",
                number=len(missing),
            )
        )
    return chosen + missing, notes


def _taken(level: str, vintage: date | None, number: int) -> Said:
    when = vintage.isoformat() if vintage else say("no vintage")
    return say(
        "%(level)s: %(when)s, %(number)s divisions", level=NAMES[level], when=when, number=number
    )


class Gazetteer:
    """The divisions of one vintage, looked up by code and by name."""

    def __init__(self, divisions: Iterable[Division]) -> None:
        self._by_code: dict[str, Division] = {}
        self._by_name: dict[str, list[Division]] = defaultdict(list)
        self.repeated: list[str] = []
        for division in divisions:
            self._add(division)

    def _add(self, division: Division) -> None:
        known = self._by_code.get(division.code)
        if known is not None:
            if known.name != division.name:
                self.repeated.append(
                    f"{division.code} is {known.name} ({known.origin}) "
                    f"and {division.name} ({division.origin})."
                )
            return
        self._by_code[division.code] = division
        if division.name not in NOT_NAMES:
            for name in (division.name, *short_names(division.name)):
                self._by_name[name].append(division)

    def __len__(self) -> int:
        return len(self._by_code)

    def by_code(self, code: str) -> Division | None:
        """The division with this code, or nothing."""
        return self._by_code.get(code)

    def path(self, code: str) -> tuple[Division, ...]:
        """The division and all above it that are known, from the province down."""
        found = []
        while code:
            division = self._by_code.get(code)
            if division is not None:
                found.append(division)
            code = parent_of(code)
        return tuple(reversed(found))

    def city_of(self, code: str) -> Division | None:
        """The city a code belongs to; a town the province runs itself is its own city."""
        found = [d for d in self.path(code[:6]) if d.level in ("city", "county")]
        real = [d for d in found if d.name not in NOT_NAMES]
        return real[0] if real else None

    def find(self, name: str, *, level: str | None = None, within: str = "") -> Found:
        """Return what `name` means, at a level and within a division where these are given.

        A full name wins over a short one, a higher level over a lower one.
        """
        name = "".join(name.split())
        if not name:
            return Found((), say("No name was given."))
        found = [d for d in self._by_name.get(name, ()) if _inside(d, within)]
        found = [d for d in found if level in (None, d.level)]
        if not found:
            return Found((), _nowhere(name, within))
        exact = [d for d in found if d.name == name] or found
        top = min(LEVELS.index(d.level) for d in exact)
        exact = [d for d in exact if LEVELS.index(d.level) == top]
        if len(exact) == 1:
            one = exact[0]
            why = say(
                "%(name)s is %(division)s, %(code)s.", name=name, division=one.name, code=one.code
            )
            return Found(tuple(exact), why)
        why = say(
            "%(number)s divisions are called %(name)s: %(codes)s.",
            number=len(exact),
            name=name,
            codes=tuple(d.code for d in exact[:6]),
        )
        return Found(tuple(exact), why)

    def locate(self, province: str, city: str, district: str = "") -> Found:
        """Return the lowest division that the names of a place lead to.

        Towns run by the province itself (仙桃, 石河子) and the districts of a municipality are
        found as cities too.
        """
        found = self.find(province, level="province") if province else Found((), NO_PROVINCE)
        within = found.division.code if found.division else ""
        for name, level in ((city, "city"), (district, "county")):
            if not name:
                continue
            inner = self.find(name, level=level, within=within)
            if not inner.divisions:
                inner = self.find(name, level="county", within=within)
            if not inner.divisions and level == "county":
                if not found.divisions:
                    return inner
                return Found(found.divisions, after(inner.why, found.why))
            if inner.division is None:
                return inner if inner.divisions or not _same(province, name) else found
            found, within = inner, inner.division.code
        return found

    def duplicates(self) -> list[tuple[str, tuple[Division, ...]]]:
        """Full names that several divisions of one level and one parent bear."""
        groups: dict[tuple[str, str, str], list[Division]] = defaultdict(list)
        for division in self._by_code.values():
            if division.name not in NOT_NAMES:
                groups[(division.level, division.parent, division.name)].append(division)
        return [(k[2], tuple(ds)) for k, ds in sorted(groups.items()) if len(ds) > 1]

    def namesakes(self, level: str) -> dict[str, tuple[Division, ...]]:
        """Full names that several divisions of a level bear anywhere in the country."""
        groups: dict[str, list[Division]] = defaultdict(list)
        for division in self._by_code.values():
            if division.level == level and division.name not in NOT_NAMES:
                groups[division.name].append(division)
        return {n: tuple(ds) for n, ds in sorted(groups.items()) if len(ds) > 1}


def _nowhere(name: str, within: str) -> Said:
    if not within:
        return say("No division is called %(name)s.", name=name)
    return say("No division is called %(name)s within %(code)s.", name=name, code=within)


def _inside(division: Division, within: str) -> bool:
    if not within:
        return True
    stem = (
        within[:2] if within.endswith("0000") else within[:4] if within.endswith("00") else within
    )
    return division.code.startswith(stem)


def _same(province: str, city: str) -> bool:
    return province.rstrip("市") == city.rstrip("市")

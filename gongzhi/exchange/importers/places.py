"""Where something is: province, city, district and address out of columns and addresses."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

_PROVINCES = (
    "北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南"
    "|广东|广西|海南|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|台湾|香港|澳门"
)
_CITY = r"[\u4e00-\u9fff]{2,10}?(?:市|自治州|地区|盟)"
_ADDRESS = re.compile(
    rf"^(?P<province>(?:{_PROVINCES})(?:省|[\u4e00-\u9fff]{{0,4}}自治区|特别行政区|(?!藏族)(?={_CITY})))?"
    rf"(?P<city>{_CITY})?(?P<district>[\u4e00-\u9fff]{{2,8}}?(?:区|县|旗|市))?"
)
_AUTONOMOUS = {
    "内蒙古": "内蒙古自治区", "广西": "广西壮族自治区", "西藏": "西藏自治区",
    "宁夏": "宁夏回族自治区", "新疆": "新疆维吾尔自治区",
    "香港": "香港特别行政区", "澳门": "澳门特别行政区",
}  # fmt: skip
_MUNICIPAL = {"北京市", "天津市", "上海市", "重庆市"}


@dataclass(frozen=True, slots=True)
class Place:
    """Province, city, district and address as written; `note` says what was inferred."""

    province: str = ""
    city: str = ""
    district: str = ""
    address: str = ""
    longitude: float | None = None
    latitude: float | None = None
    note: str = ""

    def __str__(self) -> str:
        return " ".join(p for p in (self.province, self.city, self.district, self.address) if p)


def full_province(name: str) -> str:
    """The full name of a province: 湖北 is 湖北省; anything else stays as written."""
    if name + "市" in _MUNICIPAL:
        return name + "市"
    if name in _AUTONOMOUS:
        return _AUTONOMOUS[name]
    return name + "省" if name and re.fullmatch(_PROVINCES, name) else name


def parse_address(address: str) -> Place:
    """Return what the beginning of an address says of province, city and district."""
    text = "".join(unicodedata.normalize("NFKC", address).split())
    found = _ADDRESS.match(text)
    if found is None:
        return Place(address=address.strip())
    province, city, district = (found[n] or "" for n in ("province", "city", "district"))
    if province and province + "市" in _MUNICIPAL:
        province = city = f"{province}市"  # 北京北京市: the city is the province
    elif city in _MUNICIPAL:
        province = city
    return Place(full_province(province), city, district, address.strip())


def split_place(written: str) -> tuple[str, str]:
    """Return city and district out of one column such as 昆明市-官渡区."""
    city, _, district = re.sub(r"[-—–/\s]+", "-", written.strip()).partition("-")
    return city, district


def settle(places: Iterable[Place], *, hint: str = "") -> list[Place]:
    """Fill cities that are missing from the other rows of the same list.

    A list of hospitals is kept per city: when most of the rows that name province and city
    name one city, it is the city of the rows that name none, or name their county-level town
    instead. `hint` is a place name from outside the rows, used last.
    """
    found = list(places)
    cities = Counter(p.city for p in found if p.city and p.city != p.district)
    provinces = Counter(p.province for p in found if p.province)
    city, times = cities.most_common(1)[0] if cities else ("", 0)
    major = city if times * 2 > sum(cities.values()) and times * 3 >= len(found) else ""
    province = provinces.most_common(1)[0][0] if len(provinces) == 1 else ""
    return [_settled(p, major, province, hint) for p in found]


def _settled(place: Place, major: str, province: str, hint: str) -> Place:
    city, note = place.city, ""
    if major and (not city or city == place.district) and city != major:
        city, note = major, "the city is taken from the other rows of the list"
    elif not city and hint:
        city, note = hint, "the city is taken from the name of the file"
    same = province if city in (major, hint) or not city else ""
    return replace(place, city=city, province=place.province or same, note=note)

"""One way of writing for comparing: width, case, Traditional characters, spaces, slips.

Every step keeps the place of each character, so that what is found can be shown in the text.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_TRADITIONAL = dict(
    zip(
        "個隻雙兩萬億幾條張輛臺瓶頂塊雜誌無沒為與約線業務請護鏡罩單軍帽鞋套膠衣圍裙醫術氣機儀"
        "車劑試測溫計電監專藥顆膠囊針劑氧過碘紙濕濾網燈發筒繩鏟鋸掃傘帳篷氈熱飯麵蔬雞糧鹽漿"
        "壓縮餅乾類種餘剩儲備庫存購買採缺須還尚現有應給贈獻願據數時條運輸貨櫃艙艇筏橋樑廁衛牆門"
        "滅菌淨離霧滴檢驗盤標準導聯輸液靜脈腸養體療場點離",
        "个只双两万亿几条张辆台瓶顶块杂志无没为与约线业务请护镜罩单军帽鞋套胶衣围裙医术气机仪"
        "车剂试测温计电监专药颗胶囊针剂氧过碘纸湿滤网灯发筒绳铲锯扫伞帐篷毡热饭面蔬鸡粮盐浆"
        "压缩饼干类种余剩储备库存购买采缺须还尚现有应给赠献愿据数时条运输货柜舱艇筏桥梁厕卫墙门"
        "灭菌净离雾滴检验盘标准导联输液静脉肠养体疗场点离",
        strict=True,
    )
)
_SAME = {
    "〜": "~", "～": "~", "—": "-", "–": "-", "−": "-", "﹣": "-", "×": "*", "✕": "*", "＊": "*",
    "ロ": "口", "囗": "口", "〇": "零", "㎏": "k", "﹑": "、",
    "·": "•", "●": "•", "■": "•", "◆": "•", "“": " ", "”": " ", '"': " ",
    "【": "(", "】": ")", "[": "(", "]": ")", "〔": "(", "〕": ")",
    "｜": "|",
}  # fmt: skip


def folded(text: str, slips: Mapping[str, str]) -> str:
    """The text in one way of writing, character for character."""
    out = "".join(map(_folded, text))
    for wrong, right in slips.items():
        out = out.replace(wrong, right)
    return out


def _folded(char: str) -> str:
    if char in _SAME:
        return _SAME[char]
    if unicodedata.category(char) == "No":  # ① and the like open an entry of a list
        return "•"
    if char in "\n\r\u2028\x0b\x0c\x85":
        return "\n"
    plain = unicodedata.normalize("NFKC", char)
    plain = plain.lower() if len(plain) == 1 else char
    plain = plain if len(plain) == 1 else char
    if plain.isspace() or unicodedata.category(plain) in ("Cc", "Cf"):
        return "\t" if plain == "\t" else " "
    return _TRADITIONAL.get(plain, plain)


@dataclass(frozen=True, slots=True)
class Compact:
    """A folded text without idle spaces; `at` says where each character stands in the text."""

    text: str
    at: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the compact text, in the text as it was written."""
        return self.at[start], self.at[end - 1] + 1


def compact(text: str, slips: Mapping[str, str]) -> Compact:
    """Fold a text and drop the spaces that part no two Latin letters or digits."""
    # A slip may be broken by a space, which is dropped first.
    kept = _kept(folded(text, {}))
    bare = folded("".join(char for _, char in kept), slips)
    return Compact(bare, tuple(index for index, _ in kept))


def _kept(plain: str) -> list[tuple[int, str]]:
    kept: list[tuple[int, str]] = []
    after = _next_letters(plain)
    for index, char in enumerate(plain):
        if char == " " and not (kept and _latin(kept[-1][1]) and _latin(after[index])):
            continue
        kept.append((index, char))
    return kept


def _next_letters(plain: str) -> list[str]:
    """For each character, the next one that is no space."""
    after, letters = "", [""] * len(plain)
    for index in range(len(plain) - 1, -1, -1):
        letters[index] = after
        after = after if plain[index] == " " else plain[index]
    return letters


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()

"""What looks like an amount and is none: standards, sizes, models, dates, phones, accounts."""

import re

GONE = "\0"
"""Stands where something was that is no amount; it parts words."""

_LETTERS = r"[a-z0-9._~:/?#\[\]@!$&'()*+,;=%-]"
_BEFORE = (
    rf"(?:https?|ftp)://{_LETTERS}*|www\.{_LETTERS}+",
    r"(?<![a-z0-9_.+-])[a-z0-9_.+-]{1,64}@[a-z0-9-]{1,64}\.[a-z.]{2,64}",
    r"《[^》\n]*》",
    r"(?<!\d)(?:19|20)\d{2}年(?:\d{1,2}月(?:\d{1,2}[日号])?)?|\d{1,2}月\d{1,2}[日号]?|\d{1,2}月份?",
    r"(?<!\d)20\d{2}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)",
    r"(?<!\d)20\d{2}[01]\d[0-3]\d(?!\d)",
    r"(?<![a-z\d])(?:[01]?\d|2[0-4]):[0-5]\d(?::\d{2})?(?:-\d{1,2}:\d{2})?(?!\d)",
    r"(?<!\d)(?:0\d{2,3}-\d{7,8}|400-?\d{3}-?\d{4}|1[3-9]\d-?\d{4}-?\d{4})(?!\d)",
    r"(?<![\d.])\d(?: ?\d){8,}(?!\d)",
    r"(?:电话|手机|账号|帐号|行号|税号|邮编|邮政编码|热线|代码|qq|微信)[:是]?[a-z\d -]{4,30}\d",
    r"(?:^|(?<=[\n;。,:\t •]))\(?(?:[a-z]?\d{1,2}|[一二三四五六七八九十]{1,3})(?:[、)]|\.(?!\d))",
)
_STANDARD_BODY = r"gb|yy|ws|hj|ny|qb|en|iso|astm|niosh|ansi|as|db|jis|din|t/cnita|tb|ga|sj"
_KNOWN = "0469|0969|19082|19083|2626|10213|32610|38880|14866|24539|0506|1642|38462|7543"
_AFTER = (
    rf"(?<![a-z])(?:{_STANDARD_BODY})\s?/?[tz]?[ -]?[a-z]?\d[\d.]*(?:\s?-\s?\d{{2,4}})?",
    rf"(?<!\d)(?:{_KNOWN})(?:\.\d)?(?:-\d{{4}})?(?![\d个只件套瓶双副台盒箱])(?=\D|$)",
    r"(?<![a-z\d])3m ?\d{4}[a-z+]{0,2}(?:[/、,]\d{4}[a-z+]{0,2}(?!\d))*",
    r"(?<=\x02)(?:[/、]\d{4}[a-z+]{0,2}(?![\d个只件套]))+",
    r"(?<!\d)(?:1860|1870|9132|8210|8511|9001|9002|9501|9502|6200|4565)[a-z+]{0,2}(?![\d个只件套瓶双副台盒箱万千])",
    r"\d+(?:\.\d+)?(?:\*\d+(?:\.\d+)?){1,2}(?:cm|mm|m|米|厘米|毫米)",
    r"(?:浓度|含量)?\d+(?:\.\d+)?(?:[-~]\d+(?:\.\d+)?)?%(?:以上|左右)?",
    r"\d+(?:\.\d+)?(?:ml|毫升|mm|cm|厘米|毫米|mg|毫克|ug|μg|μm|um|g(?![a-z])|克|英寸|寸|瓦|伏|hz"
    r"|℃|°c?|ppm|kpa|iu|kw(?![a-z])|v(?![a-z])|目|丝)/?",
    r"\d+w(?=[^\W\d_a-z个只件套瓶双副台盒箱支把袋包])",
    r"\d+(?:\.\d+)?(?:l|升|kg|公斤|千克|斤)(?=/|\*|装|每)/?",
    r"\d+(?:\.\d+)?(?:号|码|级|类|型|层|度|导|排|道|通道|参数|份测速)",
    r"(?:￥|¥|\$|单价|价格|报价)[:约]?\d+(?:\.\d+)?(?:万?元|块)?(?:/[个只件套瓶双副台盒箱])?",
    r"\d+(?:\.\d+)?(?:[百千万亿]*)(?:美元|欧元|元|块钱)(?:/[个只件套瓶双副台盒箱])?",
    r"第\d+|\d+号(?:楼|院)?",
    r"(?:\d+|[一二两三四五六七八九十百]+)(?:个?(?:月|小时|工作日|院区|科室|病区|区县|县市|部门|疗程|发热|门诊|点(?!\d)"
    r"|品种|医院|单位|社区|村|隔离点|医务|医护|病人|患者|床位|老人|孩子|孕妇)|人(?!份|次)|名|位|例|岁|天|日|年|楼|次|期"
    r"|周|家|所|处|户|时|分(?!钟)|分钟|公里|km|米|床位|届|楼层)",
    r"(?<![a-z])[a-wyz][a-z]{0,6}-?\d+[a-z0-9-]*|(?<![a-z])x[a-z]{1,6}-?\d+[a-z0-9-]*",
)
_FIRST = re.compile("|".join(f"(?:{p})" for p in _BEFORE))
_SECOND = re.compile("|".join(f"(?:{p})" for p in _AFTER))


def without_addresses(text: str) -> str:
    """Take out what is no goods at all: links, titles of standards, dates, phones, accounts."""
    return _FIRST.sub(lambda m: GONE * len(m[0]), text)


def without_sizes(text: str) -> str:
    """Take out numbers that tell what a thing is like: its standard, strength, size, model."""
    return _SECOND.sub(lambda m: GONE * len(m[0]), text)

"""Understands the real sets: relief lists, city counts, administrative divisions.

One verb: `read_folder(folder)` walks a folder and gives every row of every file its fate:
read, quarantined with a reason, or duplicate of another row. Kinds and generations are
recognised by content.
"""

from gongzhi.exchange.accounts import (
    Disagreement,
    Duplicate,
    Fate,
    FileReading,
    FolderReading,
    Origin,
    Quarantined,
    RowFate,
    TableReading,
    Totals,
)
from gongzhi.exchange.importers.city_counts import BulletinText, CityCount
from gongzhi.exchange.importers.count_series import DayCount, PlaceSeries, Remark, daily_series
from gongzhi.exchange.importers.divisions import Boundary, Division, DivisionPoint
from gongzhi.exchange.importers.folder import read_file, read_folder
from gongzhi.exchange.importers.gazetteer import Gazetteer, nearest_vintage
from gongzhi.exchange.importers.items import Item, catalogue, find_item, lexicon
from gongzhi.exchange.importers.places import Place
from gongzhi.exchange.importers.quantities import Amount, State, read_amounts
from gongzhi.exchange.importers.relief_standard import as_standard
from gongzhi.exchange.importers.relief_values import Line, Personal, ReliefRecord, newest

__all__ = [
    "Amount",
    "Boundary",
    "BulletinText",
    "CityCount",
    "DayCount",
    "Disagreement",
    "Division",
    "DivisionPoint",
    "Duplicate",
    "Fate",
    "FileReading",
    "FolderReading",
    "Gazetteer",
    "Item",
    "Line",
    "Origin",
    "Personal",
    "Place",
    "PlaceSeries",
    "Quarantined",
    "ReliefRecord",
    "Remark",
    "RowFate",
    "State",
    "TableReading",
    "Totals",
    "as_standard",
    "catalogue",
    "daily_series",
    "find_item",
    "lexicon",
    "nearest_vintage",
    "newest",
    "read_amounts",
    "read_file",
    "read_folder",
]

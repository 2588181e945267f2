"""From what an interface was given to a deed: validate, find the records, perform.

The schema of a deed is made from its signature. A record is given by its number and found
only inside the actor's own area; that is where a foreign subtree ends for every deed of
every interface.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
)

from gongzhi.actors.actions import ask_above
from gongzhi.actors.policies import BeyondDiscretion
from gongzhi.actors.queries import (
    Person,
    PowerRequest,
    Unit,
    areas_of,
    departments_serving,
    find,
    kind_name,
    within,
)
from gongzhi.actors.reach import Reach
from gongzhi.errors import Malformed, NotFound
from gongzhi.ledger.deeds import CATALOGUE, Deed, Input
from gongzhi.ledger.records import Record
from gongzhi.writing import among, pair

T = TypeVar("T")
LARGEST = 2**31 - 1
Number = Annotated[int, Field(ge=1, le=2**62)]
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def clean_text(value: str) -> str:
    """Text that every database and every encoding can hold: no NUL, no half of a pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("unreadable_text") from None
    if "\x00" in value:
        raise ValueError("unreadable_text")
    return value


def _in_time(value: datetime) -> datetime:
    aware = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
    try:
        moment = aware.astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueError("time_out_of_range") from None
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("time_out_of_range")
    return moment


def _in_days(value: date) -> date:
    if not EARLIEST.date() <= value <= LATEST.date():
        raise ValueError("time_out_of_range")
    return value


@cache
def schema_of(deed: Deed) -> type[BaseModel]:
    """The input of a deed as interfaces take it: records as numbers, texts clean, times aware."""
    fields: dict[str, Any] = {
        i.name: (_outer(i.annotation), ... if i.required else i.default) for i in deed.inputs
    }
    name = "".join(part.capitalize() for part in f"{deed.room}_{deed.verb}".split("_"))
    model: type[BaseModel] = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
    return model


def _outer(annotation: Any) -> Any:
    """The annotation as an interface sees it."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = _outer(args[0])
        meta = tuple(m for m in args[1:] if not isinstance(m, Reach))
        if args[0] is str:  # last, else a text's pattern is left out of the description
            return Annotated[(str, *meta, AfterValidator(clean_text))]
        if args[0] is int and _has_own_limit(meta):
            inner = int
        return Annotated[(inner, *meta)] if meta else inner
    if origin in (Union, types.UnionType):
        return Union[tuple(_outer(a) for a in args)]  # noqa: UP007
    if origin is list:
        return list[_outer(args[0])]  # type: ignore[misc]
    return _plain(annotation)


def _has_own_limit(meta: tuple[Any, ...]) -> bool:
    """Whether a number says itself how large it may be: cents go beyond what others may."""
    limits = [limit for m in meta for limit in getattr(m, "metadata", [m])]
    return any(getattr(limit, "le", None) is not None for limit in limits)


def _plain(annotation: Any) -> Any:
    if isinstance(annotation, type):
        if issubclass(annotation, Record):
            return Number
        if annotation is str:
            return Annotated[str, AfterValidator(clean_text)]
        if annotation is int:
            return Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
        if annotation is float:
            return Annotated[float, Field(allow_inf_nan=False)]
        if annotation is bytes:
            return Base64Bytes
        if annotation is datetime:
            return Annotated[datetime, AfterValidator(_in_time)]
        if annotation is date:
            return Annotated[date, AfterValidator(_in_days)]
        if issubclass(annotation, BaseModel):
            return _draft(annotation)
    return annotation


@cache
def _draft(model: type[BaseModel]) -> type[BaseModel]:
    """A draft of a batch with the same guards on its texts, numbers and times."""
    fields: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        whole: Any = info.annotation
        if info.metadata:
            whole = Annotated[(whole, *info.metadata)]
        fields[name] = (_outer(whole), ... if info.is_required() else info.get_default())
    made: type[BaseModel] = create_model(
        model.__name__, __base__=(model, _Strict), __doc__=model.__doc__, **fields
    )
    return made


class _Strict(BaseModel):
    """Takes no field that it does not know."""

    model_config = ConfigDict(extra="forbid")


def perform(
    deed: Deed,
    given: Mapping[str, Any] | BaseModel,
    by: Person,
    now: datetime,
    *,
    asking: bool = True,
) -> Any:
    """Do a deed with what was given.

    With `asking`, what goes beyond the limits of the actor's tier is asked of the tier above, and
    the answer is the request. Errors: `Malformed` with a sentence per field, `NotFound` for records
    outside the actor's area, and whatever the deed itself refuses.
    """
    checked = given if isinstance(given, BaseModel) else validate(deed, given)
    values = _values(deed, checked, by, now)
    if not (asking and deed.asks_above):
        return deed.function(**values, by=by, now=now)
    try:
        with transaction.atomic():
            return deed.function(**values, by=by, now=now)
    except BeyondDiscretion as beyond:
        return ask_above(asked=deed, inputs=values, beyond=beyond, by=by, now=now)


def _values(deed: Deed, checked: BaseModel, by: Person, now: datetime) -> dict[str, Any]:
    return {i.name: _inner(i, getattr(checked, i.name), by, now) for i in deed.inputs}


def ahead(ask: Callable[..., T], deed: Deed, checked: BaseModel, by: Person, now: datetime) -> T:
    """What `foresees` or `explains` of a deed says of checked inputs; nothing is done.

    Errors: `NotFound` for records outside the actor's area.
    """
    return ask(**_values(deed, checked, by, now), now=now)


def validate(deed: Deed, given: Mapping[str, Any]) -> BaseModel:
    """Check what was given against the deed's schema."""
    try:
        return schema_of(deed).model_validate(dict(given))
    except ValidationError as error:
        raise malformed(error.errors()) from None


def malformed(errors: list[Any]) -> Malformed:
    """One refusal of all that is wrong with an input, a sentence per field."""
    details: dict[str, str] = {}
    for error in errors:
        where = ".".join(str(p) for p in error["loc"] if p not in ("body", "payload", "query"))
        details.setdefault(where or "*", sentence(error))
    first = among(pair(*said) for said in list(details.items())[:3])
    return Malformed(_("Please correct: %(problems)s") % {"problems": first}, details=details)


CODE = r"^[a-z][a-z0-9_]{1,38}$"
"""How streams and kinds of measures are written."""


def _pattern_in_words(context: Mapping[str, str]) -> str:
    """The form a text must have; a code is said in words, not as a pattern."""
    if context.get("pattern") == CODE:
        return _(
            "Write a short code: small Latin letters, digits and _, a letter first, 2 to 39 "
            "characters, as in schools_closed."
        )
    return _("Write it in the form %(pattern)s.")


def sentence(error: Mapping[str, Any]) -> str:
    """What is wrong with one field, and what to write instead."""
    context = {k: str(v) for k, v in (error.get("ctx") or {}).items()}
    texts = {
        "missing": _("This is needed."),
        "extra_forbidden": _("There is no such field here. Leave it out."),
        "string_too_short": _("Write at least %(min_length)s character(s)."),
        "string_too_long": _("Write at most %(max_length)s characters."),
        "string_pattern_mismatch": _pattern_in_words(context),
        "string_type": _("Write text."),
        "string_unicode": _("This text holds characters that cannot be read. Type it again."),
        "greater_than_equal": _("Give a number of at least %(ge)s."),
        "less_than_equal": _("Give a number of at most %(le)s."),
        "greater_than": _("Give a number greater than %(gt)s."),
        "int_parsing": _("Give a whole number."),
        "int_type": _("Give a whole number."),
        "int_from_float": _("Give a whole number."),
        "base64_decode": _("Give the file's content in base64."),
        "int_parsing_size": _("This number is too large."),
        "bool_parsing": _("Say yes or no."),
        "bool_type": _("Say yes or no."),
        "float_parsing": _("Give a number."),
        "float_type": _("Give a number."),
        "finite_number": _("Give a number."),
        "list_type": _("Give a list."),
        "model_type": _("Give the fields by name, as a JSON object."),
        "model_attributes_type": _("Give the fields by name, as a JSON object."),
        "bytes_type": _("Give the file's content in base64."),
        "enum": _("Choose one of: %(expected)s."),
        "too_short": _("Give at least %(min_length)s."),
        "too_long": _("Give at most %(max_length)s."),
        "date_from_datetime_parsing": _("Give a day as YYYY-MM-DD."),
        "date_parsing": _("Give a day as YYYY-MM-DD."),
        "date_type": _("Give a day as YYYY-MM-DD."),
        "date_from_datetime_inexact": _("Give a day as YYYY-MM-DD."),
        "datetime_type": _("Give a time as YYYY-MM-DD HH:MM."),
        "datetime_object_invalid": _("Give a time as YYYY-MM-DD HH:MM."),
        "datetime_from_date_parsing": _("Give a time as YYYY-MM-DD HH:MM."),
        "datetime_parsing": _("Give a time as YYYY-MM-DD HH:MM."),
    }
    kind = error["type"]
    if kind == "value_error":
        return (
            _("Give a time between the years 1990 and 2100.")
            if "time_out_of_range" in str(error.get("msg"))
            else _("This text holds characters that cannot be read. Type it again.")
        )
    text = texts.get(kind)
    if text is None:
        return _("This cannot be understood (%(what)s).") % {"what": error.get("msg", kind)}
    return text % context if "%(" in text else text


def _inner(declared: Input, value: Any, by: Person, now: datetime) -> Any:
    """Numbers back to records; drafts come as the deed declared them, with our guards on top."""
    model, reach, many = _target(declared.annotation)
    if model is not None and value is not None:
        if many:
            return [_found(model, reach, pk, declared.name, by, now) for pk in value]
        return _found(model, reach, value, declared.name, by, now)
    return value


@cache
def _target(annotation: Any) -> tuple[type[Record] | None, Reach | None, bool]:
    """(record class, reach, is a list) of an annotation."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        model, reach, many = _target(args[0])
        marked = next((m for m in args[1:] if isinstance(m, Reach)), None)
        return model, marked or reach, many
    if origin in (Union, types.UnionType):
        kinds = [_target(a) for a in args if a is not type(None)]
        return next((k for k in kinds if k[0]), (None, None, False))
    if origin is list:
        model, reach, _many = _target(args[0])
        return model, reach, True
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation, None, False
    return None, None, False


def _found(
    model: type[Record], reach: Reach | None, pk: int, field: str, by: Person, now: datetime
) -> Record:
    if reach is None:
        try:
            return find(model, pk, by, now)
        except NotFound as refusal:
            raise NotFound(str(refusal), details={field: str(refusal)}) from None
    named = reachable(model, reach, by, now).filter(pk=pk).first()
    if named is None:
        text = _("There is no %(what)s with the number %(pk)s that you can name here.")
        text %= {"what": kind_name(model), "pk": pk}
        raise NotFound(text, details={field: text})
    return named


def reachable(model: type[Record], reach: Reach, by: Person, now: datetime) -> QuerySet[Any]:
    """The units, or the facilities, that an input with this reach may name."""
    if reach is Reach.ANY:
        return model._default_manager.order_by("path" if model is Unit else "pk")
    every = Unit.objects.all()
    tops = every.filter(path__in=areas_of(by, now))
    numbers = {pk for top in tops for pk in departments_serving(top).values_list("pk", flat=True)}
    below = every.filter(within(["path"], areas_of(by, now))).exclude(kind="area")
    return every.filter(pk__in=numbers | set(below.values_list("pk", flat=True))).order_by("path")


def deed_named(room: str, verb: str) -> Deed:
    """A deed that people do by hand, by its room and verb."""
    deed = CATALOGUE.get((room, verb.replace("-", "_")))
    if deed is None or not deed.by_hand:
        raise NotFound(
            _("There is no deed “%(verb)s” in the room “%(room)s”.") % {"verb": verb, "room": room}
        )
    return deed


def deed_asked(request: PowerRequest) -> Deed:
    """The deed that a request to the tier above asks for."""
    return deed_named(*request.deed.split("."))


def deeds_by_hand() -> list[Deed]:
    """All deeds that people do, in the order of the river."""
    order = {room: n for n, room in enumerate(settings.RIVER)}
    return sorted(
        (d for d in CATALOGUE.values() if d.by_hand), key=lambda d: (order[d.room], d.verb)
    )

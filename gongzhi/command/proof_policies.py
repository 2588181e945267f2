"""Whether a proof proves something: a place in the area, a photo that is one, a measurement."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Boundary, Kind, Person, Unit
from gongzhi.actors.policies import check_may_by_one
from gongzhi.command.call_policies import answer_power, caller_power
from gongzhi.command.models import Photo, Proof
from gongzhi.command.photos import NoPhoto, Picture, bare_picture
from gongzhi.command.places import metres_between, metres_outside
from gongzhi.errors import Malformed, NotFound
from gongzhi.parameters import parameter


def check_proves(
    *,
    photo: bytes | None,
    lon: float | None,
    lat: float | None,
    measured: str,
    measured_value: float | None,
    measured_unit: str,
) -> None:
    """A proof is a whole place, a photo or a whole measurement, or several of these."""
    if (lon is None) != (lat is None):
        text = _("Give both the longitude and the latitude of the place.")
        raise Malformed(text, details={"lat" if lat is None else "lon": text})
    parts = (bool(measured), measured_value is not None, bool(measured_unit))
    if any(parts) and not all(parts):
        text = _("Say what was measured, its value and its unit.")
        raise Malformed(text, details={"measured": text})
    if lon is None and photo is None and not measured:
        text = _("Prove it: give the place, a photo or a measurement.")
        raise Malformed(text, details={"photo": text})


def clean_photo(photo: bytes | None) -> Picture | None:
    """The picture alone, without what the camera wrote into it. Errors: `Malformed`."""
    if photo is None:
        return None
    try:
        return bare_picture(photo)
    except NoPhoto:
        text = _("This file is no whole photo. Send a JPEG or PNG.")
        raise Malformed(text, details={"photo": text}) from None


def check_place(caller: Unit, lon: float | None, lat: float | None, now: datetime) -> None:
    """A place given as proof lies in the caller's area, as exactly as a phone knows it."""
    if lon is None or lat is None:
        return
    area = caller if caller.kind == Kind.AREA else caller.parent or caller
    beyond = _metres_beyond(area, (lon, lat), now)
    if beyond > 0:
        text = _(
            "This place lies %(metres)s m too far from %(area)s. Report from where you were called."
        ) % {"metres": f"{beyond:,.0f}", "area": area}
        raise Malformed(text, details={"lon": text})


def _metres_beyond(area: Unit, point: tuple[float, float], now: datetime) -> float:
    """How far a point lies beyond what is let pass; 0 also where the area has no place at all."""
    day = localtime(now).date()
    outline = Boundary.objects.filter(unit=area).first()
    if outline is not None:
        slack = parameter("calls.beyond_outline", day).value
        return max(0.0, metres_outside(point, outline.geometry) - slack)
    if area.lon is None or area.lat is None:
        return 0.0
    reach = parameter("calls.around_point", day).value[area.tier]
    return max(0.0, metres_between(point, (area.lon, area.lat)) - reach)


def check_may_see_proof(by: Person, proof: Proof, now: datetime) -> None:
    """A proof is looked at by whoever gave it, whoever called, and the tiers that rule."""
    answer = proof.answer
    department, caller = answer.department, answer.call.caller
    ways = [
        (answer_power(department), department),
        ("rule_call", caller),
        (caller_power(caller), caller),
    ]
    check_may_by_one(by, ways, now)


def check_has_photo(proof: Proof) -> Photo:
    """The photo of a proof, where there is one and its time is not over."""
    photo = Photo.objects.filter(proof=proof).first()
    if photo is None:
        raise NotFound(_("There is no photo with this proof, or it has been deleted in time."))
    return photo

"""One operation per deed and two per list, made from the rooms' catalogue."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Annotated, Any

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Query, Schema
from ninja.openapi.schema import OpenAPISchema
from pydantic import AfterValidator, Field

from gongzhi.actors.actions import log_in, look_at
from gongzhi.actors.queries import LISTINGS, visible
from gongzhi.errors import Malformed
from gongzhi.interfaces import clock
from gongzhi.interfaces.api import problems
from gongzhi.interfaces.api.tokens import HOURS, Bearer, Session, issue, moment
from gongzhi.interfaces.inputs import clean_text, deeds_by_hand, perform, schema_of
from gongzhi.interfaces.outputs import SHOWN, answer_of, present
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger.actions import keep_receipt
from gongzhi.ledger.deeds import Deed, one_transaction
from gongzhi.ledger.queries import receipt_of

KEY = "HTTP_IDEMPOTENCY_KEY"
PLAIN_KEY = re.compile(r"[!-~]{1,200}")


class Answer(Schema):
    """What a deed answers: the record it made or changed, or how many."""

    record: dict[str, Any] | None = None
    count: int | None = None
    refs: list[str] | None = None


class Page(Schema):
    """Some records in order, and where the next page begins."""

    items: list[dict[str, Any]]
    next: int | None = None


class PageQuery(Schema):
    """Which page: records after this number, so many at most."""

    after: Annotated[int, Field(ge=0, le=2**62)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Credentials(Schema):
    """Who logs in."""

    login: Annotated[str, AfterValidator(clean_text), Field(min_length=1, max_length=60)]
    password: Annotated[str, AfterValidator(clean_text), Field(min_length=1, max_length=128)]


class Token(Schema):
    """A token and its life in hours."""

    token: str
    hours: int


class Described(NinjaAPI):
    """The API with a description that says in what form refusals come."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The OpenAPI 3.1 document; every refusal in it is problem+json."""
        document = super().get_openapi_schema(**options)
        document["components"]["schemas"]["Problem"] = problems.Problem.model_json_schema()
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].update(problems.RESPONSES)
        return document


def build() -> NinjaAPI:
    """The whole API of the installed rooms."""
    load_rooms()
    api = Described(
        title="gongzhi 共治",
        version="1",
        description="Every deed and every list of the platform. Refusals are problem+json.",
        auth=[Bearer(), Session()],
        docs_url=None,
        urls_namespace="api",
    )
    problems.install(api)
    _add_token(api)
    for deed in deeds_by_hand():
        _add_deed(api, deed)
    for (room, name), model in sorted(LISTINGS.items()):
        _add_list(api, room, name, model)
    return api


def _add_token(api: NinjaAPI) -> None:
    @api.post(
        "/token", auth=None, tags=["log-in"], operation_id="token",
        response=Token, openapi_extra={"responses": problems.responses(429)},
    )  # fmt: skip
    def token(request: HttpRequest, payload: Credentials) -> dict[str, Any]:
        """Log in and get a token for `Authorization: Bearer`."""
        person = log_in(
            login=payload.login, password=payload.password,
            address=request.META.get("REMOTE_ADDR", ""), now=clock.now(),
        )  # fmt: skip
        return {"token": issue(person), "hours": HOURS}


def _add_deed(api: NinjaAPI, deed: Deed) -> None:
    def view(request: HttpRequest, payload: Any) -> HttpResponse:
        return _do(request, deed, payload)

    view.__annotations__ = {"request": HttpRequest, "payload": schema_of(deed)}
    view.__doc__ = deed.summary
    api.post(
        f"/{deed.room}/{deed.verb}", tags=[deed.room], operation_id=f"{deed.room}_{deed.verb}",
        summary=deed.summary, response={201: Answer},
        openapi_extra={"parameters": [IDEMPOTENCY]},
    )(view)  # fmt: skip


IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body is done once and answered alike.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}


def _do(request: HttpRequest, deed: Deed, payload: Any) -> HttpResponse:
    key = request.META.get(KEY, "")
    now, by = moment(request), _who(request)
    if not key:
        return _answer(answer_of(perform(deed, payload, by, now), deed.tells))
    if not PLAIN_KEY.fullmatch(key):
        raise Malformed(
            _("The Idempotency-Key must be 1 to 200 letters, digits and signs without spaces.")
        )
    digest = hashlib.sha256(f"{deed.room}/{deed.verb}".encode() + request.body).hexdigest()
    known = _known(by, key, digest)
    if known is not None:
        return known
    try:
        with one_transaction():
            body = json.dumps(
                answer_of(perform(deed, payload, by, now), deed.tells), ensure_ascii=False
            )
            keep_receipt(by=by, key=key, request_digest=digest, status=201, answer=body, now=now)
    except IntegrityError:
        known = _known(by, key, digest)
        if known is None:
            raise
        return known
    return HttpResponse(body, status=201, content_type="application/json")


def _known(by: Any, key: str, digest: str) -> HttpResponse | None:
    """The answer already given for this key, or a refusal when the body was another one."""
    receipt = receipt_of(by, key)
    if receipt is None:
        return None
    if receipt.request_digest != digest:
        raise Malformed(
            _("This Idempotency-Key was used for another request. Take a new key for a new deed.")
        )
    answer = HttpResponse(receipt.answer, status=receipt.status, content_type="application/json")
    answer["Idempotent-Replay"] = "true"
    return answer


def _answer(body: dict[str, Any]) -> HttpResponse:
    text = json.dumps(body, ensure_ascii=False)
    return HttpResponse(text, status=201, content_type="application/json")


def _who(request: HttpRequest) -> Any:
    return request.auth  # type: ignore[attr-defined]


def _add_list(api: NinjaAPI, room: str, name: str, model: Any) -> None:
    def page(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
        records = visible(model, _who(request), moment(request)).filter(pk__gt=query.after)
        found = list(records.order_by("pk")[: query.limit + 1])
        items = [present(record) for record in found[: query.limit]]
        return {"items": items, "next": items[-1]["id"] if len(found) > query.limit else None}

    def one(request: HttpRequest, number: Annotated[int, Field(ge=0, le=2**62)]) -> dict[str, Any]:
        return {"record": present(look_at(model, number, _who(request), moment(request)), SHOWN)}

    _add_get(api, f"/{room}/{name}", f"{room}_{name}_list", room, Page, page)
    _add_get(api, f"/{room}/{name}/{{number}}", f"{room}_{name}_one", room, Answer, one)


def _add_get(
    api: NinjaAPI, path: str, name: str, room: str, shape: Any, view: Callable[..., Any]
) -> None:
    api.get(path, tags=[room], operation_id=name, response=shape)(view)

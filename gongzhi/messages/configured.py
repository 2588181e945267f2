"""What a city sets for each way out of the house; what is not set stays shut.

Secrets (passwords, keys in addresses, tokens) come from the environment only: they stand here
and never in the database, the ledger or a log line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from string import Template
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)  # fmt: skip

Address = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
NAMES = ("phone", "text", "key", "template", "secret")
"""What the body and the headers of an SMS gateway may hold, each written `$name`."""


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mail(_Given):
    """The mail server (SMTP, RFC 5321) that takes our e-mail."""

    host: str
    port: int = Field(default=25, ge=1, le=65535)
    user: str = ""
    password: str = ""
    security: Literal["none", "starttls", "tls"] = "starttls"
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")


class Robot(_Given):
    """A chat robot of one group: its style, its address, and the key it signs with."""

    style: Literal["wecom", "dingtalk", "feishu"]
    url: Address
    secret: str = ""


Values = Annotated[tuple[str, ...], Field(min_length=1)]


class Reports(_Given):
    """How an SMS gateway calls back to say what became of a message, field by field.

    A field inside another one is written with a dot, an entry of a list by its number.
    """

    secret: str = Field(pattern=r"^[A-Za-z0-9_-]{32,128}$")
    key: str = Field(min_length=1)
    answer: str = ""
    status: str = Field(min_length=1)
    delivered: Values
    failed: Values
    code: str = ""
    nowhere: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _told_apart(self) -> Reports:
        if set(self.delivered) & set(self.failed):
            raise ValueError("delivered and failed must not share a value")
        if not self.code and set(self.delivered) & set(self.nowhere):
            raise ValueError("nowhere holds a status that means delivered: name the field code")
        return self


class Gateway(_Given):
    """An SMS gateway spoken to over HTTP: address, headers and body as it documents them."""

    url: Address
    headers: dict[str, str] = {}
    body: dict[str, str]
    form: bool = False
    accepted: str = Field(default="", pattern=r"^([^=]+=[^=]*)?$")
    templates: dict[str, str] = {}
    secret: str = ""
    reports: Reports | None = None

    @field_validator("body", "headers")
    @classmethod
    def _known_names(cls, given: dict[str, str]) -> dict[str, str]:
        for text in given.values():
            unknown = set(Template(text).get_identifiers()) - set(NAMES)
            if unknown or not Template(text).is_valid():
                raise ValueError(f"write only ${', $'.join(NAMES)}, and $$ for a dollar sign")
        return given

    @model_validator(mode="after")
    def _reports_can_be_told_apart(self) -> Gateway:
        if self.reports is None or self.reports.answer:
            return self
        sent = (*self.body.values(), *self.headers.values())
        if not any("key" in Template(text).get_identifiers() for text in sent):
            raise ValueError(
                "reports need $key in the body, or in reports.answer the field of the gateway's "
                "answer that holds its own number"
            )
        return self


@dataclass(frozen=True)
class Channels:
    """The ways out that are open; `address` is the house's own, as people type it."""

    mail: Mail | None = None
    sms: Gateway | None = None
    robots: dict[str, Robot] = field(default_factory=dict)
    address: str = ""

    def open(self) -> frozenset[str]:
        """Names of the channels that something can leave by."""
        ways = {"email": self.mail, "sms": self.sms, "robot": self.robots}
        return frozenset(name for name, way in ways.items() if way)


T = TypeVar("T")


def read_given(kind: type[T], text: str) -> T:
    """A setting written as JSON text.

    Errors: `ValueError` that names each wrong place, without repeating what was given there.
    """
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        faults = [
            ".".join(map(str, e["loc"])) + f" {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_input=False)
        ]
        raise ValueError("must be JSON as documented: " + ", ".join(faults)) from None

"""The ways out: e-mail, chat robots and SMS gateways, each as its maker documents it.

A try either returns, or raises `NotSent` with a sentence for the operator. No sentence holds an
address, a text or a key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Template
from typing import Any
from urllib.parse import quote_plus

import httpx
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.utils.translation import gettext as _

from gongzhi.messages.configured import Channels, Gateway, Mail, Robot
from gongzhi.messages.models import Channel
from gongzhi.messages.reported import number_given

TIMEOUT = 10
"""Seconds that a server may take for one try."""
WECOM_BYTES = 2048
"""Longest text of a WeCom robot, in bytes of UTF-8."""


class NotSent(Exception):
    """A try failed; `again` says whether another one can succeed."""

    def __init__(self, sentence: str, *, again: bool = True) -> None:
        super().__init__(sentence)
        self.again = again


@dataclass(frozen=True)
class Outgoing:
    """One message as it leaves: where to, what it says, and the key that stays the same."""

    delivery: int
    attempt: int
    channel: str
    address: str
    head: str
    body: str
    template: str
    key: str

    @property
    def text(self) -> str:
        """Head and body as one text."""
        return f"{self.head}\n{self.body}"


@dataclass(frozen=True)
class Sent:
    """A try that went out: whether its arrival is known with that, and the other side's number."""

    arrived: bool = False
    number: str = ""


def send(out: Outgoing, channels: Channels, web: httpx.Client, now: datetime) -> Sent:
    """Send a message once.

    `web` is what robots and gateways are spoken to with: one connection serves many messages.
    Errors: `NotSent`.
    """
    if out.channel == Channel.EMAIL and channels.mail is not None:
        _send_mail(out, channels.mail)
        return Sent()
    if out.channel == Channel.SMS and channels.sms is not None:
        return Sent(number=_send_sms(out, channels.sms, web))
    robot = channels.robots.get(out.address)
    if out.channel == Channel.ROBOT and robot is not None:
        _send_robot(out, robot, web, now)
        return Sent(arrived=True)
    raise NotSent(_("This way out is shut: it is not set up any more."), again=False)


# E-mail -----------------------------------------------------------------------------------------


def _send_mail(out: Outgoing, mail: Mail) -> None:
    """Hand a message to the mail server; the key makes its Message-ID (RFC 5322, section 3.6.4)."""
    backend = EmailBackend(
        host=mail.host, port=mail.port, username=mail.user, password=mail.password,
        use_tls=mail.security == "starttls", use_ssl=mail.security == "tls", timeout=TIMEOUT,
    )  # fmt: skip
    domain = mail.sender.partition("@")[2]
    headers = {"Message-ID": f"<{out.key}@{domain}>", "Auto-Submitted": "auto-generated"}
    message = EmailMessage(
        out.head, out.body, mail.sender, [out.address], connection=backend, headers=headers
    )
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _said in refused.recipients.values()]
        raise NotSent(_refused(max(codes)), again=max(codes) < 500) from None
    except smtplib.SMTPResponseException as refused:
        raise NotSent(_refused(refused.smtp_code), again=refused.smtp_code < 500) from None
    except (OSError, smtplib.SMTPException):
        raise NotSent(_("The mail server cannot be reached.")) from None


def _refused(code: int) -> str:
    return _("The mail server refused it (code %(code)s).") % {"code": code}


# HTTP -------------------------------------------------------------------------------------------


def _post(
    web: httpx.Client, url: str, key: str, headers: Mapping[str, str], **content: Any
) -> dict[str, Any]:
    """Post and read the answer's JSON; what is not JSON counts as an empty answer."""
    try:
        answer = web.post(url, headers={"Idempotency-Key": key, **headers}, **content)
    except httpx.HTTPError:
        raise NotSent(_("The other side cannot be reached.")) from None
    if not answer.is_success:
        again = answer.status_code in (408, 425, 429) or answer.status_code >= 500
        text = _("The other side answered with the status %(code)s.")
        raise NotSent(text % {"code": answer.status_code}, again=again)
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _send_robot(out: Outgoing, robot: Robot, web: httpx.Client, now: datetime) -> None:
    url, content = robot_request(robot, out.text, now)
    said = _post(web, url, out.key, {}, json=content)
    code = said.get("errcode", said.get("code"))
    if code != 0:
        raise NotSent(_("The chat robot refused it (code %(code)s).") % {"code": code})


def robot_request(robot: Robot, text: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """The address and the content that make a robot say a text, signed as its maker wants it.

    - WeCom 企业微信 ("群机器人配置说明"): the key stands in the address; 2,048 bytes at most.
    - DingTalk 钉钉 ("自定义机器人安全设置", 加签): timestamp in milliseconds; signature =
      HMAC-SHA256 with the secret over timestamp, line feed, secret; Base64, URL-encoded.
    - Feishu 飞书 ("自定义机器人使用指南", 签名校验): timestamp in seconds; signature =
      HMAC-SHA256 over nothing with the key timestamp, line feed, secret; Base64, in the content.
    """
    if robot.style == "wecom":
        short = text.encode()[:WECOM_BYTES].decode(errors="ignore")
        return robot.url, {"msgtype": "text", "text": {"content": short}}
    if robot.style == "dingtalk":
        content = {"msgtype": "text", "text": {"content": text}}
        return robot.url + _dingtalk_signature(robot, int(now.timestamp() * 1000)), content
    content = {"msg_type": "text", "content": {"text": text}}
    if robot.secret:
        stamp = int(now.timestamp())
        signed = hmac.new(f"{stamp}\n{robot.secret}".encode(), b"", hashlib.sha256).digest()
        content = {"timestamp": str(stamp), "sign": base64.b64encode(signed).decode(), **content}
    return robot.url, content


def _dingtalk_signature(robot: Robot, stamp: int) -> str:
    if not robot.secret:
        return ""
    text = f"{stamp}\n{robot.secret}".encode()
    signed = hmac.new(robot.secret.encode(), text, hashlib.sha256).digest()
    joint = "&" if "?" in robot.url else "?"
    return f"{joint}timestamp={stamp}&sign={quote_plus(base64.b64encode(signed))}"


def _send_sms(out: Outgoing, gateway: Gateway, web: httpx.Client) -> str:
    """Hand a short message to the gateway, in the form that its settings describe.

    Returns the gateway's own number of it, where its reports will name that.
    """
    names = {
        "phone": out.address.replace(" ", "").replace("-", ""), "text": out.text, "key": out.key,
        "template": gateway.templates.get(out.template, ""), "secret": gateway.secret,
    }  # fmt: skip
    headers = {name: Template(text).substitute(names) for name, text in gateway.headers.items()}
    body = {name: Template(text).substitute(names) for name, text in gateway.body.items()}
    content: dict[str, Any] = {"data": body} if gateway.form else {"json": body}
    said = _post(web, gateway.url, out.key, headers, **content)
    place, _equals, wanted = gateway.accepted.partition("=")
    if place and str(said.get(place)) != wanted:
        raise NotSent(
            _("The SMS gateway refused it (code %(code)s).") % {"code": str(said.get(place))[:40]}
        )
    return number_given(said, gateway.reports.answer) if gateway.reports else ""

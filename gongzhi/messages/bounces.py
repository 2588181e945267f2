"""What a mail server says became of an e-mail: delivery status notifications (RFC 3464).

The addresses in them are compared and forgotten: nothing of them is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message as Mail
from email.utils import parseaddr

from gongzhi.messages.reported import Outcome, Reported

KEY = re.compile(r"<([!-;=?A-~]{1,80})@[^@<>\s]+>")
STATUS = re.compile(r"\s*([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
NOWHERE = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")
"""No such mailbox, no such domain, no address at all, moved away (RFC 3463, section 3.2), and a
domain that takes no e-mail (RFC 7505, section 4.2)."""
RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
"""The parts in which the e-mail, or its head, comes back (RFC 3462 and RFC 6533)."""


def read_bounce(raw: bytes) -> list[Reported]:
    """What a notification says; nothing where it is none, or tells only of a delay."""
    mail = message_from_bytes(raw)
    if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
        return []
    returned = _returned(mail)
    key = _key(returned, mail)
    if not key:
        return []
    to = _address(_head(returned, "To")) if returned is not None else ""
    found = (_reported(one, key, to) for one in _recipients(mail))
    return list(dict.fromkeys(one for one in found if one is not None))


def _recipients(mail: Mail) -> Iterator[Mail]:
    """The blocks that tell of one recipient each; the first block is about the whole."""
    for part in mail.walk():
        blocks = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(blocks, list):
            yield from (one for one in blocks if isinstance(one, Mail) and one["Action"])


def _reported(recipient: Mail, key: str, to: str) -> Reported | None:
    action = _head(recipient, "Action").strip().lower()
    if action == "delivered":
        return Reported(key, Outcome.DELIVERED)
    if action != "failed":
        return None
    status = STATUS.match(_head(recipient, "Status"))
    code = status.group(1) if status else ""
    # Where the e-mail was passed on, another address than the one we wrote to is wrong.
    final = _address(_head(recipient, "Final-Recipient").partition(";")[2])
    ours = bool(to) and final == to
    return Reported(key, Outcome.NOWHERE if ours and code in NOWHERE else Outcome.FAILED, code)


def _returned(mail: Mail) -> Mail | None:
    """The e-mail that is reported about, or its head."""
    for part in mail.walk():
        if part.get_content_type() in RETURNED:
            inner = part.get_payload()
            if isinstance(inner, list):
                return inner[0] if inner and isinstance(inner[0], Mail) else None
            text = part.get_payload(decode=True)
            return message_from_bytes(text) if isinstance(text, bytes) else None
    return None


def _key(returned: Mail | None, mail: Mail) -> str:
    """The key in the Message-ID that the outbox set."""
    named = [_head(mail, "In-Reply-To"), _head(mail, "References")]
    if returned is not None:
        named.insert(0, _head(returned, "Message-ID"))
    found = (KEY.search(text) for text in named)
    return next((one.group(1) for one in found if one), "")


def _head(mail: Mail, name: str) -> str:
    return str(mail[name] or "")


def _address(text: str) -> str:
    return parseaddr(text)[1].strip().lower()

"""A message in, handed to the SMTP server that the operator named."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from riskscore.errors import DeliveryError, InputError

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where and how mail is handed over."""

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str | None = None
    password: str | None = None
    timeout_s: float = 5.0  # of each step; about eight of them must fit into a worker's claim


def check_address(address: str) -> str:
    """Refuse what is no single plain e-mail address.

    Raises
    ------
    InputError
    """
    name, _, host = address.partition("@")
    plain = address.isascii() and address.isprintable() and len(address) <= 254
    if not (
        plain
        and name
        and "." in host
        and not set(' ,;:<>()[]\\"\r\n') & set(address)
        and host.count("@") == 0
    ):
        raise InputError("is not a plain e-mail address, such as desk@example.com", "target")
    return address


def send_mail(server: MailServer, message: EmailMessage) -> str:
    """Hand a message over; returns the server's words.

    Raises
    ------
    DeliveryError
        The server cannot be reached, or refuses the message.
    """
    try:
        with _connected(server) as connection:
            if server.user is not None:
                connection.login(server.user, server.password or "")
            connection.send_message(message)
            return "accepted by the mail server"
    except smtplib.SMTPException as error:
        raise DeliveryError(f"{type(error).__name__}: {error}"[:300]) from None
    except OSError as error:
        raise DeliveryError(f"the mail server {server.host}:{server.port} fails: {error}"[:300]) from None


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
    if server.security == "starttls":
        connection.starttls(context=ssl.create_default_context())
    return connection

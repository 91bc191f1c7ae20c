"""Attempts over mail and syslog, against real servers on this machine; and faults that stop nobody."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP, AuthResult

from riskscore.alerts.addresses import AddressGuard, networks
from riskscore.alerts.channels import Channel
from riskscore.alerts.mail import MailServer, check_address
from riskscore.alerts.sender import Outcome, Sender
from riskscore.alerts.syslog import check_target
from riskscore.alerts.transport import Poster
from riskscore.errors import InputError
from riskscore.store.times import utc_now
from tests.alerts.test_channels import EVENTS

LOCAL = networks("127.0.0.1/32")


def send(
    channel: Channel, target: str, mail: MailServer | None = None, payload: str | None = None
) -> Outcome:
    async def run() -> Outcome:
        guard = AddressGuard(LOCAL)
        sender = Sender(Poster(guard, timeout_s=2), guard, utc_now, mail=mail, timeout_s=2)
        try:
            return await sender.send(channel, target, "msg_1", payload or EVENTS["alert.opened"], [])
        finally:
            await sender.aclose()

    return anyio.run(run)


class Mailbox(Message):
    """Keeps what arrives; refuses one recipient."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Any] = []

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def handle_message(self, message: Any) -> None:
        self.messages.append(message)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, MailServer]]:
    """A mail server that asks for a password."""
    box = Mailbox()

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"risk", b"s3cret"))

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    yield (
        box,
        MailServer("127.0.0.1", port, "risk@example.com", security="none", user="risk", password="s3cret"),
    )
    controller.stop()


def test_mail_arrives(mailbox: tuple[Mailbox, MailServer]) -> None:
    box, server = mailbox
    outcome = send("email", "desk@example.com", server)
    assert outcome.succeeded, outcome.error
    (message,) = box.messages
    assert message["To"] == "desk@example.com"
    assert message["Message-ID"] == "<msg_1@riskscore.invalid>"
    assert "Nvidia" in message["Subject"]
    assert "https://risk.example/v1/alerts/al_1" in message.get_payload(decode=True).decode()


def test_a_mail_server_that_refuses_is_a_failure(mailbox: tuple[Mailbox, MailServer]) -> None:
    _, server = mailbox
    outcome = send("email", "nobody@example.com", server)
    assert not outcome.succeeded
    assert outcome.error is not None
    assert "550" in outcome.error
    wrong = MailServer(server.host, server.port, server.sender, security="none", user="risk", password="x")
    assert not send("email", "desk@example.com", wrong).succeeded
    encrypted = MailServer(server.host, server.port, server.sender)  # the server knows no STARTTLS
    assert not send("email", "desk@example.com", encrypted).succeeded
    gone = MailServer("127.0.0.1", 1, server.sender, security="none")
    assert not send("email", "desk@example.com", gone).succeeded
    missing = send("email", "desk@example.com")
    assert missing.error is not None
    assert "RISKSCORE_SMTP_HOST" in missing.error


def test_a_log_line_arrives_over_tcp_and_udp() -> None:
    received: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        connection, _ = listening.accept()
        with connection:
            while part := connection.recv(65_536):
                received.append(part)

    thread = threading.Thread(target=accept)
    thread.start()
    assert send("syslog", f"tcp://127.0.0.1:{listening.getsockname()[1]}").succeeded
    thread.join(timeout=5)
    listening.close()
    content = b"".join(received)
    length, _, line = content.partition(b" ")
    assert int(length) == len(line)
    assert re.match(rb"<105>1 \d{4}-\d\d-\d\dT\S+Z riskscore riskscore - msg_1 - CEF:0\|riskscore\|", line)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(5)
        assert send("syslog", f"udp://127.0.0.1:{udp.getsockname()[1]}").succeeded
        assert udp.recv(65_536).startswith(b"<105>1 ")


def test_a_siem_that_is_not_there_or_not_allowed_is_a_failure() -> None:
    assert not send("syslog", "tcp://127.0.0.1:1").succeeded
    refused = send("syslog", "udp://127.0.0.2:514")
    assert refused.error is not None
    assert "not a public address" in refused.error


def test_an_event_that_cannot_be_rendered_stops_nobody() -> None:
    outcome = send("slack", "http://127.0.0.1:1/", payload='{"type":"unheard.of","data":{}}')
    assert not outcome.succeeded
    assert outcome.error is not None
    assert "riskscore's own" in outcome.error


@pytest.mark.parametrize("address", ["desk@example.com", "a.b+c@sub.example.org"])
def test_plain_addresses_are_taken(address: str) -> None:
    assert check_address(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "desk", "desk@", "@example.com", "a@b@example.com", "Desk <desk@example.com>",
     "a@example.com,b@example.com",
     "a@example.com\r\nBcc: c@example.com", "desk@localhost", "dêsk@example.com", "a b@example.com",
     "a" * 250 + "@example.com"],
)  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(InputError):
        check_address(address)


@pytest.mark.parametrize(
    "target", ["siem.example:514", "https://siem.example", "tcp://", "tcp://u:p@siem.example"]
)
def test_a_syslog_target_names_its_protocol(target: str) -> None:
    with pytest.raises(InputError):
        check_target(target)

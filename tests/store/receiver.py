"""A webhook receiver in a process of its own that can misbehave, and that remembers all it was sent.

``python -m tests.store.receiver SECRET [MISBEHAVIOUR] [SEED]`` prints its port; ``GET /log`` tells it all.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

# Shares of the requests that are treated badly, times the misbehaviour (0 to 1).
TRICKS = {
    "500": 0.20,
    "429": 0.01,
    "410": 0.002,
    "hang": 0.03,
    "close mid-body": 0.08,
    "redirect inwards": 0.06,
    "too long": 0.05,
    "too short": 0.05,
}
# The receiver said 200 there, and the message was taken, even if the sender was not sure of it.
TAKEN = {"200", "too long"}


class Receiver:
    """What one process has seen."""

    def __init__(self, secret: str, misbehaviour: float, seed: int) -> None:
        self.webhook = Webhook(secret)
        self.misbehaviour = misbehaviour
        self.chance = random.Random(seed)
        self.port = 0
        self.receipts: list[dict[str, Any]] = []
        self.under_way: Counter[str] = Counter()
        self.trapped = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, of any number of requests."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                request, *lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                path = request.split(" ")[1]
                if path == "/log":
                    content = json.dumps({"receipts": self.receipts, "trapped": self.trapped}).encode()
                    writer.write(answer(200, content))
                elif path == "/inside":
                    self.trapped += 1
                    writer.write(answer(200))
                elif not await self.take(headers, body, reader, writer):
                    break
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def take(
        self,
        headers: dict[str, str],
        body: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Answer one event in one way or another; whether the connection stays open."""
        event_id = headers["webhook-id"]
        trick = self.trick()
        receipt: dict[str, Any] = {"id": event_id, "trick": trick, "overlaps": self.under_way[event_id] > 0}
        self.receipts.append(receipt)
        self.under_way[event_id] += 1
        try:
            try:
                data = self.webhook.verify(body, headers)["data"]
                receipt |= {"verified": True, "subject": data["subject"], "sequence": data["sequence"]}
            except WebhookVerificationError:
                receipt["verified"] = False
            if trick == "hang":
                await reader.read(1)  # until the sender has had enough
                return False
            if trick == "close mid-body":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")
            elif trick == "too short":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nlies")
            elif trick == "too long":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and much more than it said")
            elif trick == "429":
                writer.write(answer(429, headers="Retry-After: 1\r\n"))
            elif trick == "redirect inwards":
                writer.write(answer(307, headers=f"Location: http://127.0.0.1:{self.port}/inside\r\n"))
            else:
                writer.write(answer(int(trick)))
                return True
            await writer.drain()
            return trick in {"429", "redirect inwards", "too long"}
        finally:
            self.under_way[event_id] -= 1

    def trick(self) -> str:
        """What to do this time."""
        drawn = self.chance.random()
        for name, share in TRICKS.items():
            drawn -= share * self.misbehaviour
            if drawn < 0:
                return name
        return "200"


def answer(status: int, content: bytes = b"", headers: str = "") -> bytes:
    """An honest answer."""
    return f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(content)}\r\n\r\n".encode() + content


async def main() -> None:
    """Serve until killed."""
    secret, *others = sys.argv[1:]
    misbehaviour = float(others[0]) if others else 0.0
    receiver = Receiver(secret, misbehaviour, int(others[1]) if len(others) > 1 else 1)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, limit=1 << 20, backlog=1_000)
    receiver.port = server.sockets[0].getsockname()[1]
    print(receiver.port, flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

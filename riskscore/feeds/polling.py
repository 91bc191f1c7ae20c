"""Feeds and watched folders polled, their news stored through the one write path.

What a server says is believed only so far: a feed that stalls, grows without end, redirects in a ring or
into the private network, or answers nonsense costs one failure, after which it is asked less often.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from riskscore import __version__
from riskscore.errors import FeedError, InputError, RiskscoreError
from riskscore.feeds.files import Tally, ingest_file
from riskscore.feeds.items import read_feed
from riskscore.public_addresses import PublicTransport
from riskscore.service import Newsroom
from riskscore.settings import Settings
from riskscore.store.feeds import FeedRecord, record_failure, record_success

_MAX_REDIRECTS = 5
_LONGEST_WAIT = timedelta(days=1)
_SETTLED_S = 2.0  # a file changed later than that may still be in the writing
_BATCH = 64
_USER_AGENT = f"riskscore/{__version__} (feed reader)"
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A feed's answer; `content` is None where nothing is new."""

    content: bytes | None
    content_type: str = ""
    url: str = ""
    etag: str | None = None
    last_modified: str | None = None


class _LaterError(FeedError):
    """The server said when to come again."""

    def __init__(self, message: str, wait: timedelta | None) -> None:
        super().__init__(message)
        self.wait = wait


class FeedReader:
    """Polls feeds.

    Parameters
    ----------
    transport : httpx.BaseTransport or None
        How requests are sent; by default straight, and to public addresses only unless the settings
        allow others.
    """

    def __init__(
        self, newsroom: Newsroom, settings: Settings, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._newsroom = newsroom
        self._settings = settings
        if transport is None:
            transport = httpx.HTTPTransport() if settings.allow_private_feeds else PublicTransport()
        self._client = httpx.Client(
            transport=transport,
            timeout=settings.feed_timeout_s,
            follow_redirects=True,
            max_redirects=_MAX_REDIRECTS,
            trust_env=False,
            headers={"user-agent": _USER_AGENT, "accept": _ACCEPT},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def poll(self, feed: FeedRecord) -> Tally | FeedError:
        """Read one feed now, store what is new, and note when it is due again."""
        try:
            if feed.kind == "folder":
                tally = self._poll_folder(Path(feed.url))
                self._succeed(feed, None, None, None)
                return tally
            fetched = self._fetch(feed)
            if fetched.content is None:
                self._succeed(feed, feed.etag, feed.last_modified, None)
                return Tally()
            found = read_feed(fetched.content, fetched.content_type, fetched.url)
        except FeedError as error:
            self._fail(feed, error)
            return error
        tally = Tally()
        for start in range(0, len(found.articles), _BATCH):
            batch = found.articles[start : start + _BATCH]
            for article, result in zip(batch, self._newsroom.ingest(batch), strict=True):
                tally.count(result, article.url or article.title)
        self._succeed(feed, fetched.etag, fetched.last_modified, found.title)
        return tally

    def _fetch(self, feed: FeedRecord) -> Fetched:
        headers = {}
        if feed.etag:
            headers["if-none-match"] = feed.etag
        if feed.last_modified:
            headers["if-modified-since"] = feed.last_modified
        deadline = time.monotonic() + self._settings.feed_timeout_s
        try:
            with self._client.stream("GET", feed.url, headers=headers) as response:
                if response.status_code == httpx.codes.NOT_MODIFIED:
                    return Fetched(None)
                if response.status_code != httpx.codes.OK:
                    wait = _retry_after(response.headers.get("retry-after"), self._newsroom.clock())
                    raise _LaterError(f"the server answered {response.status_code}", wait)
                return Fetched(
                    content=self._body(response, deadline),
                    content_type=response.headers.get("content-type", ""),
                    url=str(response.url),
                    etag=response.headers.get("etag"),
                    last_modified=response.headers.get("last-modified"),
                )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FeedError(f"{type(error).__name__}: {error}") from error

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        most = self._settings.feed_max_bytes
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > most:
                raise FeedError(f"the feed is larger than {most:,} bytes (feed_max_bytes)")
            if time.monotonic() > deadline:
                raise FeedError(f"the feed did not arrive within {self._settings.feed_timeout_s:g} s")
        return bytes(content)

    def _poll_folder(self, folder: Path) -> Tally:
        """Store the files of a folder; each is then moved to its sub-folder done or failed."""
        if not folder.is_dir():
            raise FeedError(f"there is no folder {str(folder)!r}")
        total = Tally()
        for path in sorted(folder.iterdir()):
            if not path.is_file() or path.name.startswith("."):
                continue
            if time.time() - path.stat().st_mtime < _SETTLED_S:
                continue
            try:
                tally = ingest_file(self._newsroom, path, source=folder.name)
            except (RiskscoreError, OSError) as error:
                total.refuse(path.name, InputError(str(error)))
                _move(path, folder / "failed")
                continue
            total.add(tally)
            _move(path, folder / ("failed" if tally.bad and not tally.added + tally.known else "done"))
        return total

    def _succeed(
        self, feed: FeedRecord, etag: str | None, last_modified: str | None, name: str | None
    ) -> None:
        now = self._newsroom.clock()
        due = now + timedelta(seconds=self._settings.feed_interval_s)
        with self._newsroom.store.write() as connection:
            record_success(connection, feed, now, due, etag=etag, last_modified=last_modified, name=name)

    def _fail(self, feed: FeedRecord, error: FeedError) -> None:
        """Twice the wait for each failure in a row, up to a day, a little apart for feeds of one server."""
        now = self._newsroom.clock()
        interval = timedelta(seconds=self._settings.feed_interval_s)
        wait = min(interval * 2 ** min(feed.failures + 1, 20), _LONGEST_WAIT)
        asked = error.wait if isinstance(error, _LaterError) else None
        if asked is not None:
            wait = min(max(wait, asked), 7 * _LONGEST_WAIT)
        wait *= random.uniform(1.0, 1.1)  # noqa: S311
        with self._newsroom.store.write() as connection:
            record_failure(connection, feed, now, now + wait, str(error))


def _retry_after(written: str | None, now: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for: seconds or a date."""
    if written is None:
        return None
    if written.strip().isdigit():
        return timedelta(seconds=min(int(written.strip()[:9]), 10**7))
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(moment - now, timedelta(0))


def _move(path: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    number = 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    path.rename(target)


def checked_url(written: str) -> str:
    """A feed's address.

    Raises
    ------
    InputError
        It is no http or https address, or it holds a password.
    """
    parts = urlsplit(written.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(f"{written[:80]!r} is no http or https address", "url")
    if parts.username or parts.password:
        raise InputError("a feed's address cannot hold a user name or password", "url")
    return written.strip()

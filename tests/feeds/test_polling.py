"""Feeds against a local server that misbehaves, and watched folders."""

from __future__ import annotations

import gzip
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from riskscore.errors import FeedError, InputError
from riskscore.feeds.files import Tally
from riskscore.feeds.items import read_feed
from riskscore.feeds.opml import read_opml
from riskscore.feeds.polling import FeedReader, checked_url
from riskscore.public_addresses import PrivateAddressError, checked_address
from riskscore.service import Newsroom
from riskscore.settings import load_settings
from riskscore.store import Store, open_store
from riskscore.store.feeds import FeedRecord, add_feed, find_feed, list_feeds
from tests.api.fake import FakeAssessor

ITEM = (
    "<item><title>Nvidia told to stop chip sales</title><link>/news/1</link>"
    "<pubDate>Mon, 05 Jan 2026 08:00:00 GMT</pubDate><description>The Commerce Department told Nvidia to "
    "stop selling its newest chip in China, it said – “at once”.</description></item>"
)
RSS = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Example Wire</title>'
    f"{ITEM}</channel></rss>"
)
EDGAR = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>NVIDIA CORP (0001045810)</title>
<entry><category label="form type" scheme="https://www.sec.gov/" term="8-K" />
<content type="text/xml"><filing-type>8-K</filing-type></content>
<id>urn:tag:sec.gov,2008:accession-number=0001045810-26-000001</id>
<link href="https://www.sec.gov/Archives/edgar/data/1045810/1-index.htm" rel="alternate" type="text/html" />
<summary type="html"> &lt;b&gt;Filed:&lt;/b&gt; 2026-01-05 Regulation FD: new chip licence rule</summary>
<title>8-K  - Current report</title><updated>2026-01-05T16:05:00-05:00</updated></entry></feed>"""

Handler = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A web server whose answers are functions."""

    def __init__(self) -> None:
        self.routes: dict[str, Handler] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                outer.routes[self.path](self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answer(self, path: str, status: int, body: bytes = b"", **headers: str) -> None:
        def handle(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in {"content_length": str(len(body)), **headers}.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(body)

        self.routes[path] = handle


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.http.shutdown()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'feeds.db'}")
    yield store
    store.close()


class Desk:
    """A reader with a clock, and feeds by address."""

    def __init__(self, store: Store, **settings: object) -> None:
        self.now = datetime(2026, 1, 6, tzinfo=UTC)
        self.store = store
        given = {"allow_private_feeds": True, "feed_timeout_s": 1.0, "feed_max_bytes": 50_000, **settings}
        newsroom = Newsroom(FakeAssessor(), store, clock=lambda: self.now)
        self.reader = FeedReader(newsroom, load_settings(**given))

    def poll(self, url: str) -> Tally | FeedError:
        with self.store.write() as connection:
            feed = add_feed(connection, url, "folder" if url.startswith("/") else "web", None, self.now)
        return self.reader.poll(feed)

    def state(self, url: str) -> FeedRecord:
        with self.store.read() as connection:
            found = find_feed(connection, url)
        assert found is not None
        return found


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    desk = Desk(store)
    yield desk
    desk.reader.close()


def test_a_feed_is_read_once_and_asked_whether_it_changed(desk: Desk, server: Server) -> None:
    url = f"{server.url}/rss"
    server.answer(
        "/rss", 200, RSS.encode(), content_type="application/rss+xml", etag='"v1"', last_modified="x"
    )
    tally = desk.poll(url)
    assert isinstance(tally, Tally)
    assert (tally.added, tally.known) == (1, 0)
    state = desk.state(url)
    assert (state.name, state.etag, state.failures) == ("Example Wire", '"v1"', 0)
    assert state.next_due_at == desk.now + timedelta(seconds=900)
    server.answer("/rss", 304)
    again = desk.poll(url)
    assert isinstance(again, Tally)
    assert (again.added, again.known) == (0, 0)
    _, headers = server.requests[-1]
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('"v1"', "x")
    assert desk.state(url).etag == '"v1"'


def test_failures_are_told_and_waited_out(desk: Desk, server: Server) -> None:
    url = f"{server.url}/ill"
    waits = []
    for _ in range(3):
        server.answer("/ill", 500)
        assert isinstance(desk.poll(url), FeedError)
        waits.append(desk.state(url).next_due_at - desk.now)
    assert waits[0] < waits[1] < waits[2]
    assert desk.state(url).failures == 3
    assert "500" in (desk.state(url).last_error or "")
    server.answer("/ill", 429, retry_after="80000")
    desk.poll(url)
    assert desk.state(url).next_due_at - desk.now >= timedelta(seconds=80_000)
    server.answer("/ill", 200, RSS.encode())
    desk.poll(url)
    assert (desk.state(url).failures, desk.state(url).last_error) == (0, None)
    with desk.store.read() as connection:
        assert list_feeds(connection, desk.now) == []


def slow(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(12):
        request.wfile.write(b"<rss>")
        request.wfile.flush()
        time.sleep(0.2)


def truncated(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("content-length", "10000")
    request.end_headers()
    request.wfile.write(RSS.encode()[:200])


@pytest.mark.parametrize("handler", [slow, truncated])
def test_a_feed_that_does_not_arrive_whole_is_a_failure(desk: Desk, server: Server, handler: Handler) -> None:
    server.routes["/bad"] = handler
    began = time.monotonic()
    assert isinstance(desk.poll(f"{server.url}/bad"), FeedError)
    assert time.monotonic() - began < 3


def test_what_is_no_feed_or_too_large_is_a_failure(desk: Desk, server: Server) -> None:
    server.answer("/page", 200, b"<html><body>Welcome</body></html>", content_type="text/html")
    assert "no RSS or Atom" in str(desk.poll(f"{server.url}/page"))
    server.answer("/huge", 200, gzip.compress(b" " * 10_000_000), content_encoding="gzip")
    assert "feed_max_bytes" in str(desk.poll(f"{server.url}/huge"))
    assert isinstance(desk.poll("http://127.0.0.1:1/none"), FeedError)


def test_redirects_are_followed_but_not_in_a_ring(desk: Desk, server: Server) -> None:
    server.answer("/rss", 200, RSS.encode())
    server.answer("/moved", 301, location="/rss")
    assert isinstance(desk.poll(f"{server.url}/moved"), Tally)
    server.answer("/ring", 302, location="/ring")
    assert "TooManyRedirects" in str(desk.poll(f"{server.url}/ring"))
    server.answer("/file", 302, location="file:///etc/passwd")
    assert isinstance(desk.poll(f"{server.url}/file"), FeedError)


def test_private_addresses_are_not_asked(store: Store, server: Server) -> None:
    desk = Desk(store, allow_private_feeds=False)
    before = len(server.requests)
    for url in (
        f"{server.url}/rss",
        f"http://localhost:{server.http.server_port}/rss",
        "http://[::1]/",
        "http://10.0.0.1/",
    ):
        outcome = desk.poll(url)
        assert isinstance(outcome, FeedError)
        assert "not a public address" in str(outcome)
    assert len(server.requests) == before


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "0.0.0.0", "100.64.0.1", "fe80::1"]
)
def test_addresses_that_are_not_public(host: str) -> None:
    with pytest.raises(PrivateAddressError):
        checked_address(host, 80)
    with pytest.raises(httpx.ConnectError):
        checked_address("no-such-host.invalid", 80)


def test_a_wrong_charset_and_bad_markup_are_overcome() -> None:
    latin = RSS.replace("utf-8", "windows-1252").encode("windows-1252")
    (article,) = read_feed(latin, "text/xml; charset=windows-1252", "https://x.example/rss").articles
    assert "“at once”" in (article.text or "")
    (article,) = read_feed(RSS.encode(), "text/xml; charset=us-ascii", "https://x.example/rss").articles
    assert "“at once”" in (article.text or "")
    broken = RSS.replace("</channel></rss>", "<item><title>A & B</title></item></channel>").encode()
    assert len(read_feed(broken, "text/xml", "https://x.example/rss").articles) == 2


def test_an_item_becomes_an_article() -> None:
    (article,) = read_feed(RSS.encode(), "text/xml", "https://x.example/rss").articles
    assert article.url == "https://x.example/news/1"
    assert article.source == "Example Wire"
    assert article.published_at == datetime(2026, 1, 5, 8, tzinfo=UTC)


def test_filings_of_edgar_are_read() -> None:
    (article,) = read_feed(EDGAR.encode(), "application/atom+xml", "https://www.sec.gov/cgi-bin/x").articles
    assert article.title == "8-K - Current report"
    assert article.source == "NVIDIA CORP (0001045810)"
    assert "new chip licence rule" in (article.html or "")
    assert article.published_at == datetime(2026, 1, 5, 21, 5, tzinfo=UTC)


def test_files_dropped_into_a_folder_are_stored_and_moved(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "one.txt").write_text(
        "Nvidia sells a chip\nThe chip of Nvidia falls under a rule, it was said."
    )
    (folder / "many.jsonl").write_text(
        '{"title": "A chip", "text": "' + "chip rule " * 20 + '"}\n{"bad": 1}\n'
    )
    (folder / "broken.html").write_bytes(b"\xff\xfe\xff")
    (folder / "fresh.txt").write_text("still being written")
    old = time.time() - 60
    for name in ("one.txt", "many.jsonl", "broken.html"):
        os.utime(folder / name, (old, old))
    tally = desk.poll(str(folder))
    assert isinstance(tally, Tally)
    assert (tally.added, tally.bad) == (2, 2)
    assert {path.name for path in (folder / "done").iterdir()} == {"one.txt", "many.jsonl"}
    assert {path.name for path in (folder / "failed").iterdir()} == {"broken.html"}
    assert (folder / "fresh.txt").exists()
    assert isinstance(desk.poll(str(tmp_path / "none")), FeedError)


def test_opml_is_read_without_entities(tmp_path: Path) -> None:
    path = tmp_path / "feeds.opml"
    path.write_text(
        '<opml version="2.0"><body><outline text="News"><outline title="Wire" xmlUrl="https://x.example/rss"/>'
        "</outline></body></opml>"
    )
    assert read_opml(path) == [("https://x.example/rss", "Wire")]
    path.write_text("<rss/>")
    with pytest.raises(InputError, match="its root is <rss>"):
        read_opml(path)
    path.write_text("no xml")
    with pytest.raises(InputError, match="not OPML"):
        read_opml(path)


@pytest.mark.parametrize(
    "url", ["ftp://x.example/", "x.example/rss", "file:///etc/passwd", "https://u:p@x.example/"]
)
def test_an_address_must_be_plain_http(url: str) -> None:
    with pytest.raises(InputError):
        checked_url(url)

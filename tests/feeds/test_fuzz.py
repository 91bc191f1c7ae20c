"""Whatever a server sends in place of a feed: articles, or an error that the poller takes."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from riskscore.errors import FeedError
from riskscore.feeds.items import read_feed

URL = "https://news.example/feed"
TYPES = st.sampled_from(
    ["application/rss+xml", "text/xml; charset=bogus", "text/html", "", "text/xml; charset=utf-16"]
)
_PARTS = st.sampled_from(
    [
        "<rss version='2.0'>", "</rss>", "<channel>", "</channel>", "<item>", "</item>", "<title>",
        "</title>", "<link>", "</link>", "http://[::1",
        "//[bad/", "javascript:alert(1)", "<pubDate>", "</pubDate>",
        "Mon, 01 Jan 0001 00:00:00 GMT", "99999-99-99T99:99:99Z", "-0001-01-01", "<description>",
        "</description>", "<![CDATA[", "]]>", "&lt;p&gt;", "&bogus;", "&#0;", "&#xd800;", "&#1114112;",
        "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "</entry>", "<content type='xhtml'>",
        "<content type='base64'>", "</content>", "<source/>", "<link href='http://[x'/>", "<updated>",
        "</updated>", "<?xml version='1.0' encoding='utf-99'?>", "<!DOCTYPE x [<!ENTITY a 'aa'>", "]>", "&a;",
        "\x00", "\ufeff", "中国", "Chips ", "<media:group>", "<guid>", "</guid>", "\ud800",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    content=st.lists(_PARTS, max_size=25).map(lambda parts: "".join(parts).encode(errors="surrogatepass"))
    | st.binary(max_size=200),
    content_type=TYPES,
)
@example(content=b"", content_type="application/rss+xml")
@example(content=b"\x00" * 100, content_type="application/rss+xml")
@example(content=b"<rss>" * 20_000, content_type="text/xml")
@example(content=b"<title>&#xd800;", content_type="text/xml")
@example(
    content=b"<rss version='2.0'><channel><item><title>x</title><link>http://[x</link></item></channel>",
    content_type="text/xml",
)
@example(
    content=b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]>"
    b"<rss version='2.0'><channel>"
    b"<item><title>&b;&b;&b;</title></item></channel></rss>",
    content_type="text/xml",
)
def test_any_document_is_read_or_refused(content: bytes, content_type: str) -> None:
    try:
        found = read_feed(content, content_type, URL)
    except FeedError as error:
        assert str(error)
        return
    for article in found.articles:
        assert article.title or article.text or article.html
        assert len(article.title) <= 2_000
        assert article.published_at is None or article.published_at < datetime.max.replace(tzinfo=UTC)

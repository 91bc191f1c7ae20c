"""A memo in, Markdown or HTML out; nothing in an article can become mark-up of the note."""

from __future__ import annotations

import html
import re

from riskscore.dossier.memo import Block, Grid, Heading, Link, Memo, Paragraph, Quote
from riskscore.harmless import harmless

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-!|<>~&])")
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "td,th{border:1px solid #999;padding:.3rem .6rem;text-align:left}"
    "blockquote{border-left:4px solid #999;margin:1rem 0;padding:.2rem 1rem}cite{font-size:.85em;color:#555}"
)


def markdown(memo: Memo) -> str:
    """The memo as Markdown (CommonMark with tables)."""
    parts = [f"# {_escaped(memo.title)}", *(_markdown(block) for block in memo.blocks)]
    return "\n\n".join([*parts, f"SHA-256 of this note: `{memo.sha256}`"]) + "\n"


def _markdown(block: Block) -> str:
    match block:
        case Heading(text):
            return f"## {_escaped(text)}"
        case Paragraph(text):
            return _escaped(text)
        case Quote(text, origin):
            return f"> {_escaped(text)}\n>\n> — {_escaped(origin)}"
        case Link(label, url):
            return f"{_escaped(label)}: <{_address(url)}>"
        case Grid(columns, rows):
            lines = [columns, tuple("---" for _ in columns), *rows]
            cells = [[cell if line is lines[1] else _escaped(cell) for cell in line] for line in lines]
            return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", harmless(" ".join(text.split())))


def _address(url: str) -> str:
    return harmless(url).replace("<", "%3C").replace(">", "%3E")


def page(memo: Memo) -> str:
    """The memo as one HTML page that loads nothing and runs nothing."""
    body = "\n".join(_html(block) for block in memo.blocks)
    title = _text(memo.title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n{body}\n"
        f"<p>SHA-256 of this note: <code>{memo.sha256}</code></p>\n</body></html>\n"
    )


def _html(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{_text(text)}</h2>"
        case Paragraph(text):
            return f"<p>{_text(text)}</p>"
        case Quote(text, origin):
            return f"<blockquote><p>{_text(text)}</p><cite>{_text(origin)}</cite></blockquote>"
        case Link(label, url):
            address = _text(url)
            return f'<p>{_text(label)}: <a href="{address}" rel="noreferrer nofollow">{address}</a></p>'
        case Grid(columns, rows):
            head = "".join(f'<th scope="col">{_text(column)}</th>' for column in columns)
            lines = ("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
            return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _text(text: str) -> str:
    return html.escape(harmless(text))

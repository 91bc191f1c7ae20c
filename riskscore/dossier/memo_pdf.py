"""A memo in, a PDF out: the same bytes for the same memo.

The fonts are those that ship with ReportLab, so that nothing is looked for on the machine; Chinese and
Japanese characters take the viewer's own font for them.
"""

from __future__ import annotations

import io
import re
from functools import cache
from html import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph as Flow
from reportlab.platypus import SimpleDocTemplate, Spacer, Table, TableStyle

from riskscore.dossier.memo import Block, Grid, Heading, Link, Memo, Paragraph, Quote
from riskscore.harmless import harmless

_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")
_CJK_FONT = "STSong-Light"
_MARGIN = 20 * mm


@cache
def _register_fonts() -> None:
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("Vera-Bold", "VeraBd.ttf"))
    pdfmetrics.registerFontFamily(
        "Vera", normal="Vera", bold="Vera-Bold", italic="Vera", boldItalic="Vera-Bold"
    )
    pdfmetrics.registerFont(UnicodeCIDFont(_CJK_FONT))


def pdf(memo: Memo) -> bytes:
    """The memo as an A4 PDF."""
    _register_fonts()
    body = ParagraphStyle("body", fontName="Vera", fontSize=8.5, leading=12, spaceAfter=5)
    styles = {
        "title": ParagraphStyle("title", body, fontName="Vera-Bold", fontSize=14, leading=18, spaceAfter=10),
        "heading": ParagraphStyle(
            "heading", body, fontName="Vera-Bold", fontSize=10.5, leading=14, spaceBefore=8
        ),
        "body": body,
        "quote": ParagraphStyle(
            "quote", body, leftIndent=12, borderPadding=(0, 0, 0, 6), textColor=colors.black
        ),
        "origin": ParagraphStyle(
            "origin", body, leftIndent=12, fontSize=7, leading=9, textColor=colors.HexColor("#555555")
        ),
        "cell": ParagraphStyle("cell", body, fontSize=7, leading=9, spaceAfter=0),
    }
    flow = [Flow(_marked(memo.title), styles["title"])]
    for block in memo.blocks:
        flow += _flow(block, styles)
    flow.append(Flow(f"SHA-256 of this note: {memo.sha256}", styles["origin"]))
    written = io.BytesIO()
    SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=harmless(memo.title),
        author="riskscore",
        invariant=1,
    ).build(flow, onFirstPage=_number, onLaterPages=_number)
    return written.getvalue()


def _number(canvas: object, document: object) -> None:
    canvas.setFont("Vera", 7)  # type: ignore[attr-defined]
    canvas.drawRightString(A4[0] - _MARGIN, 10 * mm, str(document.page))  # type: ignore[attr-defined]


def _flow(block: Block, styles: dict[str, ParagraphStyle]) -> list[Flow]:
    match block:
        case Heading(text):
            return [Flow(_marked(text), styles["heading"])]
        case Paragraph(text):
            return [Flow(_marked(text), styles["body"])]
        case Quote(text, origin):
            return [Flow(f"“{_marked(text)}”", styles["quote"]), Flow(_marked(origin), styles["origin"])]
        case Link(label, url):
            return [Flow(f"{_marked(label)}: {_marked(url)}", styles["body"])]
        case Grid(columns, rows):
            cells = [[Flow(f"<b>{_marked(column)}</b>", styles["cell"]) for column in columns]]
            cells += [[Flow(_marked(cell), styles["cell"]) for cell in row] for row in rows]
            table = Table(cells, repeatRows=1, hAlign="LEFT")
            table.setStyle(
                TableStyle(
                    [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
                )
            )
            return [table, Spacer(1, 6)]


def _marked(text: str) -> str:
    plain = escape(harmless(" ".join(text.split())))
    return _CJK.sub(lambda found: f'<font name="{_CJK_FONT}">{found[0]}</font>', plain)

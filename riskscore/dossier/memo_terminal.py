"""A memo in, what a person reads in a terminal out."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from riskscore.dossier.memo import Block, Grid, Heading, Link, Memo, Paragraph, Quote
from riskscore.harmless import harmless


def memo_view(memo: Memo) -> Group:
    """The whole note."""
    parts: list[RenderableType] = [Text(harmless(memo.title), style="bold underline")]
    parts += [_view(block) for block in memo.blocks]
    parts.append(Text(f"SHA-256 of this note: {memo.sha256}", style="dim"))
    return Group(*parts)


def _view(block: Block) -> RenderableType:
    match block:
        case Heading(text):
            return Text(f"\n{harmless(text)}", style="bold")
        case Paragraph(text):
            return Text(harmless(text))
        case Quote(text, origin):
            quoted = Text.assemble(f"“{harmless(text)}”\n", (harmless(origin), "dim"))
            return Padding(quoted, (0, 0, 0, 4))
        case Link(label, url):
            return Text(f"{harmless(label)}: {harmless(url)}", style="dim")
        case Grid(columns, rows):
            table = Table(*columns, box=None, pad_edge=False)
            for row in rows:
                table.add_row(*(Text(harmless(cell)) for cell in row))
            return table

"""What an importer reads from a file, before it is known which of our companies it speaks of."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A company as a file names it.

    Attributes
    ----------
    external_id : str
        What tells it from the file's other companies ("cik-0001045810"); its id if we do not know it.
    parent : str or None
        Its owner's id or name, as the file has it.
    """

    row: int
    external_id: str
    name: str
    country: str | None = None
    parent: str | None = None
    names: tuple[tuple[str, str], ...] = ()  # (kind, as written): alias, ticker, lei, chinese_name
    id_given: bool = True  # and not made of the name


@dataclass(frozen=True, slots=True)
class ListRow:
    """An entry of an official list."""

    row: int
    list_code: str
    entry_id: str
    name: str
    aliases: tuple[str, ...] = ()
    listed_on: str | None = None
    source: str = ""
    is_company: bool = True  # and not a ship or an aircraft


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that cannot be taken."""

    row: int
    reason: str


@dataclass
class ImportTally:
    """What became of the rows."""

    rows: int = 0
    known: int = 0  # are, or name, a company of the knowledge files or imported before
    added: int = 0
    made: int = 0  # companies that were known by a list's entry alone
    faults: list[RowFault] = field(default_factory=list)


Row = CompanyRow | ListRow | RowFault

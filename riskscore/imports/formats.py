"""Files in, rows out: SEC tickers, the Consolidated Screening List, OpenSanctions targets, one's own CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import orjson

from riskscore.companies.search import fold_name
from riskscore.errors import InputError
from riskscore.imports.records import CompanyRow, ListRow, Row, RowFault

ImportFormat = Literal["sec", "csl", "opensanctions", "csv"]
FORMATS: tuple[ImportFormat, ...] = get_args(ImportFormat)

_MAX_BYTES = 1_000_000_000
_MAX_CIK = 10**10  # the SEC's numbers have ten digits at most
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}\Z")
_LISTED_KINDS = {"company", "organization", "legalentity", "entity", "vessel", "airplane", "aircraft", ""}
_NO_COMPANIES = {"vessel", "airplane", "aircraft"}
_STATE = re.compile(r"(?:\s*[/\\][A-Z .]{2,12}[/\\]?)+\s*\Z")  # "BANK OF AMERICA CORP /DE/"


def read_rows(path: Path, format: ImportFormat) -> list[Row]:
    """All rows of a file.

    Raises
    ------
    InputError
        The file cannot be read, or is not of that format.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path.name} is larger than {_MAX_BYTES:,} bytes")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text: invalid byte at offset {error.start}") from None
    rows = list(_READERS[format](text, path.name))
    if not rows:
        raise InputError(f"{path.name} holds no rows")
    return rows


def _json(text: str, name: str, expected: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{name} is not {expected}: {error}") from None


def _table(
    text: str, name: str, needed: Sequence[str], expected: str
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows of a CSV file with their line numbers; columns by lower-case name."""
    csv.field_size_limit(16_000_000)
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        columns = {column.strip().lower(): column for column in reader.fieldnames or ()}
    except csv.Error as error:
        raise InputError(f"{name} is not {expected}: {error}") from None
    missing = [column for column in needed if column not in columns]
    if missing:
        raise InputError(
            f"{name} is not {expected}: it has no column {', '.join(missing)}; its columns are "
            f"{', '.join(columns) or 'none'}"
        )
    try:
        for row in reader:
            yield (
                reader.line_num,
                {column: (row[written] or "").strip() for column, written in columns.items()},
            )
    except csv.Error as error:
        raise InputError(f"{name} is not {expected}: line {reader.line_num}: {error}") from None


def _sec(text: str, name: str) -> Iterator[Row]:
    expected = 'the SEC\'s company_tickers.json: {"0": {"cik_str": 1045810, "ticker": …, "title": …}}'
    content = _json(text, name, expected)
    if not isinstance(content, dict):
        raise InputError(f"{name} is not {expected}")
    companies: dict[int, tuple[int, str, list[str]]] = {}
    for number, entry in enumerate(content.values(), 1):
        try:
            cik, title, ticker = int(entry["cik_str"]), str(entry["title"]), str(entry["ticker"])
            if not 0 < cik < _MAX_CIK:
                raise ValueError
        except (TypeError, KeyError, ValueError):
            yield RowFault(number, "has no cik_str, title and ticker")
            continue
        companies.setdefault(cik, (number, _STATE.sub("", title) or title, []))[2].append(ticker)
    for cik, (number, title, tickers) in companies.items():
        names = tuple(("ticker", ticker) for ticker in dict.fromkeys(tickers))
        yield CompanyRow(number, f"cik-{cik:010d}", title, names=names)


def _csl(text: str, name: str) -> Iterator[Row]:
    if not text.lstrip().startswith(("{", "[")):
        yield from _csl_table(text, name)
        return
    expected = 'the Consolidated Screening List: {"results": [{"id": …, "name": …, "source": …}]}'
    content = _json(text, name, expected)
    entries = content.get("results") if isinstance(content, dict) else content
    if not isinstance(entries, list):
        raise InputError(f"{name} is not {expected}")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not entry.get("name") or not entry.get("source"):
            yield RowFault(number, "has no name and source")
            continue
        kind = str(entry.get("type") or "").lower()
        if kind == "individual":
            continue
        yield ListRow(
            row=number,
            list_code=_list_code(str(entry["source"])),
            entry_id=str(entry.get("id") or entry.get("entity_number") or _name_as_id(str(entry["name"])))[
                :200
            ],
            name=str(entry["name"]),
            aliases=tuple(str(alias) for alias in _listed(entry.get("alt_names"))),
            listed_on=_date(entry.get("start_date")),
            source=str(
                entry.get("source_list_url") or entry.get("source_information_url") or entry["source"]
            ),
            is_company=kind not in _NO_COMPANIES,
        )


def _csl_table(text: str, name: str) -> Iterator[Row]:
    for number, row in _table(text, name, ("source", "name"), "the Consolidated Screening List"):
        if not row["name"] or not row["source"]:
            yield RowFault(number, "has no name and source")
        elif row.get("type", "").lower() != "individual":
            yield ListRow(
                row=number,
                list_code=_list_code(row["source"]),
                entry_id=(row.get("_id") or row.get("entity_number") or _name_as_id(row["name"]))[:200],
                name=row["name"],
                aliases=_split(row.get("alt_names", ""), ";"),
                listed_on=_date(row.get("start_date")),
                source=row.get("source_list_url") or row["source"],
                is_company=row.get("type", "").lower() not in _NO_COMPANIES,
            )


def _list_code(source: str) -> str:
    """ "Entity List (EL) - Bureau of Industry and Security" → "Entity List"."""
    return re.split(r"\s+\(|\s+-\s+", source, maxsplit=1)[0][:80]


def _opensanctions(text: str, name: str) -> Iterator[Row]:
    if not text.lstrip().startswith("{"):
        yield from _opensanctions_table(text, name)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            entity = orjson.loads(line)
            properties = entity["properties"]
            names = [str(written) for written in (*properties.get("name", ()), *properties.get("alias", ()))]
            caption = str(entity.get("caption") or names[0])
            datasets = [str(dataset) for dataset in entity.get("datasets", ())] or ["opensanctions"]
            identity, schema = str(entity["id"]), str(entity.get("schema", ""))
        except (orjson.JSONDecodeError, TypeError, KeyError, IndexError, AttributeError):
            yield RowFault(number, "is no entity of OpenSanctions: it wants id, caption and properties")
            continue
        if schema.lower() not in _LISTED_KINDS:
            continue
        for dataset in datasets:
            yield ListRow(
                row=number,
                list_code=dataset[:80],
                entry_id=identity[:200],
                name=caption,
                aliases=tuple(dict.fromkeys(names)),
                listed_on=_date(next(iter(_listed(properties.get("listingDate"))), entity.get("first_seen"))),
                source=str(
                    next(
                        iter(_listed(properties.get("sourceUrl"))),
                        f"https://www.opensanctions.org/entities/{identity}",
                    )
                ),
                is_company=schema.lower() not in _NO_COMPANIES,
            )


def _opensanctions_table(text: str, name: str) -> Iterator[Row]:
    for number, row in _table(text, name, ("id", "name", "schema"), "an OpenSanctions targets file"):
        if not row["id"] or not row["name"]:
            yield RowFault(number, "has no id and name")
        elif row["schema"].lower() in _LISTED_KINDS:
            for dataset in _split(row.get("dataset", ""), ";") or ("opensanctions",):
                yield ListRow(
                    row=number,
                    list_code=dataset[:80],
                    entry_id=row["id"][:200],
                    name=row["name"],
                    aliases=_split(row.get("aliases", ""), ";"),
                    listed_on=_date(row.get("first_seen")),
                    source=f"https://www.opensanctions.org/entities/{row['id']}",
                    is_company=row["schema"].lower() not in _NO_COMPANIES,
                )


def _own(text: str, name: str) -> Iterator[Row]:
    """Columns: name; and, where there are any, id, aliases, tickers, lei, chinese_name, country, parent.

    Several aliases or tickers are separated by |.
    """
    seen: set[str] = set()
    for number, row in _table(text, name, ("name",), "a list of companies"):
        if not row["name"]:
            yield RowFault(number, "has no name")
            continue
        lei = row.get("lei", "").upper()
        if lei and not _is_lei(lei):
            yield RowFault(number, f"{lei!r} is no LEI: 20 characters whose check digits fit")
            continue
        country = row.get("country", "").upper()
        if country and not re.fullmatch("[A-Z]{2}", country):
            yield RowFault(number, f"{country!r} is no country code of two letters (ISO 3166-1)")
            continue
        external_id = row.get("id") or f"own-{'-'.join(_name_as_id(row['name']).split())}"[:200]
        if external_id in seen:
            yield RowFault(number, f"{external_id!r} was there before; give each company an id of its own")
            continue
        seen.add(external_id)
        names = [("alias", alias) for alias in _split(row.get("aliases", ""), "|")]
        names += [("ticker", ticker) for ticker in _split(row.get("tickers") or row.get("ticker") or "", "|")]
        names += [("chinese_name", written) for written in _split(row.get("chinese_name", ""), "|")]
        if lei:
            names.append(("lei", lei))
        yield CompanyRow(
            number,
            external_id,
            row["name"],
            country or None,
            row.get("parent") or None,
            tuple(names),
            id_given=bool(row.get("id")),
        )


def _is_lei(written: str) -> bool:
    """ISO 17442: the letters as numbers from 10 on, modulo 97, give 1."""
    return bool(_LEI.match(written)) and int("".join(str(int(c, 36)) for c in written)) % 97 == 1


def _split(written: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in written.split(separator) if part.strip())


def _name_as_id(name: str) -> str:
    return fold_name(name) or name  # of a name without a letter nothing would be left


def _listed(value: object) -> list[object]:
    """A JSON list, or nothing where a file has something else in its place."""
    return value if isinstance(value, list) else []


def _date(written: object) -> str | None:
    found = re.match(r"\d{4}(-\d{2}(-\d{2})?)?", str(written or ""))
    return found[0] if found else None


_READERS: dict[ImportFormat, Callable[[str, str], Iterator[Row]]] = {
    "sec": _sec,
    "csl": _csl,
    "opensanctions": _opensanctions,
    "csv": _own,
}

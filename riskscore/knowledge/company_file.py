"""companies.csv → companies by id, each name, ticker and Chinese name claimed once."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from pathlib import Path

from riskscore.companies.tickers import EXCHANGES, market_of, spellings
from riskscore.knowledge.faults import Faults
from riskscore.types import Company

COLUMNS = ("company_id", "name", "aliases", "tickers", "country", "roles", "chinese_name", "ambiguous")

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_TICKER = re.compile(r"([A-Z]+):([A-Z0-9]+(?:[.-][A-Z0-9]+)?)\Z")
_WRITTEN_NAME = re.compile(r"\w[^()\[\]|\s]*(?: [^()\[\]|\s]+)*\Z")
_CJK = re.compile(r"[\u3400-\u9fff]")


def read_companies(path: Path, roles: Collection[str], faults: Faults) -> dict[str, Company]:
    """Companies by id, in file order; whatever is amiss goes to `faults`."""
    # Quotes are not used, so that a row is a line and a stray quotation mark cannot swallow the rest.
    rows = csv.reader(faults.read(path).splitlines(), quoting=csv.QUOTE_NONE)
    header = next(rows, None)
    if header is None:
        faults.add(path, 1, "no header line")
        return {}
    missing = [column for column in COLUMNS if column not in header]
    if missing or len(header) != len(COLUMNS):
        unknown = [column for column in header if column not in COLUMNS]
        faults.add(path, 1, f"columns missing: {missing or 'none'}; unknown or repeated: {unknown or 'some'}")
        return {}
    companies: dict[str, Company] = {}
    claims: dict[str, str] = {}
    for values in rows:
        line = rows.line_num
        if len(values) != len(header):
            faults.add(path, line, f"{len(values)} columns instead of {len(header)}")
            continue
        company = _company(dict(zip(header, values, strict=True)))
        wrong = _row_faults(company, roles)
        if company.company_id in companies:
            wrong.append(f"company_id {company.company_id!r} is used twice")
        for claim in _claims(company):
            claimant = claims.setdefault(claim, company.company_id)
            if claimant != company.company_id:
                wrong.append(f"{claim} is claimed by {claimant!r} too")
        for what in wrong:
            faults.add(path, line, what)
        companies.setdefault(company.company_id, company)
    return companies


def _company(row: dict[str, str]) -> Company:
    def several(column: str) -> tuple[str, ...]:
        return tuple(row[column].split("|")) if row[column] else ()

    return Company(
        company_id=row["company_id"],
        name=row["name"],
        aliases=several("aliases"),
        tickers=several("tickers"),
        country=row["country"],
        roles=several("roles"),
        chinese_name=row["chinese_name"] or None,
        ambiguous=several("ambiguous"),
    )


def _row_faults(company: Company, roles: Collection[str]) -> list[str]:
    faults = []
    if not _ID.match(company.company_id):
        faults.append(f"company_id {company.company_id!r} is not lower-case words joined by hyphens")
    names = (company.name, *company.aliases)
    for name in names:
        if not _WRITTEN_NAME.match(name):
            faults.append(f"name {name!r} is empty, bracketed, badly spaced or starts with a sign")
    faults += [f"name {name!r} stands twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if company.country and not _COUNTRY.match(company.country):
        faults.append(f"country {company.country!r} is not an ISO 3166-1 alpha-2 code")
    if not company.roles:
        faults.append("no role; write 'other' when none fits")
    faults += [f"unknown role {role!r}" for role in company.roles if role not in roles]
    for ticker in company.tickers:
        found = _TICKER.match(ticker)
        if not found or found[1] not in EXCHANGES:
            faults.append(f"bad ticker {ticker!r}; write EXCHANGE:SYMBOL, as in NASDAQ:NVDA")
    if company.chinese_name and not _CJK.search(company.chinese_name):
        faults.append(f"chinese_name {company.chinese_name!r} has no Chinese character")
    faults += [
        f"ambiguous {name!r} is neither the name nor an alias"
        for name in company.ambiguous
        if name not in names
    ]
    return faults


def _claims(company: Company) -> list[str]:
    """What no second company may claim, each put as a fault would name it."""
    claims = [f"name {name.casefold()!r}" for name in (company.name, *company.aliases)]
    if company.chinese_name:
        claims.append(f"chinese_name {company.chinese_name!r}")
    for ticker in filter(_TICKER.match, company.tickers):
        exchange, _, symbol = ticker.partition(":")
        if exchange in EXCHANGES:
            claims += [f"ticker {form} ({market_of(exchange)})" for form in spellings(exchange, symbol)]
    return claims

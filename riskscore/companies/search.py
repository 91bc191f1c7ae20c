"""A query as a person types it → the companies meant, best first; the lookup behind `/v1/companies?q=`.

Not on the scoring path: a typo or half a name is welcome here and would be a false mention there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property

from riskscore.types import Company

_WORD = re.compile(r"\w+")
_LEGAL_WORD = re.compile(
    r"(?:inc|incorporated|corp|corporation|co|company|ltd|limited|plc|llc|llp|lp|ag|se|sa|nv|bv|gmbh|ab)\Z"
)
_EXACT, _PREFIX, _WORD_PREFIX = 300.0, 200.0, 150.0  # above any fuzzy ratio, which ends at 100
_LEAST_RATIO = 72.0  # "nvdia" (91) and "qualcom" (93) pass; "meta" for "beta" (75) is let in, last
LEAST_LENGTH = 3  # of a query for which names that are merely alike are looked at
_MAX_QUERY_CHARACTERS = 200


class CompanyIndex:
    """Names, aliases, tickers and Chinese names of companies, folded for lookup."""

    def __init__(self, companies: Iterable[Company]) -> None:
        self._companies = {company.company_id: company for company in companies}

    @cached_property
    def _forms(self) -> list[tuple[str, str]]:
        forms: list[tuple[str, str]] = []
        for company in self._companies.values():
            names = [
                company.name,
                *company.aliases,
                *([company.chinese_name] if company.chinese_name else []),
            ]
            for ticker in company.tickers:
                names += [ticker, ticker.partition(":")[2]]
            folded = filter(None, dict.fromkeys(map(fold_name, names)))
            forms += ((form, company.company_id) for form in folded)
        return forms

    def search(self, query: str, limit: int = 10) -> list[Company]:
        """Companies that `query` may mean, best first: exact name or ticker, prefix, then alike.

        Parameters
        ----------
        query : str
            Name, alias, ticker ("NVDA", "HKEX:0981") or Chinese name, typos allowed; characters beyond
            the first 200 are not read. A blank query finds nothing.
        limit : int
            At most so many results; 0 or less gives none.
        """
        return [company for company, _ in self.ranked(query, limit)]

    def ranked(self, query: str, limit: int = 10) -> list[tuple[Company, float]]:
        """The same, each with its likeness (see `likeness`)."""
        wanted = fold_name(query[:_MAX_QUERY_CHARACTERS])
        if not wanted or limit <= 0:
            return []
        best: dict[str, float] = {}
        for form, company_id in self._forms:
            alike = likeness(wanted, form)
            if alike > best.get(company_id, 0.0):
                best[company_id] = alike
        order = sorted(best, key=lambda company_id: (-best[company_id], company_id))
        return [(self._companies[company_id], best[company_id]) for company_id in order[:limit]]


def fold_name(name: str) -> str:
    """A name without case, accents, punctuation and legal form, so that spellings of it are equal."""
    plain = unicodedata.normalize("NFKD", name)
    words = _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)).casefold())
    kept = [word for word in words if not _LEGAL_WORD.match(word)]
    return " ".join(kept or words)


def likeness(wanted: str, form: str) -> float:
    """How alike two folded names are: above 100 where one is the other or begins it, else 0 or from 72 on."""
    if form == wanted:
        return _EXACT
    closeness = len(wanted) / max(len(form), len(wanted))
    if form.startswith(wanted):
        return _PREFIX + closeness
    if f" {wanted}" in form or (not wanted.isascii() and wanted in form):
        return _WORD_PREFIX + closeness
    if len(wanted) < LEAST_LENGTH:
        return 0.0
    # Imported here: the scoring path builds an index but never searches it.
    from rapidfuzz import fuzz

    return max(
        fuzz.ratio(wanted, form, score_cutoff=_LEAST_RATIO),
        fuzz.token_sort_ratio(wanted, form, score_cutoff=_LEAST_RATIO),
    )

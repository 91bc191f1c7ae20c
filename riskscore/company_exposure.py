"""The companies that a document names in, how the measure touches each of them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskscore.companies.mentions import relevance
from riskscore.examination import Examined
from riskscore.exposure import ExposureScorer
from riskscore.features import FeatureReader, Reading
from riskscore.knowledge import Knowledge
from riskscore.portfolio.matcher import Portfolio
from riskscore.types import CompanyExposure, Document, Regime


class NamedCompanies:
    """Judges the companies of the knowledge files, and those that a user imported.

    Parameters
    ----------
    knowledge : Knowledge
    reader : FeatureReader
    exposure : ExposureScorer
    """

    def __init__(self, knowledge: Knowledge, reader: FeatureReader, exposure: ExposureScorer) -> None:
        self._companies = knowledge.companies
        self._reader = reader
        self._exposure = exposure

    def known(
        self, document: Document, examined: Examined, flagged: Sequence[Regime]
    ) -> tuple[CompanyExposure, ...]:
        """Exposure of the companies of the knowledge files, the most exposed first."""
        reading = examined.reading
        if not reading.mentions:
            return ()
        names = {company_id: self._companies[company_id].name for company_id in reading.by_company}
        probabilities = dict(zip(names, examined.exposures(flagged), strict=True))
        return self._judged(document, reading, names, probabilities)

    def imported(
        self, document: Document, reading: Reading, flagged: Sequence[Regime], portfolio: Portfolio
    ) -> tuple[CompanyExposure, ...]:
        """Exposure of the user's own companies, judged as the model was trained: with every name masked.

        Parameters
        ----------
        reading : Reading
            Of the document, with the mentions of the companies of the knowledge files.
        """
        ours = portfolio.find(reading.text, reading.mentions)
        if not ours:
            return ()
        # A name of ours may stand around one of the knowledge files': "Apple Hospitality REIT".
        known = [
            mention
            for mention in reading.mentions
            if not any(one.start <= mention.start and mention.end <= one.end for one in ours)
        ]
        mentions = sorted([*known, *ours], key=lambda mention: mention.start)
        masked = self._reader.read(reading.text, mentions=mentions, bounds=reading.bounds)
        names = {
            mention.company_id: self._companies[mention.company_id].name
            if mention.company_id in self._companies
            else portfolio.name_of(mention.company_id)
            for mention in ours
        }
        by_company = masked.by_company
        probabilities = {
            company_id: self._exposure.probability(masked, by_company[company_id], flagged, len(by_company))
            for company_id in names
        }
        return self._judged(document, masked, names, probabilities)

    def _judged(
        self,
        document: Document,
        reading: Reading,
        names: Mapping[str, str],
        probabilities: Mapping[str, float],
    ) -> tuple[CompanyExposure, ...]:
        """Of the companies with these names, by id, among all that the reading mentions."""
        weight = relevance(reading.mentions, len(reading.text), reading.text.find("\n"))
        found = []
        for company_id, spans in reading.by_company.items():
            if company_id not in names:
                continue
            located = (document.locate(start, end) for start, end in spans)
            found.append(
                CompanyExposure(
                    company_id=company_id,
                    name=names[company_id],
                    mentions=len(spans),
                    relevance=weight[company_id],
                    exposed=probabilities[company_id] >= self._exposure.threshold,
                    exposure_probability=probabilities[company_id],
                    spans=tuple([span for span in located if span is not None]),
                )
            )
        return tuple(sorted(found, key=lambda company: (-company.exposure_probability, -company.relevance)))

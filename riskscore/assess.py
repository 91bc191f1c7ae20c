"""An article in, an assessment out: composes the stages, once, in the order the house is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from riskscore.artifact.model import Model, load_model
from riskscore.companies.mentions import CompanyMatcher
from riskscore.company_exposure import NamedCompanies
from riskscore.composition import SCORES_ALONE, Composer, Wanted
from riskscore.errors import InputError
from riskscore.examination import Examiner, TextExaminer
from riskscore.exposure import ExposureScorer
from riskscore.features import FeatureReader
from riskscore.instruments import InstrumentMatcher
from riskscore.knowledge import Knowledge, load_knowledge
from riskscore.languages import CHINESE, ENGLISH, LANGUAGES, Language
from riskscore.observability.tracing import span
from riskscore.portfolio.matcher import Portfolio
from riskscore.scorer import Floats, Scorer
from riskscore.text import clean
from riskscore.types import REGIMES, Article, Assessment, CompanyExposure, Document, Regime


class Assessor:
    """Scores articles with one model and one state of the knowledge; safe to share between threads.

    Parameters
    ----------
    knowledge : Knowledge
    model : Model
        Trained with this lexicon and these company names (`load` checks it).
    compiled : bool
        Score with machine code (extra `fast`): the same numbers, some ten times faster, and half a
        second later.
    language : Language
        Of the model's heads. The further head sets of the model are loaded beside it, where their
        manifest says that they are good enough to be published.
    """

    def __init__(
        self, knowledge: Knowledge, model: Model, *, compiled: bool = False, language: Language = ENGLISH
    ) -> None:
        self.knowledge = knowledge
        self.model = model
        concepts = knowledge.chinese_concepts if language is CHINESE else knowledge.concepts
        self._reader = FeatureReader(concepts.values(), knowledge.companies.values(), language)
        self._others = {
            code: Assessor(knowledge, other, language=LANGUAGES[code])
            for code, other in model.others.items()
            if other.manifest["published"]
        }
        self.languages = (language.code, *self._others)
        scorer = Scorer(model, self._reader)
        exposure = ExposureScorer(model, self._reader)
        columns = [scorer.heads.index(f"regime:{regime}") for regime in REGIMES]
        examiner = Examiner(scorer, exposure, InstrumentMatcher(knowledge.instruments.values()), columns)
        self._examiner: TextExaminer = examiner
        if compiled:
            from riskscore.compiled.examiner import CompiledExaminer  # numba takes 0.4 s to import

            self._examiner = CompiledExaminer(examiner)
        self._companies = NamedCompanies(knowledge, self._reader, exposure)
        self._composer = Composer(knowledge, model, self._examiner, self._companies)

    @classmethod
    def load(
        cls,
        model_dir: Path | None = None,
        version: str | None = None,
        *,
        compiled: bool = False,
        knowledge: Knowledge | None = None,
    ) -> Assessor:
        """Load the packaged knowledge and a model artifact (the latest shipped one by default).

        Parameters
        ----------
        compiled : bool
            Score with machine code where numba is installed: worth its start for more than some hundred
            articles.
        knowledge : Knowledge, optional
            Loaded already; several models then share one.

        Raises
        ------
        KnowledgeError, ArtifactError
        """
        knowledge = knowledge or load_knowledge()
        model = load_model(
            model_dir,
            version,
            lexical_hash=knowledge.lexical_hash,
            other_lexical_hashes={CHINESE.code: knowledge.chinese_lexical_hash},
        )
        return cls(knowledge, model, compiled=compiled and find_spec("numba") is not None)

    @property
    def companies(self) -> CompanyMatcher:
        """The companies that can be found and looked up."""
        return self._reader.companies

    def assess(
        self,
        article: Article,
        *,
        max_contributions: int | None = 20,
        max_evidence: int = 5,
        verify: bool = False,
        base_rate: float | None = None,
        portfolio: Portfolio | None = None,
    ) -> Assessment:
        """Score one article with its reasons.

        Parameters
        ----------
        article : Article
        max_contributions : int or None
            Largest contributions kept per regime; None keeps every one.
        max_evidence : int
            Evidence sentences kept per regime.
        verify : bool
            Also test the evidence of flagged regimes by deleting it; scores the text some ten times more.
        base_rate : float, optional
            Share of positives, 0-1 exclusive, in the stream that the article comes from: probabilities are
            shifted to it (`capacity.prior_shift`) before anything is made of them. By default they are
            those of the training corpus, in which positives are far commoner than in a general feed.
        portfolio : Portfolio, optional
            Companies of the user's own, which are looked for too (`Assessment.imported`). They change nothing
            else: to the model their names are words like any other.

        Returns
        -------
        Assessment
            ``abstained`` with a reason, and no scores, for text that the model cannot judge.

        Raises
        ------
        InputError, TooLargeError
        """
        self._composer.shifts(base_rate)  # one that cannot be applied is refused before any work
        wanted = Wanted(max_contributions, max_evidence, True, verify, base_rate, portfolio)
        with span("clean"):
            document = clean(article, languages=self.languages)
        return self._assessed([article], [document], wanted)[0]

    def assess_many(
        self, articles: Iterable[Article], *, rationale: bool = False
    ) -> list[Assessment | InputError]:
        """Score many articles; an article at fault has its error in its place and never stops the rest.

        Parameters
        ----------
        articles : iterable of Article
        rationale : bool
            Also give contributions, evidence and reason codes, as `assess` does; without them it takes
            a fraction of the time.
        """
        found: list[Assessment | InputError | None] = []
        sound: list[Article] = []
        documents: list[Document] = []
        for article in articles:
            try:
                documents.append(clean(article, languages=self.languages))
            except InputError as error:
                found.append(error)
            else:
                sound.append(article)
                found.append(None)
        wanted = Wanted(20, 5, reason_codes=True, verification=False) if rationale else SCORES_ALONE
        assessed = iter(self._assessed(sound, documents, wanted))
        return [next(assessed) if error is None else error for error in found]

    def search(
        self, article: Article, flagged: Sequence[Regime], portfolio: Portfolio
    ) -> tuple[CompanyExposure, ...]:
        """The companies of the user's own that an article names, without scoring it again.

        Parameters
        ----------
        flagged : sequence of Regime
            What the article was flagged for, by this model.

        Returns
        -------
        tuple of CompanyExposure
            What `assess` gives as `imported`; nothing for a text that the model cannot judge.

        Raises
        ------
        InputError, TooLargeError
        """
        document = clean(article, languages=self.languages)
        if document.abstain_reason is not None:
            return ()
        other = self._others.get(document.language or "")
        return (other or self)._searched(document, flagged, portfolio)

    def _searched(
        self, document: Document, flagged: Sequence[Regime], portfolio: Portfolio
    ) -> tuple[CompanyExposure, ...]:
        reading = self._reader.read(document.text, bounds=document.sentences)
        return self._companies.imported(document, reading, flagged, portfolio)

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """Decision values of clean texts for all heads of the model, shape (n_texts, n_heads)."""
        return self._examiner.score(texts)

    def _assessed(
        self, articles: Sequence[Article], documents: Sequence[Document], wanted: Wanted
    ) -> list[Assessment]:
        found: dict[int, Assessment] = {}
        judged: list[int] = []
        for at, (article, document) in enumerate(zip(articles, documents, strict=True)):
            if document.abstain_reason is not None:
                found[at] = self._composer.abstained(article, document, wanted)
            elif document.language in self._others:
                found[at] = self._others[document.language]._assessed([article], [document], wanted)[0]
            else:
                judged.append(at)
        read = [documents[at] for at in judged]
        with span("score", **{"riskscore.articles": len(judged)}):
            examined = self._examiner.examine(read, wanted.asked)
        with span("rationale"):
            composed = self._composer.composed([articles[at] for at in judged], read, examined, wanted)
        found |= zip(judged, composed, strict=True)
        return [found[at] for at in range(len(articles))]

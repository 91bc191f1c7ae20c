"""The tables of the store. Schema changes need a migration; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from riskscore.store.times import UtcDateTime
from riskscore.types import REGIMES

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives row ids to INTEGER columns only.
_Key = BigInteger().with_variant(Integer(), "sqlite")

# Near-duplicates: the article that came first leads the story, and its signature stands for it.
stories = Table(
    "stories",
    metadata,
    Column("story_id", String(40), primary_key=True),
    Column("title", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("signature", LargeBinary, nullable=False),  # MinHash, see riskscore.stories
)

# One row for each story in which a band of the signature occurs. Two writers that see the same band
# take the same next ordinal, so that the second to commit fails, looks again and finds the story.
story_bands = Table(
    "story_bands",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("story_id", ForeignKey("stories.story_id", ondelete="CASCADE"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

articles = Table(
    "articles",
    metadata,
    Column("article_id", String(40), primary_key=True),  # made of the content hash
    Column("story_id", ForeignKey("stories.story_id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("body", LargeBinary),  # zlib of UTF-8; NULL when not kept
    Column("body_field", String(4)),  # "text" or "html"; NULL when the article had no body
    Column("url", Text),
    Column("source", Text),
    Column("language", String(35)),
    Column("published_at", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False, index=True),
    CheckConstraint("body_field IN ('text', 'html')", name="body_field"),
)

# Immutable: scoring an article again adds a row.
assessments = Table(
    "assessments",
    metadata,
    Column("assessment_key", _Key, primary_key=True),
    Column("assessment_id", String(40), nullable=False, index=True),
    Column("article_id", ForeignKey("articles.article_id", ondelete="CASCADE"), nullable=False),
    Column("model_version", Text, nullable=False),
    Column("knowledge_hash", String(64), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("abstained", Boolean, nullable=False),
    Column("score", Float),
    Column("answer", LargeBinary, nullable=False),  # zlib of the API's JSON
    Column("answer_sha256", String(64), nullable=False),
    UniqueConstraint("article_id", "model_version", "knowledge_hash"),
)

# What an assessment says of a company, laid out so that a company's risk is one range of one table.
# `valid_to` is set when the article is scored again, or searched again for imported companies: the rows in
# force at a moment are those that were valid then.
mentions = Table(
    "mentions",
    metadata,
    Column("company_id", String(200), primary_key=True),
    Column("observed_at", UtcDateTime, primary_key=True),  # published, or received where that is unknown
    Column(
        "assessment_key",
        ForeignKey("assessments.assessment_key", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("article_id", ForeignKey("articles.article_id", ondelete="CASCADE"), nullable=False, index=True),
    Column(
        "story_id", String(40), nullable=False
    ),  # the article's; no foreign key, which would need an index
    Column("source", Text),
    Column("received_at", UtcDateTime, nullable=False),
    Column("valid_from", UtcDateTime, primary_key=True),
    Column("valid_to", UtcDateTime),
    Column("mentions", Integer, nullable=False),
    Column("relevance", Float, nullable=False),
    Column("exposure_probability", Float, nullable=False),
    Column("exposed", Boolean, nullable=False),
    Column("stage", String(20)),
    Column("direction", String(20)),
    Column("flagged", Boolean, nullable=False),
    *(Column(f"{regime}_score", Float, nullable=False) for regime in REGIMES),
    *(Column(f"{regime}_severity", Integer, nullable=False) for regime in REGIMES),  # 0: not flagged
    Column("instruments", Text, nullable=False),  # ids of the reason codes, separated by blanks
    Column(
        "portfolio_key", BigInteger
    ),  # of the portfolio with which it was found; NULL: by the model's own names
    # The ranking of all companies reads what is flagged and in force, and nothing else.
    Index(
        "ix_mentions_in_force",
        "observed_at",
        postgresql_where=text("flagged AND valid_to IS NULL"),
        sqlite_where=text("flagged AND valid_to IS NULL"),
    ),
    # One company's. With all that an answer reads, lest PostgreSQL fetch each row from a page of its own:
    # of a million rows, 5,000 take 1 ms so, and 19 ms else. SQLite's table lies in this order anyway, and
    # takes longer by way of an index.
    Index(
        "ix_mentions_of_company",
        "company_id",
        "observed_at",
        postgresql_include=[
            *("story_id", "article_id", "assessment_key", "relevance", "exposure_probability", "exposed"),
            *("stage", "direction", "instruments"),
            *(f"{regime}_{what}" for what in ("score", "severity") for regime in REGIMES),
        ],
        postgresql_where=text("flagged AND valid_to IS NULL"),
        info={"dialect": "postgresql"},
    ),
    # The same for the question how much news there is, flagged or not.
    Index(
        "ix_mentions_coverage",
        "company_id",
        "observed_at",
        postgresql_include=["source", "story_id", "assessment_key"],
        postgresql_where=text("valid_to IS NULL"),
        info={"dialect": "postgresql"},
    ),
    Index("ix_mentions_assessment_key", "assessment_key"),
    sqlite_with_rowid=False,
)

# What the imported companies were when articles were searched for them.
portfolios = Table(
    "portfolios",
    metadata,
    Column("portfolio_key", _Key, primary_key=True),
    Column("sha256", String(64), nullable=False),  # of all names and of the rules by which they are found
    Column("version", BigInteger, nullable=False),  # of the imported companies; counts up with each change
    Column("companies", Integer, nullable=False),
    Column("names", Integer, nullable=False),
    Column("first_used_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),  # when all stored articles had been searched with it
    Column("skipped", Integer, nullable=False),  # of them, those that could not be
    UniqueConstraint("sha256", "version"),
)

# With which portfolio the mentions of an assessment were found, each time that it was searched.
searches = Table(
    "searches",
    metadata,
    Column(
        "assessment_key",
        ForeignKey("assessments.assessment_key", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("searched_at", UtcDateTime, primary_key=True),
    Column("portfolio_key", ForeignKey("portfolios.portfolio_key"), nullable=False),
    sqlite_with_rowid=False,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("article_id", ForeignKey("articles.article_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

# The feed of changes has no gaps and no late comers: the counter's row lock orders the writers.
change_counter = Table(
    "change_counter",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("last", BigInteger, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("recorded_at", UtcDateTime, nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("subject", Text, nullable=False),  # JSON: the ids concerned
)

# Companies of the user's own, beside those of the knowledge files, and facts about either.
companies = Table(
    "companies",
    metadata,
    Column("company_id", String(200), primary_key=True),
    Column("name", Text, nullable=False),
    Column("country", String(2)),
    Column("parent_id", String(200), index=True),
    Column("origin", String(40), nullable=False),  # which importer brought it
    Column("imported_at", UtcDateTime, nullable=False),
    # Of the imported companies, since which its names are as they are; 0 where no article was stored before.
    Column("names_version", BigInteger, nullable=False),
)

company_aliases = Table(
    "company_aliases",
    metadata,
    Column("folded", String(400), primary_key=True),  # see riskscore.companies.search
    Column("company_id", String(200), primary_key=True),
    Column("kind", String(20), primary_key=True),  # name, alias, ticker, lei, chinese_name
    Column("alias", Text, nullable=False),
    Column("origin", String(40), nullable=False),  # which importer brought it
    Index("ix_company_aliases_company_id", "company_id"),
    sqlite_with_rowid=False,
)

list_memberships = Table(
    "list_memberships",
    metadata,
    Column("membership_key", _Key, primary_key=True),
    Column("list_code", String(80), nullable=False),
    Column("entry_id", String(200), nullable=False),
    Column("company_id", String(200), index=True),  # NULL: no company we know
    Column("name", Text, nullable=False),
    Column("listed_on", String(10)),  # ISO date, as precise as the source gives it
    Column("source", Text, nullable=False),
    Column("retrieved_at", UtcDateTime, nullable=False),
    UniqueConstraint("list_code", "entry_id"),
)

watchlists = Table(
    "watchlists",
    metadata,
    Column("watchlist_id", String(80), primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

watchlist_members = Table(
    "watchlist_members",
    metadata,
    Column("watchlist_id", ForeignKey("watchlists.watchlist_id", ondelete="CASCADE"), primary_key=True),
    Column("company_id", String(200), primary_key=True),
    Column("added_at", UtcDateTime, nullable=False),
)

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("hold_key", _Key, primary_key=True),
    Column("kind", String(10), nullable=False),  # article, story, company
    Column("target_id", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("released_at", UtcDateTime),
    CheckConstraint("kind IN ('article', 'story', 'company')", name="kind"),
    Index("ix_legal_holds_target", "kind", "target_id"),
)

feeds = Table(
    "feeds",
    metadata,
    Column("feed_id", String(40), primary_key=True),
    Column("url", Text, nullable=False, unique=True),  # or the path of a watched folder
    Column("kind", String(10), nullable=False),
    Column("name", Text),
    Column("added_at", UtcDateTime, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("checked_at", UtcDateTime),
    Column("succeeded_at", UtcDateTime),
    Column("next_due_at", UtcDateTime, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
    Column("last_error", Text),
    CheckConstraint("kind IN ('web', 'folder')", name="kind"),
)

"""The `riskscore` command: words typed in a terminal in, answers for people or programs out.

Whatever takes long to import is imported by the command that needs it, so that `--help` stays quick.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from riskscore import __version__
from riskscore.archive.command import app as archive
from riskscore.commands.alerts import app as alerts
from riskscore.commands.audit import app as audit
from riskscore.commands.database import app as database
from riskscore.commands.feeds import app as feeds
from riskscore.commands.keys import app as keys
from riskscore.commands.labels import app as labels
from riskscore.commands.mcp import mcp
from riskscore.commands.model import app as model
from riskscore.commands.news import ingest, risk
from riskscore.commands.portfolio import import_companies, remove_imported
from riskscore.commands.worker import worker
from riskscore.errors import InputError, RiskscoreError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from riskscore.assess import Assessor
    from riskscore.settings import Settings

_BAD_USAGE = 2


class _Commands(TyperGroup):
    """Shows the errors that we raise on purpose as one message, with exit code 2 and no traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RiskscoreError as error:
            faults = getattr(error, "faults", ())
            lines = [f"{fault.field}: {fault.message}" for fault in faults if hasattr(fault, "field")]
            for line in lines or [str(error)]:
                typer.secho(f"error: {line}", err=True, fg="red")
            raise typer.Exit(_BAD_USAGE) from None


class RegimeName(StrEnum):
    """The regimes, as the command line takes them."""

    chips = "chips"
    cloud_data = "cloud_data"
    outbound_investment = "outbound_investment"


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they would print the article
    help="How exposed each company in a news item is to US–China regulation, and why.",
)
companies = typer.Typer(no_args_is_help=True, help="The companies that articles are searched for.")
app.add_typer(companies, name="companies")
app.add_typer(archive, name="archive")
app.add_typer(alerts, name="alerts")
app.add_typer(audit, name="audit")
app.command()(ingest)
app.command()(worker)
app.command()(mcp)
companies.command()(risk)
companies.command("import")(import_companies)
companies.command("remove")(remove_imported)
app.add_typer(database, name="db")
app.add_typer(feeds, name="feeds")
app.add_typer(keys, name="keys")
app.add_typer(labels, name="labels")
app.add_typer(model, name="model")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    insecure_no_keys: Annotated[
        bool,
        typer.Option("--insecure-no-keys", help="Serve other machines although no API key was made."),
    ] = False,
    require_keys: Annotated[
        bool, typer.Option("--require-keys", help="Ask every caller for an API key.")
    ] = False,
    reload: Annotated[bool, typer.Option("--reload", help="Restart when the code changes.")] = False,
) -> None:
    """Serve the HTTP API."""
    import gc

    import uvicorn

    from riskscore.commands.keys import has_valid_keys
    from riskscore.observability.logs import configure_logging
    from riskscore.settings import load_settings, require_safe_host

    settings = load_settings(
        host=host,
        port=port,
        insecure_no_keys=insecure_no_keys or None,
        require_keys=require_keys or None,
    )
    require_safe_host(settings, lambda: has_valid_keys(settings))
    configure_logging(settings.log_level, settings.log_format)
    shared: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "log_config": None,
        "access_log": False,  # ours leaves query strings out
        "server_header": False,
        "timeout_graceful_shutdown": settings.shutdown_grace_s,
    }
    if reload:
        uvicorn.run("riskscore.api.app:create_app", factory=True, reload=True, **shared)
        return
    from riskscore.api.app import create_app
    from riskscore.api.connections import server_options

    served = create_app(settings)
    # Model and knowledge stay for good: left to the collector, they cost a risk query 25 ms now and then.
    gc.collect()
    gc.freeze()
    served.state.production.rotation.after_exchange = gc.freeze
    uvicorn.run(served, **shared, **server_options(settings))


@app.command()
def score(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="A text, .html or .json (request) file; - for standard input; or the text itself.",
        ),
    ] = None,
    text: Annotated[str | None, typer.Option(help="The article's text.")] = None,
    title: Annotated[str | None, typer.Option(help="Headline.")] = None,
    html: Annotated[bool, typer.Option("--html", help="Read the input as HTML.")] = False,
    url: Annotated[str | None, typer.Option(help="Where the article stands; never fetched.")] = None,
    publisher: Annotated[str | None, typer.Option("--source", help="Publisher.")] = None,
    published_at: Annotated[str | None, typer.Option(help="ISO 8601 date or date-time.")] = None,
    language: Annotated[str | None, typer.Option(help="ISO 639-1; detected when not given.")] = None,
    example: Annotated[bool, typer.Option("--example", help="Score the example that ships with it.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Also test the evidence: score the article without it.")
    ] = False,
    base_rate: Annotated[
        float | None, typer.Option(help="Share of positives in your stream; shifts probabilities to it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the API would answer.")] = False,
) -> None:
    """Score one article and say why."""
    from riskscore.api.requests import Limits, read_submission
    from riskscore.settings import load_settings
    from riskscore.wire.answers import score_answer
    from riskscore.wire.encoding import encode_json

    given = {
        "title": title,
        "url": url,
        "source": publisher,
        "published_at": published_at,
        "language": language,
    }
    request = _article_request(source, text, html=html, example=example)
    request |= {name: value for name, value in given.items() if value is not None}
    options = {"verify": verify or None, "base_rate": base_rate}
    if given_options := {name: value for name, value in options.items() if value is not None}:
        asked = request.get("options", {})
        if isinstance(asked, dict):  # anything else is refused by name when the request is read
            request["options"] = {**asked, **given_options}
    settings = load_settings()
    submission = read_submission(request, Limits.of(settings))
    assessor = context.obj or _load_assessor(settings, submission.model_version)
    if settings.has_database:
        from riskscore.commands.stores import opened_portfolio, trail_of

        with opened_portfolio(settings) as (store, portfolio):
            assessment = submission.assess(assessor, portfolio)
            answer = encode_json(score_answer(assessment))
            trail = trail_of(store, settings)
            trail.scored(submission.article, assessment, answer, submission.options())
    else:
        assessment = submission.assess(assessor)
        answer = encode_json(score_answer(assessment))
    if as_json:
        sys.stdout.buffer.write(answer + b"\n")
        return
    from riskscore.terminal.assessments import assessment_view

    _show(assessment_view(submission.article, assessment))


def _load_assessor(settings: Settings, version: str | None) -> Assessor:
    """Used unless the program that embeds this command put an assessor into the context's `obj`."""
    from riskscore.assess import Assessor
    from riskscore.models.choice import version_in_force

    return Assessor.load(settings.model_dir, version or version_in_force(settings))


def _article_request(source: str | None, text: str | None, *, html: bool, example: bool) -> dict[str, Any]:
    """The body of the request that the command line describes."""
    if sum((source is not None, text is not None, example)) != 1:
        raise InputError("give one of FILE (or - for standard input), --text and --example")
    if example:
        from riskscore.examples import example_request

        return example_request()
    if text is None and source is not None:
        text = _read(source)
        if Path(source).suffix == ".json":
            return _json_request(text)
        html = html or Path(source).suffix in {".html", ".htm"}
    return {"html" if html else "text": text}


def _read(source: str) -> str:
    """The content of a file or of standard input; words that are no file are the text itself."""
    if source == "-":
        content, name = sys.stdin.buffer.read(), "standard input"
    else:
        try:
            content, name = Path(source).read_bytes(), source
        except FileNotFoundError:
            if " " not in source.strip():
                raise InputError(f"there is no file {source!r}; use --text for a text") from None
            return source
        except OSError as error:
            if " " in source.strip() and len(source) > 255:  # too long for a file's name
                return source
            raise InputError(f"cannot read {source!r}: {error.strerror}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text: invalid byte at offset {error.start}") from None


def _json_request(text: str) -> dict[str, Any]:
    from riskscore.wire.encoding import decode_json

    request = decode_json(text.encode())
    if not isinstance(request, dict):
        raise InputError("the JSON file must hold one object, as POST /v1/score takes it")
    return request


@companies.command("search")
def companies_search(
    query: Annotated[str, typer.Argument(help="Name, alias, ticker, LEI or Chinese name; typos allowed.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most companies to show.")] = 10,
) -> None:
    """Look a company up: those that ship with riskscore, and your own."""
    from riskscore.commands.portfolio import find_listed
    from riskscore.settings import load_settings
    from riskscore.terminal.assessments import companies_view

    found = find_listed(load_settings(), query, limit)
    if not found:
        typer.echo(f"no company matches {query!r}")
        raise typer.Exit(1)
    _show(companies_view(found))


@app.command()
def instruments(
    regime: Annotated[RegimeName | None, typer.Option(help="Only this regime.")] = None,
) -> None:
    """List the rules, statutes and orders that scores refer to."""
    from riskscore.knowledge import load_knowledge
    from riskscore.terminal.assessments import instruments_view

    known = load_knowledge().instruments.values()
    _show(instruments_view([rule for rule in known if regime is None or rule.regime == regime.value]))


@app.command()
def settings(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print docs/configuration.md instead.")
    ] = False,
) -> None:
    """Show every setting with the value in force."""
    from riskscore.settings import load_settings, settings_markdown

    if markdown:
        typer.echo(settings_markdown(), nl=False)
        return
    from riskscore.terminal.assessments import settings_view

    _show(settings_view(load_settings()))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _show(view: RenderableType) -> None:
    from rich.console import Console

    Console(highlight=False, markup=False, emoji=False).print(view)

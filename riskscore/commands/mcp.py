"""`riskscore mcp`: assistants ask over standard input and output, and are answered from the local store."""

from __future__ import annotations

import os
import signal
import uuid
from typing import TYPE_CHECKING, Any

import typer

from riskscore.errors import SettingsError

if TYPE_CHECKING:
    from riskscore.settings import Settings


def mcp(context: typer.Context) -> None:
    """Answer assistants over standard input and output (Model Context Protocol). Changes nothing.

    For the configuration of an assistant, which starts this command itself; it ends with its input. The
    database is the one of RISKSCORE_DATABASE_URL. Questions stand in the audit ledger.
    """
    from riskscore.observability.logs import configure_logging
    from riskscore.settings import load_settings

    settings = load_settings()
    configure_logging(
        settings.log_level, settings.log_format
    )  # to standard error: the output is the protocol's
    _require_database(settings)
    _serve(settings, context.obj)


def _require_database(settings: Settings) -> None:
    """Without one there is nothing to answer from, and a command that only reads makes none."""
    from riskscore.settings import printed
    from riskscore.store.late import LateStore

    if not LateStore(settings.database_url).exists():
        raise SettingsError(
            f"there is no database at {printed(settings.database_url)}: set RISKSCORE_DATABASE_URL, or make "
            "one with `riskscore db upgrade` or `riskscore ingest`"
        )


def _serve(settings: Settings, assessor: Any) -> None:
    try:
        from riskscore.mcp.server import make_server
        from riskscore.mcp.tools import Caller
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        raise SettingsError("`riskscore mcp` needs the extra mcp: pip install 'riskscore[mcp]'") from None
    from riskscore.access.principal import LOCAL
    from riskscore.api.context import Context
    from riskscore.api.records import Records
    from riskscore.audit.entry import process_actor
    from riskscore.models.production import Production

    production = Production(settings, assessor, most=1, compiled=False)
    rotation, actor = production.rotation, process_actor()
    rotation.watch = None  # what an assistant asks about is no news: it does not count for drift
    records = Records(settings, rotation)

    def caller(_: object) -> Caller:
        request_id = f"mcp-{uuid.uuid4().hex}"
        return Caller(LOCAL, records.acting(actor, request_id), request_id)

    def leave(number: int, _: object) -> None:
        # The thread that reads standard input cannot be woken: end without it, but not without the ledger.
        records.close()
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    try:
        assert records.newsroom  # a database that cannot be used is told at once
        rotation.follow(settings.model_poll_s)
        make_server(Context(settings, rotation), caller).run("stdio")
    finally:
        rotation.stop()
        production.late.close()
        records.close()

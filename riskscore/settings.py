"""Environment variables `RISKSCORE_*` and overrides in, one frozen, typed `Settings` out.

Only the edges (server, command line) read it; everything further in is handed plain values.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from riskscore.errors import SettingsError

ENV_PREFIX = "RISKSCORE_"

_PASSWORD = re.compile(r"(://[^/@:]*:)[^/]*@")

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]
MailSecurity = Literal["starttls", "tls", "none"]


def _setting(
    default: object, unit: str, description: str, *, ge: float | None = None, le: float | None = None
) -> Any:
    """A field that always carries its default, unit ("" for none) and help; `ge` and `le` bound it."""
    return Field(default, ge=ge, le=le, description=description, json_schema_extra={"unit": unit})


class Settings(BaseSettings):
    """All settings of riskscore; see `docs/configuration.md`, which is made from this class."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        frozen=True,
        extra="forbid",
        protected_namespaces=("model_validate", "model_dump"),
    )

    host: str = _setting(
        "127.0.0.1",
        "",
        "Address that the server listens on. Any but a loopback address needs API keys (`riskscore keys "
        "create`).",
    )
    port: int = _setting(
        8000, "", "TCP port that the server listens on; 0 takes a free one.", ge=0, le=65_535
    )
    insecure_no_keys: bool = _setting(
        False,
        "",
        "Serve callers of other machines although no key was made. Only for where something in front of the "
        "server (a private network, an authenticating proxy) keeps strangers out. Once a key was made, keys "
        "are asked for all the same.",
    )
    require_keys: bool = _setting(
        False,
        "",
        "Ask every caller for a key, also on this machine and before the first key is made. Without it, "
        "callers of this machine need none until a key was made.",
    )
    key_refresh_s: float = _setting(
        2.0,
        "seconds",
        "Longest time until a key that was made, rotated or revoked elsewhere is known to a running server.",
        ge=0.05,
        le=60.0,
    )
    session_hours: float = _setting(
        12.0, "hours", "Time after which the pages ask for the key again.", ge=0.01, le=720.0
    )
    session_secret: SecretStr | None = _setting(
        None,
        "",
        "Secret that sessions of the pages are signed with; unset, each server makes one when it starts. Set "
        "the same on all servers behind one address, or to keep sessions over a restart: `openssl rand -hex "
        "32`. Never shown.",
    )
    allowed_hosts: str = _setting(
        "",
        "",
        "Names that callers may reach the server by (the Host header), separated by commas, besides "
        "`localhost`, any IP address, `host` and the one in `public_url`: `risk.example.com`, "
        "`.example.com` for all below it, or `*` for any name. Others are refused with status 400, so that "
        "no web page can read the service by giving its own name our address (DNS rebinding).",
    )
    model_dir: Path | None = _setting(
        None,
        "",
        "Folder with one sub-folder per model version; unset for the one of the package.",
    )
    model_version: str | None = _setting(
        None,
        "",
        "Model version that answers; unset means the one promoted last (`riskscore model promote`), and the "
        "newest of `model_dir` where none ever was. Set, it wins over every promotion.",
    )
    max_loaded_models: int = _setting(
        3,
        "models",
        "Most models that a server holds in memory, some 120 MB each: the one that answers, its challenger, "
        "then the newest others, which a request can ask for with `model_version`.",
        ge=1,
        le=100,
    )
    model_poll_s: float = _setting(
        10.0,
        "seconds",
        "Longest time until a running server follows a promotion or a rollback that was made elsewhere.",
        ge=0.05,
        le=3_600.0,
    )
    shadow_queue_items: int = _setting(
        256,
        "items",
        "Most articles that wait for the challenger; what comes on top is not compared, and counted as such.",
        ge=1,
        le=100_000,
    )
    drift_window_h: int = _setting(
        168,
        "hours",
        "Time over which drift is told: the scores of so long against the reference.",
        ge=1,
        le=8_760,
    )
    drift_min_items: int = _setting(
        200,
        "items",
        "Least articles scored within the window for a stability index (PSI); of fewer it is noise.",
        ge=20,
        le=10_000_000,
    )
    drift_psi_limit: float = _setting(
        0.25,
        "",
        "Stability index from which a `model.drift` event is sent to the endpoints with announcements.",
        ge=0.01,
        le=100.0,
    )
    drift_max_sources: int = _setting(
        100,
        "sources",
        "Most sources that drift tells apart within an hour; the others are counted together. 0 tells none "
        "apart.",
        ge=0,
        le=10_000,
    )
    drift_keep_days: int = _setting(
        92,
        "days",
        "Age at which the hourly counts of drift and of shadow scoring are deleted.",
        ge=1,
        le=36_525,
    )
    max_body_bytes: int = _setting(
        4_194_304,
        "bytes",
        "Largest request body. A larger one is refused with status 413 while it is still being read.",
        ge=1_024,
        le=1_073_741_824,
    )
    max_items: int = _setting(100, "items", "Most articles in one batch request.", ge=1, le=10_000)
    max_text_chars: int = _setting(
        500_000, "characters", "Longest `text` of one article.", ge=1_000, le=1_000_000
    )
    max_html_chars: int = _setting(
        1_000_000, "characters", "Longest `html` of one article, mark-up included.", ge=1_000, le=1_000_000
    )
    request_timeout_s: float = _setting(
        30.0,
        "seconds",
        "Longest time to read one request's body, and again the longest time to answer it.",
        ge=0.01,
        le=3_600.0,
    )
    max_waiting: int = _setting(
        128,
        "requests",
        "Most requests that wait for a thread, of those that score and again of those that look up. Further "
        "ones are refused at once with status 503 and Retry-After, so that those who wait are answered in "
        "time.",
        ge=1,
        le=100_000,
    )
    max_connections: int = _setting(
        512,
        "connections",
        "Most connections that are open at once, idle ones included; requests over others are refused with "
        "status 503. Keep it below the number of files that the process may open (`ulimit -n`).",
        ge=1,
        le=1_000_000,
    )
    header_timeout_s: float = _setting(
        10.0,
        "seconds",
        "Longest time in which a request's headers must have come; the connection is closed after it.",
        ge=0.01,
        le=3_600.0,
    )
    keep_alive_timeout_s: int = _setting(
        5, "seconds", "Time after which a connection without a further request is closed.", ge=1, le=3_600
    )
    scoring_threads: int = _setting(
        4, "threads", "Most articles scored at the same time in one process.", ge=1, le=256
    )
    database_url: str = _setting(
        "sqlite:///riskscore.db",
        "",
        "Database of articles, assessments and companies: `sqlite:///path/to/file.db` (made when it is not "
        "there) or `postgresql://user:password@host/name` (set up by `riskscore db upgrade`).",
    )
    keep_text: bool = _setting(
        True,
        "",
        "Store the bodies of articles. Without them an assessment cannot be replayed, nor an article scored "
        "again; evidence sentences are stored with each assessment all the same.",
    )
    half_life_days: float = _setting(
        90.0,
        "days",
        "Time in which a story loses half of its weight in a company's risk, unless a question says else.",
        ge=1.0,
        le=3_650.0,
    )
    bulk_max_lines: int = _setting(
        1_000_000, "lines", "Most articles in one bulk request.", ge=1, le=100_000_000
    )
    retention_text_days: int | None = _setting(
        None,
        "days",
        "Age, since it came in, at which `riskscore db prune` deletes an article's body; unset keeps bodies. "
        "Five years are 1826.",
        ge=1,
        le=36_525,
    )
    retention_record_days: int | None = _setting(
        None,
        "days",
        "Age at which `riskscore db prune` deletes an article with its assessments; unset keeps them. "
        "Ten years are 3653.",
        ge=1,
        le=36_525,
    )
    retention_change_days: int | None = _setting(
        None,
        "days",
        "Age at which `riskscore db prune` deletes entries of the change feed and idempotency keys; unset "
        "keeps them.",
        ge=1,
        le=36_525,
    )
    retention_delivery_days: int | None = _setting(
        None,
        "days",
        "Age at which `riskscore db prune` deletes deliveries that ended, with their attempts, and events "
        "that were told to all; unset keeps them. Alerts and dispositions stay.",
        ge=1,
        le=36_525,
    )
    audit: bool = _setting(
        True,
        "",
        "Record every score, query of a company, change and decision in the audit ledger, which then must be "
        "writable: what cannot be recorded is refused with status 503.",
    )
    audit_wait: bool = _setting(
        False,
        "",
        "Give no answer to a score or a query before it stands in the ledger. Off, those of the last "
        "`audit_interval_s` are lost from the ledger when the process is killed; changes and decisions never "
        "are, either way.",
    )
    audit_interval_s: float = _setting(
        0.2,
        "seconds",
        "Time for which scores and queries are gathered before they are written to the ledger together.",
        ge=0.0,
        le=60.0,
    )
    audit_backlog: int = _setting(
        20_000,
        "entries",
        "Most entries that wait while the database cannot take them; further scores and queries are refused.",
        ge=1,
        le=10_000_000,
    )
    keep_query_text: bool = _setting(
        False,
        "",
        "Write into the ledger what was asked of a company or typed to find one, and not only its hash. The "
        "text of articles is never written there.",
    )
    feed_timeout_s: float = _setting(20.0, "seconds", "Longest time to fetch one feed.", ge=0.1, le=600.0)
    feed_max_bytes: int = _setting(
        10_485_760, "bytes", "Largest feed document taken.", ge=1_024, le=1_073_741_824
    )
    feed_interval_s: int = _setting(
        900, "seconds", "Least time between two fetches of one feed.", ge=1, le=604_800
    )
    allow_private_feeds: bool = _setting(
        False,
        "",
        "Fetch feeds from loopback, private and other addresses that are not public. Off, a feed's address "
        "can lead nobody into the network behind the server.",
    )
    public_url: str = _setting(
        "",
        "",
        "Where the API is reached from outside, such as `https://risk.example.com`; links in alerts begin so "
        "and are paths where it is empty.",
    )
    delivery_concurrency: int = _setting(
        32, "attempts", "Most deliveries that one worker attempts at the same time.", ge=1, le=1_000
    )
    delivery_per_endpoint: int = _setting(
        16,
        "attempts",
        "Most of them to one endpoint, so that a slow one does not hold the others up.",
        ge=1,
        le=1_000,
    )
    delivery_timeout_s: float = _setting(
        15.0,
        "seconds",
        "Longest time of one attempt, from resolving the name to the end of the answer.",
        ge=0.1,
        le=60.0,
    )
    delivery_lease_s: float = _setting(
        60.0,
        "seconds",
        "Time that a worker has for what it claimed; what a worker that died had claimed is sent by another "
        "after it. Must be at least twice `delivery_timeout_s`, and 45 seconds where e-mail is sent.",
        ge=0.5,
        le=3_600.0,
    )
    delivery_retry_delays_s: str = _setting(
        "5,300,1800,7200,18000,36000,50400,72000,86400",
        "seconds",
        "Waits after the first, second … failed attempt, separated by commas; after the last the event is a "
        "dead letter. Each is stretched by up to a fifth. The default makes ten attempts over 75 hours.",
    )
    delivery_disable_after_h: float = _setting(
        48.0,
        "hours",
        "Time without one success after which an endpoint is disabled, and that announced; its events are "
        "kept.",
        ge=0.01,
        le=8_760.0,
    )
    delivery_allowed_networks: str = _setting(
        "",
        "",
        "Private networks that events may be sent to, separated by commas: `10.1.0.0/16, fd12::/32`. All "
        "others that are not public are refused.",
    )
    smtp_host: str | None = _setting(
        None, "", "Mail server for e-mail endpoints; unset, they cannot deliver."
    )
    smtp_port: int = _setting(587, "", "Port of the mail server.", ge=1, le=65_535)
    smtp_security: MailSecurity = _setting(
        "starttls",
        "",
        "How the connection to the mail server is encrypted; `none` is for a server on this machine.",
    )
    smtp_sender: str | None = _setting(None, "", "Sender's address of e-mail alerts.")
    smtp_user: str | None = _setting(None, "", "User at the mail server; unset, none is given.")
    smtp_password: SecretStr | None = _setting(None, "", "Password at the mail server; never shown.")
    log_level: LogLevel = _setting(
        "info",
        "",
        "Least severe log record that is written. Article text and query strings are never logged.",
    )
    log_format: LogFormat = _setting(
        "text", "", "Words for people, or one JSON object a line for a log collector."
    )
    traces: bool = _setting(
        False,
        "",
        "Send OpenTelemetry traces (extra `otel`): to where the standard variables say, first of all "
        "OTEL_EXPORTER_OTLP_ENDPOINT.",
    )
    mcp: bool = _setting(
        False,
        "",
        "Answer assistants at `/mcp` too: the Model Context Protocol (extra `mcp`), which changes nothing. "
        "Keys need the scope `read`, and `score` to have a text scored.",
    )
    shutdown_grace_s: int = _setting(
        30,
        "seconds",
        "Longest time that a server which was told to stop (SIGTERM) has for the requests it accepted; new "
        "connections are refused meanwhile.",
        ge=1,
        le=3_600,
    )
    ready_free_bytes: int = _setting(
        67_108_864,
        "bytes",
        "Least free space beside an SQLite database for the server to call itself ready.",
        ge=0,
        le=1_099_511_627_776,
    )

    @property
    def has_database(self) -> bool:
        """Whether a database was named: commands that need none do not make one by themselves."""
        return "database_url" in self.model_fields_set


@dataclass(frozen=True, slots=True)
class SettingDoc:
    """What a reader needs to know of one setting."""

    name: str
    variable: str  # environment variable
    default: str
    allowed: str
    unit: str
    description: str


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with overrides on top.

    Parameters
    ----------
    **overrides : object
        Values by setting name that win over the environment; those that are None are left out.

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        A value is unusable, or a `RISKSCORE_` variable names no setting (a slip of the pen in a
        limit must not leave the default in force unnoticed).
    """
    for variable in sorted(os.environ):
        name = variable.removeprefix(ENV_PREFIX).lower()
        if variable.startswith(ENV_PREFIX) and name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            hint = f" Did you mean {ENV_PREFIX}{near[0].upper()}?" if near else ""
            raise SettingsError(f"{variable} is not a setting.{hint} `riskscore settings` lists them all.")
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        faults = [
            f"{ENV_PREFIX}{str(fault['loc'][0]).upper()}={fault['input']!r}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        ]
        raise SettingsError("unusable setting: " + "; ".join(faults)) from error


def require_safe_host(settings: Settings, has_keys: Callable[[], bool]) -> None:
    """Refuse to listen beyond this machine without keys, unless the operator said so.

    Parameters
    ----------
    has_keys : callable
        Whether some key is valid; asked only where it matters.

    Raises
    ------
    SettingsError
        `host` is no loopback address, no key is valid, and neither `require_keys` nor `insecure_no_keys` is
        on; or both are.
    """
    if settings.insecure_no_keys and settings.require_keys:
        raise SettingsError("insecure_no_keys and require_keys contradict each other; unset one of them")
    if settings.insecure_no_keys or settings.require_keys or is_loopback(settings.host) or has_keys():
        return
    raise SettingsError(
        f"host {settings.host!r} can be reached from other machines, and there is no valid API key. Make "
        "one: riskscore keys create NAME --scope score --scope read; or listen on 127.0.0.1; or pass "
        "--insecure-no-keys (RISKSCORE_INSECURE_NO_KEYS=true) if something in front of the server keeps "
        "strangers out."
    )


def allowed_host_names(settings: Settings) -> frozenset[str]:
    """The names that the server goes by, in lower case; see the setting `allowed_hosts`."""
    named = (name.strip().lower().rstrip(".") for name in settings.allowed_hosts.split(","))
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    return frozenset(name for name in ("localhost", settings.host.lower(), public, *named) if name)


def is_loopback(host: str) -> bool:
    """Whether an address or name is certainly of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a host name may resolve to anything
        return False


def setting_docs() -> Iterator[SettingDoc]:
    """One record per setting, in the order of the class."""
    properties = Settings.model_json_schema()["properties"]
    for name, schema in properties.items():
        default = Settings.model_fields[name].default
        if "enum" in schema:
            allowed = ", ".join(schema["enum"])
        elif bounds := _bounded(schema):
            allowed = f"{bounds['minimum']:,} to {bounds['maximum']:,}"
        elif schema.get("type") == "boolean":
            allowed = "true, false"
        else:
            allowed = ""
        yield SettingDoc(
            name=name,
            variable=ENV_PREFIX + name.upper(),
            default=printed(default),
            allowed=allowed,
            unit=schema["unit"],
            description=schema["description"],
        )


def _bounded(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The part of a setting's schema that has bounds: itself, or one of its alternatives."""
    parts = [schema, *schema.get("anyOf", ())]
    return next((part for part in parts if "minimum" in part), None)


def printed(value: object) -> str:
    """A value as a person writes it in an environment variable; a password in a URL is not shown."""
    if value is None:
        return "unset"
    if isinstance(value, str):
        return _PASSWORD.sub(r"\1***@", value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def settings_markdown() -> str:
    """The text of `docs/configuration.md`."""
    lines = [
        "# Configuration",
        "",
        "<!-- Made by `riskscore settings --markdown > docs/configuration.md`; a test compares the two. -->",
        "",
        "Every setting is an environment variable; `riskscore settings` shows the values in force.",
        f"A variable that begins with `{ENV_PREFIX}` and names no setting stops the start-up, so that a",
        "misspelt limit cannot go unnoticed. Options of `riskscore serve` win over the environment.",
        "",
    ]
    for doc in setting_docs():
        lines += [f"## `{doc.variable}`", "", doc.description, ""]
        lines.append(f"- Default: `{doc.default}`" + (f" {doc.unit}" if doc.unit else ""))
        if doc.allowed:
            lines.append(f"- Allowed: {doc.allowed}")
        lines.append("")
    return "\n".join(lines)

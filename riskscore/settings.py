"""Environment variables `RISKSCORE_*` and overrides in, one frozen, typed `Settings` out.

Only the edges (server, command line) read it; everything further in is handed plain values.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
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
        "Address that the server listens on. Any but a loopback address needs `insecure_no_keys`.",
    )
    port: int = _setting(
        8000, "", "TCP port that the server listens on; 0 takes a free one.", ge=0, le=65_535
    )
    insecure_no_keys: bool = _setting(
        False,
        "",
        "Serve on a non-loopback address although nothing asks callers for a key. Only for where something "
        "in front of the server (a private network, an authenticating proxy) keeps strangers out.",
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
        None, "", "Model version to load; unset means the default of `model_dir`."
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


def require_safe_host(settings: Settings) -> None:
    """Refuse to listen beyond this machine without keys, unless the operator said so.

    Raises
    ------
    SettingsError
        `host` is no loopback address and `insecure_no_keys` is off.
    """
    if settings.insecure_no_keys or _is_loopback(settings.host):
        return
    raise SettingsError(
        f"host {settings.host!r} can be reached from other machines, and the API asks nobody for a key. "
        "Listen on 127.0.0.1, or pass --insecure-no-keys (RISKSCORE_INSECURE_NO_KEYS=true) if something in "
        "front of the server keeps strangers out."
    )


def allowed_host_names(settings: Settings) -> frozenset[str]:
    """The names that the server goes by, in lower case; see the setting `allowed_hosts`."""
    named = (name.strip().lower().rstrip(".") for name in settings.allowed_hosts.split(","))
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    return frozenset(name for name in ("localhost", settings.host.lower(), public, *named) if name)


def _is_loopback(host: str) -> bool:
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

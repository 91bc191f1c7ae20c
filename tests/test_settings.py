"""Settings: from the environment, refused when unusable, and all of them documented."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from riskscore.errors import SettingsError
from riskscore.settings import (
    Settings,
    load_settings,
    printed,
    require_safe_host,
    setting_docs,
    settings_markdown,
)
from riskscore.text import MAX_CHARS

CONFIGURATION = Path(__file__).parents[1] / "docs" / "configuration.md"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for doc in setting_docs():
        monkeypatch.delenv(doc.variable, raising=False)


def test_the_configuration_page_is_what_the_command_makes() -> None:
    assert CONFIGURATION.read_text(encoding="utf-8") == settings_markdown(), (
        "run: riskscore settings --markdown > docs/configuration.md"
    )


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    page = CONFIGURATION.read_text(encoding="utf-8")
    (doc,) = [doc for doc in setting_docs() if doc.name == name]
    assert f"## `{doc.variable}`" in page
    assert doc.description in page
    assert doc.description.endswith(".")


@pytest.mark.parametrize("suffix", ["_s", "_bytes", "_chars", "_items", "_threads"])
def test_a_unit_in_the_name_is_the_unit_in_the_help(suffix: str) -> None:
    units = {"_s": "seconds", "_chars": "characters"}
    for doc in setting_docs():
        if doc.name.endswith(suffix):
            assert doc.unit == units.get(suffix, suffix[1:])


def test_the_environment_and_then_overrides_win(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().port == 8000
    monkeypatch.setenv("RISKSCORE_PORT", "9000")
    monkeypatch.setenv("RISKSCORE_MODEL_DIR", "/srv/models")
    assert load_settings().port == 9000
    assert load_settings().model_dir == Path("/srv/models")
    assert load_settings(port=9001).port == 9001
    assert load_settings(port=None).port == 9000


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RISKSCORE_PORT", "http"),
        ("RISKSCORE_PORT", "65536"),
        ("RISKSCORE_MAX_BODY_BYTES", "1MB"),
        ("RISKSCORE_MAX_ITEMS", "0"),
        ("RISKSCORE_REQUEST_TIMEOUT_S", "nan"),
        ("RISKSCORE_LOG_LEVEL", "loud"),
    ],
)
def test_an_unusable_value_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"{variable}='{value}'"):
        load_settings()


def test_a_misspelt_variable_is_refused_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKSCORE_MAX_BODY_BYTE", "1024")
    with pytest.raises(SettingsError, match="Did you mean RISKSCORE_MAX_BODY_BYTES"):
        load_settings()


@pytest.mark.parametrize("name", ["max_text_chars", "max_html_chars"])
def test_no_text_limit_can_be_set_beyond_what_the_text_stage_takes(name: str) -> None:
    load_settings(**{name: MAX_CHARS})
    with pytest.raises(SettingsError):
        load_settings(**{name: MAX_CHARS + 1})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load_settings().port = 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_is_safe(host: str) -> None:
    require_safe_host(load_settings(host=host), _no_keys)


def _no_keys() -> bool:
    return False


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "example.com", "127.0.0.1.example.com"])
def test_any_other_address_needs_a_key_or_a_word(host: str) -> None:
    with pytest.raises(SettingsError, match=r"riskscore keys create.*--insecure-no-keys"):
        require_safe_host(load_settings(host=host), _no_keys)
    require_safe_host(load_settings(host=host), lambda: True)
    require_safe_host(load_settings(host=host, insecure_no_keys=True), _no_keys)
    require_safe_host(load_settings(host=host, require_keys=True), _no_keys)


def test_a_contradiction_is_refused() -> None:
    with pytest.raises(SettingsError, match="contradict"):
        require_safe_host(load_settings(insecure_no_keys=True, require_keys=True), lambda: True)


def test_a_database_password_is_never_shown() -> None:
    assert printed("postgresql://desk:s3cr@t@host/news") == "postgresql://desk:***@host/news"
    assert printed("sqlite:///riskscore.db") == "sqlite:///riskscore.db"

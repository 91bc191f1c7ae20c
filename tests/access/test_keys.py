"""The form of a key: found by scanners, refused when mistyped, stored as a hash, never logged."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.access.keys import KEY_PATTERN, digest_of, key_id_of, new_key_id, new_secret, redacted
from riskscore.access.principal import LOCAL, Principal
from riskscore.access.scopes import SCOPES, in_order, scopes_of
from riskscore.errors import InputError, ScopeError

KEY = new_secret(new_key_id())


def test_a_key_has_its_id_256_random_bits_and_a_checksum() -> None:
    keys = {new_secret("rsk_0123456789ab") for _ in range(200)}
    assert len(keys) == 200
    for key in keys:
        assert re.fullmatch(r"rsk_0123456789ab_[0-9A-Za-z]{49}", key)
        assert key_id_of(key) == "rsk_0123456789ab"
    assert len({new_key_id() for _ in range(200)}) == 200


def test_a_known_key_keeps_its_checksum() -> None:
    """Scanners are told how it is worked out: it must not change."""
    assert key_id_of("rsk_0123456789ab_" + "A" * 43 + "4XM7St") == "rsk_0123456789ab"


@given(place=st.integers(0, len(KEY) - 1), other=st.characters(codec="utf-8"))
def test_one_wrong_character_is_noticed_without_looking_the_key_up(place: int, other: str) -> None:
    if other != KEY[place]:
        assert key_id_of(KEY[:place] + other + KEY[place + 1 :]) is None


@pytest.mark.parametrize("text", ["", "rsk_", KEY[:-1], KEY + "0", KEY + "\n", " " + KEY, KEY.upper()])
def test_what_is_no_whole_key_is_refused(text: str) -> None:
    assert key_id_of(text) is None


def test_the_hash_is_sha_256_of_the_whole_key() -> None:
    assert digest_of(KEY) == hashlib.sha256(KEY.encode()).hexdigest()


def test_keys_are_taken_out_of_logs() -> None:
    key_id = key_id_of(KEY)
    assert redacted(f"GET /v1/keys/{KEY}?a={KEY}") == f"GET /v1/keys/{key_id}_…?a={key_id}_…"
    assert KEY_PATTERN.search(redacted(KEY)) is None


def test_scopes_are_read_and_named() -> None:
    assert scopes_of(["read", "score", "read"]) == {"read", "score"}
    assert in_order({"admin", "score", "read"}) == ["score", "read", "admin"]
    for names in ([], ["root"], ["read", ""]):
        with pytest.raises(InputError, match="score, read, write, alerts, admin"):
            scopes_of(names)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_principal_may_what_its_scopes_say(scope: str) -> None:
    wanted = next(known for known in SCOPES if known == scope)
    reader = Principal("rsk_1", "reader", frozenset({"read"}))
    if scope == "read":
        reader.need(wanted)
    else:
        with pytest.raises(ScopeError, match=f"lacks the scope '{scope}'"):
            reader.need(wanted)
    Principal("rsk_2", "boss", frozenset({"admin"})).need(wanted)
    LOCAL.need(wanted)

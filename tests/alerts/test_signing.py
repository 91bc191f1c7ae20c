"""Signatures that the reference library verifies; secrets changed without a gap; ed25519."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from riskscore.alerts.signing import new_secret, shown_secret, signature_headers

BODY = '{"type":"endpoint.test","data":{"name":"Müller"}}'


def now() -> datetime:
    return datetime.now(UTC)


def test_the_reference_library_verifies() -> None:
    secret = new_secret()
    headers = signature_headers("msg_1", BODY, now(), [secret])
    assert Webhook(secret).verify(BODY, headers)["type"] == "endpoint.test"
    assert shown_secret(secret) == secret
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + " ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers | {"webhook-id": "msg_2"})


def test_while_a_secret_changes_both_verify() -> None:
    old, new = new_secret(), new_secret()
    headers = signature_headers("msg_1", BODY, now(), [new, old])
    for secret in (old, new):
        Webhook(secret).verify(BODY, headers)


def test_an_old_message_is_refused_by_the_receiver() -> None:
    secret = new_secret()
    headers = signature_headers("msg_1", BODY, now() - timedelta(minutes=6), [secret])
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers)


def test_ed25519_is_verified_with_the_public_half() -> None:
    secret = new_secret("ed25519")
    public = shown_secret(secret)
    assert secret.startswith("whsk_")
    assert public.startswith("whpk_")
    headers = signature_headers("msg_1", BODY, now(), [secret])
    version, signature = headers["webhook-signature"].split(",")
    assert version == "v1a"
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    signed = f"msg_1.{headers['webhook-timestamp']}.{BODY}".encode()
    key.verify(base64.b64decode(signature), signed)
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(signature), signed + b" ")


def test_secrets_are_long_and_differ() -> None:
    secrets = {new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(len(base64.b64decode(secret.removeprefix("whsec_"))) == 32 for secret in secrets)

"""Secrets made, and messages signed with them, after the Standard Webhooks specification.

HMAC-SHA256 is `v1` with secrets that begin with `whsec_`; ed25519 is `v1a` with private keys `whsk_`, of
which the receiver is given the public half, `whpk_`. While a secret is being changed, a message carries one
signature by each that is valid, so that the receiver can change at its leisure.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from standardwebhooks import Webhook

from riskscore.errors import SettingsError

if TYPE_CHECKING:  # an extra
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Scheme = Literal["hmac", "ed25519"]

_SECRET_BYTES = 32
_PRIVATE, _PUBLIC = "whsk_", "whpk_"


def new_secret(scheme: Scheme = "hmac") -> str:
    """A new secret, as it is stored.

    Raises
    ------
    SettingsError
        ed25519 without the `ed25519` extra installed.
    """
    made = base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    if scheme == "hmac":
        return f"whsec_{made}"
    _ed25519()
    return f"{_PRIVATE}{made}"


def shown_secret(secret: str) -> str:
    """What the receiver needs to verify: the secret itself, or the public key of a private one."""
    if not secret.startswith(_PRIVATE):
        return secret
    key = _ed25519().from_private_bytes(base64.b64decode(secret.removeprefix(_PRIVATE)))
    return _PUBLIC + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def signature_headers(event_id: str, body: str, at: datetime, valid_secrets: Iterable[str]) -> dict[str, str]:
    """The three headers of a signed message.

    Parameters
    ----------
    event_id : str
        The same for every attempt, so that the receiver can tell a repetition.
    at : datetime
        Moment of this attempt, UTC-aware; receivers refuse what is older than five minutes.
    valid_secrets : iterable of str
        One, or two while a secret is being changed.
    """
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(_signature(secret, event_id, body, at) for secret in valid_secrets),
    }


def _signature(secret: str, event_id: str, body: str, at: datetime) -> str:
    if not secret.startswith(_PRIVATE):
        return Webhook(secret).sign(event_id, at, body)
    key = _ed25519().from_private_bytes(base64.b64decode(secret.removeprefix(_PRIVATE)))
    signed = key.sign(f"{event_id}.{int(at.timestamp())}.{body}".encode())
    return "v1a," + base64.b64encode(signed).decode()


def _ed25519() -> type[Ed25519PrivateKey]:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as PrivateKey
    except ImportError:
        raise SettingsError(
            "ed25519 signatures need the cryptography library: pip install 'riskscore[ed25519]'"
        ) from None
    return PrivateKey

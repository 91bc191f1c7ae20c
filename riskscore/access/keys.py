"""API keys: `rsk_<id>_<secret><checksum>`, how one is made, recognised, hashed and compared.

A key is stored as its SHA-256. That is enough because a secret has 256 random bits: nobody finds it by
guessing, however fast the hash, whereas a password's slow hash would cost every request tens of
milliseconds. For the same reason there is no salt (two keys are never equal) and no pepper (a second
secret to keep, rotate and lose, against an attack that 256 bits already rule out).

The checksum lets a secret scanner tell a key from look-alikes offline, and us refuse a mistyped one without
looking it up. Prefix, alphabet and length follow GitHub's tokens:
https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from riskscore.access.scopes import Scope

_ID_ALPHABET = string.digits + string.ascii_lowercase
_ID_CHARS = 12  # 62 bits: ids meet by chance once in billions of keys, and are then drawn again
_SECRET_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_CHARS = 43  # 256 bits
_CHECKSUM_CHARS = 6

KEY_PATTERN = re.compile(
    rf"(?P<key_id>rsk_[0-9a-z]{{{_ID_CHARS}}})_[0-9A-Za-z]{{{_SECRET_CHARS + _CHECKSUM_CHARS}}}", re.ASCII
)

State = Literal["active", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key as stored: everything but the secret itself."""

    key_id: str  # "rsk_…", the part that may be shown
    name: str
    scopes: frozenset[Scope]
    sha256: str = field(repr=False)  # hexadecimal, of the whole key
    former_sha256: str | None = field(repr=False)  # the one before, valid for a while after a rotation
    former_valid_until: datetime | None
    former_used_at: datetime | None
    rate_per_minute: int | None  # None: no limit
    daily_quota: int | None  # per UTC day; None: no limit
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def state(self, at: datetime) -> State:
        """What it is worth at a moment."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and at >= self.expires_at else "active"

    def fits(self, digest: str, at: datetime) -> Literal["present", "former"] | None:
        """Which of its secrets has this hash, if any; in the same time whether or not one has."""
        present = hmac.compare_digest(digest, self.sha256)
        former = hmac.compare_digest(digest, self.former_sha256 or "")
        if present:
            return "present"
        overlaps = self.former_valid_until is not None and at < self.former_valid_until
        return "former" if former and overlaps else None


def new_key_id() -> str:
    """A random public part."""
    return "rsk_" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_CHARS))


def new_secret(key_id: str) -> str:
    """A whole key with this public part and a new secret; shown once, never stored."""
    body = key_id + "_" + "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(_SECRET_CHARS))
    return body + _checksum(body)


def key_id_of(text: str) -> str | None:
    """The public part of a well-formed key; None for anything else, so also for a mistyped one."""
    found = KEY_PATTERN.fullmatch(text)
    if found is None or _checksum(text[:-_CHECKSUM_CHARS]) != text[-_CHECKSUM_CHARS:]:
        return None
    return found["key_id"]


def digest_of(secret: str) -> str:
    """What is stored of a whole key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def redacted(text: str) -> str:
    """The text with the secret part of every key replaced, for logs."""
    return KEY_PATTERN.sub(r"\g<key_id>_…", text)


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_CHECKSUM_CHARS):
        number, digit = divmod(number, len(_SECRET_ALPHABET))
        digits = _SECRET_ALPHABET[digit] + digits
    return digits

"""Every error that riskscore raises on purpose. Knows nothing of HTTP.

::

    RiskscoreError
    ├── InputError            the caller's article, option or file is at fault; names the field
    │   └── TooLargeError     over a stated limit; names the limit
    ├── KnowledgeError        the knowledge files are at fault; lists file and line of each fault
    ├── ArtifactError         a model artifact is missing, tampered with or of another code version
    │   ├── ArtifactNotFoundError
    │   ├── ArtifactTamperedError
    │   ├── ArtifactMismatchError
    │   └── PromotionRefusedError  it may not be put in force; lists the objections
    ├── SettingsError         a setting is missing or unusable; names it and the remedy
    ├── StoreError            the database cannot do what is asked of it
    │   ├── StoreSchemaError  its schema is older or newer than this code; names the remedy
    │   ├── BusyStoreError    other writers came between again and again; try later
    │   └── StoreUnreachableError  it does not answer; try later
    ├── AccessError           the caller may not do this, or not now
    │   ├── UnauthenticatedError  no key, or none that is valid; says why
    │   ├── ScopeError        the key lacks a scope; names it
    │   └── LimitError        the key is over its rate or quota; says when to come back
    ├── FeedError             a feed cannot be fetched or read; says why
    └── DeliveryError         an event could not be handed to an endpoint; says why
"""

from __future__ import annotations

from collections.abc import Sequence


class RiskscoreError(Exception):
    """Root of all errors raised on purpose."""


class InputError(RiskscoreError, ValueError):
    """The caller's input is at fault.

    Parameters
    ----------
    message : str
        What is wrong and what to do.
    field : str or None
        Dotted path of the field at fault, as the caller wrote it ("items.3.text").
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooLargeError(InputError):
    """The input is over a stated limit."""


class KnowledgeError(RiskscoreError):
    """The knowledge files do not hold together.

    Parameters
    ----------
    faults : sequence of str
        One line per fault: "file:line: what is wrong".
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"{len(faults)} fault(s) in the knowledge files:\n" + "\n".join(faults))
        self.faults = tuple(faults)


class ArtifactError(RiskscoreError):
    """A model artifact cannot be used."""


class ArtifactNotFoundError(ArtifactError):
    """No artifact of that version stands in the model directory."""


class ArtifactTamperedError(ArtifactError):
    """A file's SHA-256 differs from the manifest's."""


class ArtifactMismatchError(ArtifactError):
    """The artifact's schema, features or knowledge differ from this code's."""


class PromotionRefusedError(ArtifactError):
    """A model is not put in force.

    Parameters
    ----------
    version : str
        Of the model.
    objections : sequence of str
        What speaks against it.
    """

    def __init__(self, version: str, objections: Sequence[str]) -> None:
        super().__init__(f"model {version} is not put in force: " + "; ".join(objections))
        self.objections = tuple(objections)


class ArchiveError(RiskscoreError):
    """An archive run cannot start or go on."""


class SettingsError(RiskscoreError):
    """A setting is missing or unusable."""


class StoreError(RiskscoreError):
    """The database cannot do what is asked of it."""


class StoreSchemaError(StoreError):
    """The database's schema does not fit this code."""


class BusyStoreError(StoreError):
    """Other writers came between again and again."""


class StoreUnreachableError(StoreError):
    """The database does not answer."""


class AccessError(RiskscoreError):
    """The caller may not do this, or not now."""


class UnauthenticatedError(AccessError):
    """The caller shows no valid key.

    Parameters
    ----------
    message : str
        Why not, and what to do.
    presented : bool
        Whether there was a key at all.
    """

    def __init__(self, message: str, *, presented: bool) -> None:
        super().__init__(message)
        self.presented = presented


class ScopeError(AccessError):
    """The caller's key does not allow this.

    Parameters
    ----------
    scope : str
        The scope that it lacks.
    """

    def __init__(self, message: str, scope: str) -> None:
        super().__init__(message)
        self.scope = scope


class LimitError(AccessError):
    """The caller's key has used up what it may.

    Parameters
    ----------
    retry_after_s : float
        Seconds until it may again.
    """

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class FeedError(RiskscoreError):
    """A feed cannot be fetched or read."""


class DeliveryError(RiskscoreError):
    """An event could not be handed to an endpoint."""

"""Every error that riskscore raises on purpose. Knows nothing of HTTP.

::

    RiskscoreError
    ├── InputError            the caller's article, option or file is at fault; names the field
    │   └── TooLargeError     over a stated limit; names the limit
    ├── KnowledgeError        the knowledge files are at fault; lists file and line of each fault
    ├── ArtifactError         a model artifact is missing, tampered with or of another code version
    │   ├── ArtifactNotFoundError
    │   ├── ArtifactTamperedError
    │   └── ArtifactMismatchError
    └── SettingsError         a setting is missing or unusable; names it and the remedy
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


class SettingsError(RiskscoreError):
    """A setting is missing or unusable."""

"""Settings and the newest recorded choice in, the version that is to answer out.

The setting `model_version` wins; then what was last promoted or rolled back; else, where nobody ever chose,
the newest artifact by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from riskscore.artifact.model import available_versions, default_model_dir, model_identity, short_identity
from riskscore.errors import ArtifactMismatchError, ArtifactNotFoundError, StoreUnreachableError

if TYPE_CHECKING:
    from riskscore.settings import Settings
    from riskscore.store.model_choices import ModelChoice

ChosenBy = Literal["setting", "record", "newest"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be in force."""

    version: str
    chosen_by: ChosenBy
    challenger: str | None = None
    share: float = 0.0  # of the articles that the challenger scores too, 0-1


def wanted_of(model_dir: Path | None, pinned: str | None, record: ModelChoice | None) -> Wanted:
    """Settle which version answers.

    Parameters
    ----------
    pinned : str or None
        The setting `model_version`.

    Raises
    ------
    ArtifactNotFoundError
        There is no artifact, or not that of the record.
    ArtifactMismatchError
        The artifact of the version on record is another than when it was promoted.
    """
    challenger = record.challenger if record is not None else None
    share = record.challenger_share if record is not None else 0.0
    if pinned is not None:
        return Wanted(pinned, "setting", challenger, share)
    if record is not None:
        found = model_identity(model_dir, record.version)
        if found != record.identity:
            raise ArtifactMismatchError(
                f"model {record.version} was promoted as {short_identity(record.identity)}, here it is "
                f"{short_identity(found)}: another model under the same name. Restore it, or promote it "
                f"again: riskscore model promote {record.version} --reason …"
            )
        return Wanted(record.version, "record", challenger, share)
    folder = model_dir or default_model_dir()
    versions = available_versions(folder)
    if not versions:
        raise ArtifactNotFoundError(f"no model artifact in {folder}")
    return Wanted(versions[-1], "newest", challenger, share)


def recorded_choice(database_url: str) -> ModelChoice | None:
    """The newest choice on record; None where there is none, or no database yet.

    Raises
    ------
    SettingsError, StoreUnreachableError
        The database cannot be read.
    """
    from sqlalchemy.exc import DBAPIError

    from riskscore.store.late import LateStore

    late = LateStore(database_url)
    try:
        return late.newest_choice()
    except DBAPIError as error:
        raise StoreUnreachableError(
            "the database does not answer, so that nobody knows which model is in force; set "
            "RISKSCORE_MODEL_VERSION to go by that"
        ) from error
    finally:
        late.close()


def version_in_force(settings: Settings) -> str:
    """The version that answers here: what commands score with.

    Raises
    ------
    ArtifactError
    SettingsError, StoreUnreachableError
        The record of choices cannot be read.
    """
    record = None if settings.model_version else recorded_choice(settings.database_url)
    return wanted_of(settings.model_dir, settings.model_version, record).version

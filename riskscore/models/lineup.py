"""Artifacts and what is wanted of them in, an immutable set of loaded models out.

A request takes the lineup once, when it begins, and keeps to it: whatever is loaded meanwhile, no answer is
made by two models. What nobody holds any more is freed at once; an assessor is in no reference cycle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from riskscore.artifact.model import available_versions, default_model_dir, model_identity
from riskscore.errors import ArtifactError, InputError
from riskscore.models.choice import ChosenBy, Wanted

if TYPE_CHECKING:
    from riskscore.assess import Assessor

Load = Callable[[str], "Assessor"]


class UnknownModelError(InputError):
    """A request asks for a model version that is not loaded."""


@dataclass(frozen=True)
class Lineup:
    """Models that can answer, one of them by default.

    Attributes
    ----------
    assessors : mapping of str to Assessor
        By version.
    challenger : str or None
        Scored in the shadow; one of the loaded.
    share : float
        Of the articles that the challenger scores too, 0-1.
    refused : mapping of str to str
        Versions that were to be loaded and could not, with the reason.
    """

    assessors: Mapping[str, Assessor]
    default: str
    chosen_by: ChosenBy = "newest"
    challenger: str | None = None
    share: float = 0.0
    refused: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, assessor: Assessor) -> Lineup:
        """A single model."""
        return cls({assessor.model.version: assessor}, assessor.model.version)

    def find(self, version: str | None = None, field: str = "model_version") -> Assessor:
        """The assessor of a version; the default's for None.

        Parameters
        ----------
        field : str
            Where the version stands in the request, for the error.

        Raises
        ------
        UnknownModelError
            It is not loaded; the message lists those that are.
        """
        found = self.assessors.get(self.default if version is None else version)
        if found is None:
            others = "".join(f", {name}" for name in self.assessors if name != self.default)
            raise UnknownModelError(
                f"no model {str(version)[:80]!r} is loaded; loaded are {self.default} (default){others}",
                field,
            )
        return found


def load_lineup(
    wanted: Wanted,
    load: Load,
    *,
    model_dir: Path | None = None,
    most: int = 3,
    before: Lineup | None = None,
) -> Lineup:
    """Load the default, the challenger, then the newest others.

    Parameters
    ----------
    load : callable
        Gives the assessor of a version.
    most : int
        Models loaded at the same time; the default and the challenger are loaded all the same.
    before : Lineup, optional
        What is loaded of it already, and has not changed on disk, is taken over.

    Raises
    ------
    ArtifactError
        The default cannot be loaded. That another cannot is told in `Lineup.refused`.
    """
    known = dict(before.assessors) if before is not None else {}

    def loaded(version: str) -> Assessor:
        one = known.get(version)
        if one is not None and one.model.identity == model_identity(model_dir, version):
            return one
        return load(version)

    assessors = {wanted.version: loaded(wanted.version)}
    refused: dict[str, str] = {}
    newest_first = reversed(available_versions(model_dir or default_model_dir()))
    challenger = wanted.challenger if wanted.challenger != wanted.version else None
    for version in dict.fromkeys((*([challenger] if challenger else []), *newest_first)):
        if version in assessors or (len(assessors) >= most and version != challenger):
            continue
        try:
            assessors[version] = loaded(version)
        except ArtifactError as fault:
            refused[version] = str(fault)
    if challenger not in assessors:
        challenger = None
    share = wanted.share if challenger else 0.0
    return Lineup(assessors, wanted.version, wanted.chosen_by, challenger, share, refused)

"""A Python function in, the same compiled to machine code by numba out, kept on disk for the next process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

NO = -1  # in place of an index
ODD, FULL = -1, -2  # in place of a count: a text for the reference; working space that is too small

_PACKAGE = Path(__file__).parents[1]
# Nothing here allocates, so the counting of references to arrays is left out (`_nrt`): numba would count,
# atomically, at every use of an array of a tuple, which took half of the time. Other threads run meanwhile
# (`nogil`), so that a long text does not hold up a server's event loop.
_OPTIONS = {"error_model": "numpy", "nogil": True, "_nrt": False}


def compiled(function: Function) -> Function:
    """A function that only compiled functions call; typed, as numba's decorator is not."""
    made: Function = numba.njit(**_OPTIONS)(function)
    return made


def version_of(folders: Iterable[Path]) -> str:
    """Changes with any module in these folders, from which machine code may have been made.

    numba itself looks only at the file of the function that is called, not at those of the functions and
    constants in it: an edit of those would go unnoticed.
    """
    stamps = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            status = path.stat()
            stamps.update(f"{path.name} {status.st_mtime_ns} {status.st_size}\n".encode())
    return stamps.hexdigest()[:12]


_VERSION = version_of([_PACKAGE, _PACKAGE / "compiled", _PACKAGE / "companies"])


class Entry:
    """A compiled function that Python calls, always with arguments of the same types.

    numba looks at the type of each argument of each call, which for a hundred arrays takes 20 µs, ten times
    what handing them over takes. Here it looks at the first call's only.
    """

    def __init__(self, function: Callable[..., int]) -> None:
        self._name = f"{Path(function.__code__.co_filename).stem}.{function.__name__}_"
        function.__qualname__ = f"{function.__name__}_{_VERSION}"  # by which numba's files are called
        self._function: Any = numba.njit(cache=True, **_OPTIONS)(function)
        self._direct: Callable[..., int] | None = None

    def __call__(self, *arguments: Any) -> int:
        """Call it."""
        if self._direct is not None:
            return self._direct(*arguments)
        result: int = self._function(*arguments)
        (version,) = self._function.overloads.values()
        self._direct = version.entry_point
        if self._function.stats.cache_misses:
            self._delete_other_versions()
        return result

    def _delete_other_versions(self) -> None:
        for path in Path(self._function.stats.cache_path).glob(f"{self._name}*.nb[ci]"):
            if _VERSION not in path.name:
                path.unlink(missing_ok=True)

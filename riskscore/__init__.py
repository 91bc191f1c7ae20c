"""riskscore reads corporate news and says how exposed each company is to US–China regulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from riskscore.frame import score_frame

__all__ = ["__version__", "score_frame"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Lazily, so that `import riskscore` stays quick and never brings pandas along.
    if name == "score_frame":
        from riskscore.frame import score_frame

        return score_frame
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

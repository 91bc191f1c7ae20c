"""What is wrong in the knowledge files, collected file by file so that one run reports everything."""

from __future__ import annotations

from pathlib import Path

from riskscore.errors import KnowledgeError


class Faults:
    """A growing list of "file:line: what is wrong"."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, path: Path, line: int, what: str) -> None:
        """Note a fault; `line` counts from 1, and 0 stands for the file as a whole."""
        self._lines.append(f"{path.name}:{line}: {what}" if line else f"{path.name}: {what}")

    def raise_if_any(self) -> None:
        """Raise KnowledgeError with all faults noted, in the order in which they were found."""
        if self._lines:
            raise KnowledgeError(self._lines)

    def read(self, path: Path) -> str:
        """The file's text; "" and a fault when it is missing or not UTF-8."""
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            self.add(path, line, f"not UTF-8 ({error.reason})")
        except OSError as error:
            self.add(path, 0, f"cannot be read ({error.strerror})")
        return ""

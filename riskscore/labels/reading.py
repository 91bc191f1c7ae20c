"""An article in, the title and text that the model reads of it out: what labels are of, and quote (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from riskscore.text import clean
from riskscore.types import Article


class Passage(NamedTuple):
    """A sentence."""

    text: str
    in_title: bool
    after: str  # what stands between it and the next: blanks and line ends, of which text is made up again


@dataclass(frozen=True, slots=True)
class ReadText:
    """An article without markup and page furniture."""

    title: str
    text: str
    passages: tuple[Passage, ...]
    language: str | None

    @property
    def whole(self) -> str:
        """Title, a line end, text: what spans must occur in."""
        return f"{self.title}\n{self.text}"

    def verbatim(self, span: str) -> str | None:
        """A quotation as it stands in title or text; None where it does not.

        One run of blanks and line ends is as good as another: a span copied from a text that was sent with
        its lines wrapped is found in the text as it was read.
        """
        words = span.split()
        if not words:
            return None
        pattern = re.compile(r"\s+".join(map(re.escape, words)))
        found = pattern.search(self.title) or pattern.search(self.text)
        return None if found is None else found[0]


def read_text(article: Article) -> ReadText:
    """What is read of an article.

    Raises
    ------
    InputError
        As of `riskscore.text.clean`.
    """
    document = clean(article)
    title, _, text = document.text.partition("\n")
    passages = []
    sentences = document.sentences
    for at, one in enumerate(sentences):
        begins = sentences[at + 1].start if at + 1 < len(sentences) else len(document.text)
        after = document.text[one.end : begins]
        passages.append(Passage(document.text[one.start : one.end], one.end <= len(title), after))
    return ReadText(title, text, tuple(passages), document.language or article.language)

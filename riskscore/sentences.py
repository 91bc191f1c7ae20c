"""Text in, the half-open character range of each of its sentences out; pure and linear in the text."""

from __future__ import annotations

import re

MAX_SENTENCE_CHARS = 1_000

_LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_STOPS = ".!?…"
_WIDE_STOPS = "。！？"
_CLOSERS = "\"'”’)\\]»」』）"
_OPENERS = "\"'“‘(\\[«「『（"

# One charset stands first so that the regex engine skips to candidates at the speed of a scan; the
# look-behind on two stops keeps a run of stops ("......") one candidate, which keeps the whole linear.
_CANDIDATE = re.compile(
    rf"""[{_LINE_ENDS}{_STOPS}{_WIDE_STOPS}]
    (?: (?<=[{_LINE_ENDS}])
      | (?<=[{_WIDE_STOPS}]) [{_WIDE_STOPS}]*+ [{_CLOSERS}]*+
      | (?<=[{_STOPS}]) (?<![{_STOPS}]{{2}}) (?P<more>[{_STOPS}]*+) (?P<close>[{_CLOSERS}]*+)
        (?: [^\S{_LINE_ENDS}]++ | (?=[“「『]) )
        (?= [{_OPENERS}]*+ (?: [^\W_a-zß-öø-ÿ] | [a-z][A-Z] | [$€£¥#@•–—*§\-] ) )
    )""",
    re.VERBOSE,
)


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Never the last word of a sentence: a name or a number follows.
_JOINING = _words(
    """Mr Mrs Ms Mx Dr Prof Sen Sens Rep Reps Gov Govs Lt Col Gen Sgt Capt Cmdr Adm Maj Hon Rev Messrs
    Pres Amb Atty Asst St Mt Ft vs v e.g i.e cf approx Vol Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec
    Sec Secy Supt Treas"""
)
# Abbreviations only before a number ("No. 5"), words otherwise ("no. The").
_NUMBERING = _words("No no Nos nos Art art Fig fig p pp para sec Rule Reg Pub ch Ch Pt pt")
# Last words of a sentence or not: only the next word can tell.
_AMBIGUOUS = _words(
    """Inc Corp Ltd Co Cos Bros Plc LLC LLP Jr Sr etc Dept Univ Assn Assoc Intl Int'l Natl Bldg Ave Blvd
    Calif Fla Mass Pa Va Md Mich Minn Ill Ind Ariz Ark Colo Conn Del Ga Kan Ky La Miss Mo Mont Neb Nev
    Okla Ore Tenn Tex Vt Wash Wis Wyo Ala Gmbh Pty Pte Bhd S.p.A al Ph.D Est"""
)
_ABBREVIATIONS = _JOINING | _NUMBERING | _AMBIGUOUS
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]\Z")
# Words that open a sentence and hardly ever continue a name, so "the U.S. The" is an end and
# "the U.S. Commerce Department" is not.
_OPENING_WORD = re.compile(
    rf"""[{_OPENERS}]*+(?:The|A|An|In|It|Its|He|She|They|We|I|You|This|That|These|Those|There|Their|His|Her|Our
    |But|And|Or|So|Yet|If|When|While|As|At|On|By|For|From|With|Under|After|Before|Since|Until|Although|Though
    |However|Meanwhile|Moreover|Separately|Also|Both|Some|Many|Most|Such|Still|Even|Not|Now|Then|Last|Among
    |According|Because|Despite|During|Earlier|Instead|What|Who|Why|How|Where|To|No|Analysts|Shares|Officials)
    \b(?!\.)""",
    re.VERBOSE,
)
_LONGEST_ABBREVIATION = 12


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Cut text into sentences.

    A line end always ends a sentence. A full stop, exclamation or question mark or an ellipsis does
    when white space or an opening quotation mark follows and then something that can begin a sentence
    (not a small letter), and the stop belongs to no abbreviation, initial or list number. Chinese stops
    need nothing after them. No sentence is longer than `MAX_SENTENCE_CHARS`: a longer one is cut at its
    last semicolon within the limit, else at its last white space, else at the limit.

    Parameters
    ----------
    text : str
        Any text, of any length.

    Returns
    -------
    list of (int, int)
        Half-open ranges into `text`: ordered, disjoint, never empty, without white space at either
        end, and together covering every character that is not white space.
    """
    sentences: list[tuple[int, int]] = []
    start = 0
    for candidate in _CANDIDATE.finditer(text):
        stop = candidate.start()
        end = candidate.end()
        if text[stop] == "." and not candidate["more"] and not _ends_sentence(text, start, stop, end):
            continue
        _append_trimmed(sentences, text, start, end)
        start = end
    _append_trimmed(sentences, text, start, len(text))
    return sentences


def _ends_sentence(text: str, start: int, stop: int, end: int) -> bool:
    """Whether the stop at `stop` ends the sentence that began at `start`; the next would begin at `end`."""
    before = text[max(start, stop - _LONGEST_ABBREVIATION) : stop].split()
    if not before:
        return True
    word = before[-1].lstrip("\"'“‘([«—–-/")
    if len(word) > 2 and word not in _ABBREVIATIONS and "." not in word:
        return True  # as most words are: no list number, no initials
    if word in _JOINING:
        return False
    if word in _NUMBERING:
        return not text[end : end + 1].isdigit()
    if word.isdigit() and len(word) <= 2:  # "1. The rule" at the start of a line is a list number
        return text[start:stop].strip() != word
    if word in _AMBIGUOUS or _INITIALS.match(word):
        return _OPENING_WORD.match(text, end) is not None
    return True


def _append_trimmed(sentences: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    """Add range [start, end) without the white space around it, cut where it is too long."""
    piece = text[start:end]
    stripped = piece.lstrip()
    start += len(piece) - len(stripped)
    end = start + len(stripped.rstrip())
    while end - start > MAX_SENTENCE_CHARS:
        limit = start + MAX_SENTENCE_CHARS
        cut = text.rfind(";", start, limit) + 1
        if not cut:
            head = text[start : limit + 1].rsplit(None, 1)  # one more: the limit may fall between two words
            whole = text[limit - 1].isspace() or text[limit].isspace() or len(head) == 1
            cut = limit if whole else limit + 1 - len(head[1])
        kept = len(text[start:cut].rstrip())
        sentences.append((start, start + kept))
        while text[cut].isspace():  # stops at the latest at end - 1, which is no white space
            cut += 1
        start = cut
    if start < end:
        sentences.append((start, end))

"""An ambiguous name standing in a text → whether the words about it show that a company is meant.

"Target", "Meta" or "Lambda" may be a word, a place or a person. Evidence is of three kinds: words that
touch the name ("shares of Target", "Target's chief executive"), words in its sentence that belong to
business, and capitals, which count only where the sentence does not capitalise every word.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from riskscore.types import Mention

# Words that, right after the name, leave no other reading.
_AFTER = re.compile(
    r"""['’]s?[ \u00a0]
    (?:apps?|board|chips?|cloud|customers|data[ ]cent(?:er|re)s?|deal|factor(?:y|ies)|founder|plants?
      |platforms?|products|sales|stake|stores|unit|users)(?!\w)
    |(?:['’]s?)?[ \u00a0]
    (?:shares?|stocks?|shareholders|investors|ceo|cfo|cto|chief[ ](?:executive|financial|technology)
      |executives?|spokes(?:man|woman|person)|employees|workers|subscribers|revenues?|earnings|profits?
      |quarterly|headquarters|subsidiary|co-?founder
      |said[ ]it|says|said[ ]in[ ]a|declined[ ]to[ ]comment|did[ ]not[ ](?:immediately[ ])?respond
      |announce[ds]|unveil(?:s|ed)|launch(?:es|ed)|report(?:s|ed)|posted|rose|fell|gained|slid|jumped|plunged
      |climbed|dropped|has[ ]agreed[ ]to|filed|sue[ds]|hire[ds]|acquire[ds]|bought|buys|sells|sold|makes|made
      |plans|wants|expects|seeks|warn(?:s|ed)|confirm(?:s|ed)|delay(?:s|ed)|expand(?:s|ed)|invest(?:s|ed)
      |introduce[ds]|partner(?:s|ed)|reveal(?:s|ed)|settle[ds]|suspend(?:s|ed)|cuts|lays[ ]off|laid[ ]off
      |rolls[ ]out|rolled[ ]out|shuts|opens|adds|raises|names|agrees|bans|faces|loses|wins|pays|built|builds
      |to[ ](?:buy|sell|cut|pay|invest|launch|lay|stop|start|open|close|build|acquire|add|shut|end))(?!\w)
    |[ ]?\((?:[A-Z][A-Za-z]+[ ]?:[ ]?)?[A-Z0-9]{1,6}(?:\.[A-Z]{1,3})?\)
    |-(?:owned|backed|made|designed|led|controlled)(?!\w)""",
    re.VERBOSE | re.IGNORECASE,
)

# Words that, right before the name, leave no other reading.
_BEFORE = re.compile(
    r"""(?<!\w)(?:(?:shares?|stocks?|stake|investors?|investments?|ceo|chief[ ]executive|parent|subsidiary
          |unit|owner|founder|co-?founder|chair(?:man|woman)?|employees|customers|maker|acquisition|purchase)
        [ ](?:of|in|at)
      |owned[ ]by|made[ ]by|backed[ ]by|acquired[ ]by|sold[ ]by|invested[ ]in|works[ ](?:at|for)
      |parent|owner|rival|peer|supplier|customer|retailer|(?:chip|car|auto|drug|phone|tool|aircraft)?makers?
      |compan(?:y|ies)|firms?|giants?|group|start-?ups?|bank|lender|brand|developer|operator|provider|designer
      |manufacturer|such[ ]as)[ ]\Z""",
    re.VERBOSE | re.IGNORECASE,
)

# Words of business anywhere in the sentence; weaker, so they need a telling capital as well.
_IN_SENTENCE = re.compile(
    r"""(?<!\w)(?:shares|stocks?|shareholders|chief[ ]executive|ceo|earnings|revenues?|profits?|quarter(?:ly)?
      |compan(?:y|ies)|firms?|corporations?|(?:chip|car|auto)[ ]?makers?|suppliers?|customers
      |subsidiar(?:y|ies)|start-?ups?|tech|apps?|products?|business(?:es)?|industry|investors?|markets?|licen[cs]es?
      |semiconductors?|chips?|software|platforms?|brands?|retailers?|deals?|sales?|prices?|devices?
      |(?:smart)?phones?|laptops?|tablets?|employees|workers|users|online|billion|inc|corp|ltd|plc)(?!\w)""",
    re.VERBOSE | re.IGNORECASE,
)

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+|\n|[•|]|[:—–] ")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PRIOR_WORD = re.compile(r"([^\W\d_][\w’'-]*) \Z")
_NEXT_WORD = re.compile(r" (\w)")
_OPENER = re.compile(  # words whose capital at a sentence's start says nothing of the word after them
    r"(?:After|Also|And?|As|At|Because|Before|Both|But|By|Can|Could|Did|Does|For|From|How|If|In|Is|Its|Like"
    r"|Meanwhile|Most|Now|Of|On|Only|Or|Since|So|That|The|Then|This|Though|To|Unlike|Was|What|When|Where"
    r"|Whether|While|Why|Will|With|Yet)\Z"
)
_NO_FIRST_NAME = re.compile(  # capitals that lead no name
    r"(?:CEO|CFO|CTO|EU|UK|US|America|American|Australian|British|Canadian|China|Chinese|Dutch|European|French"
    r"|German|Indian|Israeli|Japanese|Korean|Russian|Taiwanese|Western)\Z"
)
_LOOK_BACK = 40  # characters: enough for the longest cue before a name
_REACH = 300  # characters either way in which the sentence's bounds are looked for


def settle(text: str, found: Sequence[Mention], doubtful: Sequence[Mention]) -> list[Mention]:
    """`found` and those of the `doubtful` mentions that the text shows to be companies, in order.

    A doubtful name counts when corporate words touch it; when its capital is telling and its sentence
    speaks of business or holds another mention; or when the same company is named beyond doubt
    elsewhere in the text and this is not somebody's surname.
    """
    settled = list(found)
    starts = [mention.start for mention in found]
    undecided: list[Mention] = []
    for mention in doubtful:
        start, end = mention.start, mention.end
        if is_touched(text, start, end):
            settled.append(mention)
            continue
        low, high = _sentence_about(text, start, end)
        if _follows_a_name(text, low, start):
            continue
        if _capital_is_telling(text, low, start, end, high) and (
            _IN_SENTENCE.search(text, low, high) or bisect_left(starts, low) < bisect_left(starts, high)
        ):
            settled.append(mention)
        else:
            undecided.append(mention)
    named = {mention.company_id for mention in settled}
    settled += [mention for mention in undecided if mention.company_id in named]
    settled.sort(key=lambda mention: mention.start)
    return settled


def is_touched(text: str, start: int, end: int) -> bool:
    """Whether words of business touch a name at [start, end): they leave no other reading."""
    return bool(_AFTER.match(text, end) or _BEFORE.search(text[max(0, start - _LOOK_BACK) : start]))


def stands_out(text: str, start: int, end: int) -> bool:
    """Whether the capitals of [start, end) mark a name of its own.

    They do not in a headline that capitalises most words, in a part of a longer name, nor, of a single word,
    at a sentence's start.
    """
    low, high = _sentence_about(text, start, end)
    if " " not in text[start:end] and not any(c.isalnum() for c in text[low:start]):
        return False
    if _is_capitalised(text, low, start, end, high):
        return False
    following = _NEXT_WORD.match(text, end)
    return (following is None or following[1].islower()) and not is_led(text, start)


def is_surname(text: str, start: int, end: int) -> bool:
    """Whether another capitalised word leads a name in running text: "signed by Nick Chubb".

    At a sentence's start, and in a headline, a capital may be any word's.
    """
    if not is_led(text, start):
        return False
    low, high = _sentence_about(text, start, end)
    before = text[low:start].rsplit(None, 1)[0] if " " in text[low:start].strip() else ""
    return any(c.isalnum() for c in before) and not _is_capitalised(text, low, start, end, high)


def _is_capitalised(text: str, low: int, start: int, end: int, high: int) -> bool:
    """Whether most words about [start, end) in its sentence have capitals, as headlines' do."""
    around = [*_WORD.findall(text, low, start), *_WORD.findall(text, end, high)]
    words = [word for word in around if len(word) > 3]
    return sum(not word[0].islower() for word in words) * 2 > len(words)


def is_led(text: str, start: int) -> bool:
    """Whether a word of the same name may stand right before: "Joe Root", "ABC News", "Big Apple"."""
    prior = _PRIOR_WORD.search(text[max(0, start - _LOOK_BACK) : start])
    if prior is None or _NO_FIRST_NAME.match(prior[1]):
        return False
    if not prior[1].rpartition("-")[2][:1].isupper():  # "China-backed" leads no name
        return False
    return not _OPENER.match(prior[1]) and not prior[1].endswith(("'s", "’s", "s'", "s’"))


def _sentence_about(text: str, start: int, end: int) -> tuple[int, int]:
    """Rough bounds of the sentence that holds [start, end)."""
    low = max(0, start - _REACH)
    for boundary in _SENTENCE_END.finditer(text, low, start):
        low = boundary.end()
    after = _SENTENCE_END.search(text, end, end + _REACH)
    return low, after.start() if after else min(len(text), end + _REACH)


def _follows_a_name(text: str, low: int, start: int) -> bool:
    """Whether a capitalised word stands right before, as in "Doug Ford" or "Big Apple"."""
    prior = _PRIOR_WORD.search(text[max(low, start - _LOOK_BACK) : start])
    if prior is None or not prior[1][0].isupper() or prior[1].isupper():
        return False
    return not _OPENER.match(prior[1]) and not prior[1].endswith(("'s", "’s", "s'", "s’"))


def _capital_is_telling(text: str, low: int, start: int, end: int, high: int) -> bool:
    """Whether the capital marks a name of its own.

    It does not at a sentence's start, in a headline that capitalises most words, or before another
    capitalised word ("Oracle Park").
    """
    if not any(c.isalnum() for c in text[low:start]):
        return False
    words = [word for word in _WORD.findall(text, low, high) if len(word) > 3]
    if sum(not word[0].islower() for word in words) * 2 > len(words):
        return False
    following = _NEXT_WORD.match(text, end)
    return following is None or following[1].islower()

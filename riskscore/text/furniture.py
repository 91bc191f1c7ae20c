"""Patterns of what web pages put around an article: residue, furniture, labels over other headlines.

General knowledge of news pages, none of it drawn from a data set. A pattern of `is_residue` or
`RESIDUE_TAIL` acts on every text, so it must match nothing that a reporter, a lawyer or an agency
would write; the others act only where `noise.keep_article_lines` has found a page.
"""

from __future__ import annotations

import re

# The end of a line. Searched only where one of RESIDUE_TAIL_WORDS occurs.
RESIDUE_TAIL = re.compile(
    r"""(?:\s|\A)(?:
      (?:Continue|Keep)\ [Rr]eading(?:\ at\ [A-Z][\w.\- ]{1,40}|\s?(?:\.\.\.|…|»|→|>)+)
    | Read\ (?:[Mm]ore|[Oo]n|[Ff]ull\ [Aa]rticle|[Tt]he\ [Ff]ull\ (?:[Ss]tory|[Aa]rticle|[Rr]eport))
        (?:\ (?:at|on)\ [A-Z][\w.\- ]{1,40}|\s?(?:\.\.\.|…|»|→|>)+)
    | (?<=[.!?…”"’\]]\s)(?:Continue\ [Rr]eading|Read\ (?:[Mm]ore|[Tt]he\ [Ff]ull\ (?:[Ss]tory|[Aa]rticle)))\.?
    | (?:\[?…\]?\s|\[\.\.\.\]\s)?
        The\ post\ .{1,300}\ (?:first\ appeared|appeared\ first)\ on\ [^.!?]{1,80}(?:\s?\.)?
    | To\ read\ this\ article\ in\ full,?\ please\ click\ here\.?
    | Click\ here\ to\ (?:subscribe|sign\ up|read|continue|register|view)\b.{0,80}
    )\s*\Z""",
    re.VERBOSE,
)
RESIDUE_TAIL_WORDS = ("eading", "ead ", "ppeared", "lick here")

# Whole lines, wherever they stand; `is_residue` asks for both.
_RESIDUE = re.compile(
    r"""(?:
      ads? | advertis(?:ement|ements|ing)? | sponsored(?:\ content)? | promoted(?:\ content)?
    | scroll\ to\ continue.{0,60} | loading\W* | back\ to\ top
    | (?:skip|jump)\ to\ (?:main\ )?(?:content|navigation)
    | (?:story\ )?continues\ below(?:\ this\ ad(?:vertisement)?)?
    | article\ continues\ (?:below|after)\b.{0,40}
    | (?:continue|keep)\ reading\W* | read\ (?:more|the\ full\ (?:story|article)|on)\W*
    | click\ here\ (?:to|for)\b.{0,120}
    | (?:sign\ up|subscribe|register)(?:\ (?:now|today|here))?
        (?:\ (?:to|for)\ .{0,120}(?:newsletters?|inbox|alerts|briefing|emails?)\b.{0,80})?\W*
    | (?:log|sign)\ ?in(?:\ or\ (?:sign\ up|subscribe|register))?
    | (?:we|this\ (?:web)?site|our\ (?:web)?site)\ (?:and\ our\ partners\ )?uses?\ cookies\b.{0,500}
    | by\ (?:continuing\ to\ (?:use|browse)|using)\ (?:this|our|the)\ (?:web)?site\b.{0,300}
    | (?:accept|reject|manage)(?:\ all)?\ cookies | cookie\ (?:policy|settings|preferences|notice)
    | (?:copyright\ )?(?:©|\(c\)\ (?:19|20)\d\d)\ ?.{0,160}
    | the\ post\ .{1,300}\ (?:first\ appeared|appeared\ first)\ on\ .{1,80}
    | \((?:additional\ )?reporting\ by\ .{1,300} | additional\ reporting\ by\ .{1,200}
    | reporting\ by\ .{1,200}\b(?:writing|editing)\ by\ .{1,200}
    )""",
    re.IGNORECASE | re.VERBOSE,
)

# Looked for where it can be alone: it may begin anywhere, which took most of the time of all the others.
_RIGHTS_RESERVED = re.compile(r".{0,80}\ball\ rights\ reserved\b.{0,80}", re.IGNORECASE | re.VERBOSE)


def is_residue(line: str) -> bool:
    """Whether a line, without its bullet, is what web pages add to any text."""
    return _RESIDUE.fullmatch(line) is not None or (
        "erved" in line.lower() and _RIGHTS_RESERVED.fullmatch(line) is not None
    )


_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\ )?"
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_AGENCY = r"(?:reuters|getty|afp|ap|shutterstock|bloomberg|zuma)"

# Lines without sentence punctuation.
FURNITURE = re.compile(
    rf"""(?:
      by\ (?-i:(?:[A-Z][\w.'’-]*(?:,?\ (?:and\ |&\ )?|\Z)){{1,8}}).{{0,40}}
    | (?:(?:last\ )?updated|(?:first\ )?published|posted)\b.{{0,60}}
    | {_WEEKDAY}{_MONTH}\ \d{{1,2}},?\ \d{{4}}.{{0,30}} | {_WEEKDAY}\d{{1,2}}\ {_MONTH},?\ \d{{4}}.{{0,30}}
    | \d+\ (?:min(?:ute)?s?\ read|comments?|shares?)\b.{{0,30}}
    | (?:photo(?:graph)?|image|picture|illustration|credit|video|source)s?(?:\ credit)?\s?:.{{0,160}}
    | (?:photo(?:graph)?|image|picture|illustration)s?\ (?:by|courtesy)\ .{{0,120}}
    | .{{0,120}}(?:\bvia\ {_AGENCY}\b|\b(?:getty\ images|shutterstock)\b|/{_AGENCY}\b).{{0,40}}
    | (?:insights?|reporting|contributions?|analysis)\ from\ .{{0,160}}
    | (?:edited|written|compiled|produced)\ by\ .{{0,120}}
    | (?:share|follow|find|join|like|watch|listen)\ (?:this|us|on|to)\b.{{0,80}}
    | (?:related|(?:read|see)\ also|also\ read|more\ on\ this|read\ next|recommended|watch)\s?:.{{0,200}}
    )""",
    re.IGNORECASE | re.VERBOSE,
)

# A label over a list of publications that the article draws on.
SOURCES = re.compile(r"sources?\s?:", re.IGNORECASE)

# Labels over the headlines of other articles.
OTHER_ARTICLES = re.compile(
    r"""(?:
      related(?:\ (?:articles?|stories|news|content|coverage|topics?|posts?))? | read\ (?:next|also|more)
    | see\ also | more\ (?:from|on|stories|news|in)\b.{0,60} | most\ (?:read|popular|viewed)(?:\ .{0,30})?
    | (?:trending|recommended|popular)(?:\ .{0,30})?
    | you\ (?:may|might)\ (?:also\ )?(?:like|be\ interested\ in)
    | editor[s'’]+\ picks? | latest(?:\ (?:news|stories|headlines))? | top\ stories | don[’']t\ miss
    )\s?:?""",
    re.IGNORECASE | re.VERBOSE,
)

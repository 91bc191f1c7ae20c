"""Clean text in, its language and the reason not to score it out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from riskscore.text.han import HAN, KANA

MIN_WORDS = 4
_SAMPLE_CHARS = 20_000
_LONG_WORD_CHARS = 40  # no English word of news is as long; base64 lines, hashes and addresses are
_SHORT_TEXT_WORDS = 20

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
_ASCII_WORD = re.compile(r"[^\W_]+", re.ASCII)
_HEAD_CHARS = 180  # in which most texts have more words than a short one
_NOT_A_CODE = re.compile("[^a-z]")  # after the language come region and script: "en-GB", "zh_Hant"
_SPACE_BYTES = b" \t\n\r\x0b\x0c"
_NOT_LETTERS = bytes(byte for byte in range(128) if not chr(byte).isalpha())


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Frequent in English and in no other language that uses the plain Latin alphabet.
_ENGLISH_ONLY = _words(
    """the and with from says said amid against its this these would could should their how what why than
    after which who while about you your are they our"""
)
_ENGLISH = _ENGLISH_ONLY | _words("of to for by over on in as is it new s")
# Frequent in other languages and in no English name: they give away a foreign headline without accents,
# which the detector takes for English ("Estados Unidos prohibe inversiones en China").
_FOREIGN = _words(
    """aux dans della des een en et fuer het ihre les mit nach nel og sobre sur til uit und una uma unter
    voor wegen zu zur"""
)
# Words of headlines that other languages may have too: evidence enough where the detector is sure of a
# language in which hardly any news is written in plain letters ("Huawei Ascend 910C ban": Khasi).
_HEADLINE_WORDS = _words(
    """ahead ban banned bans bars bill blocks chip chips court curb curbs cuts data deal export exports faces
    firm firms halts hits law licence license lifted list maker makers meet order orders probe report rule
    rules sales sanctions scandal seeks shares sues summit talks tariff tariffs tech trade war warns watch"""
)
# Those in which a headline in plain Latin letters may really be written.
_PLAUSIBLE = _words(
    """af bs ca cs cy da de en es et eu fi fr ga gl ha hr hu id it lt lv ms mt nl no nb pl pt ro sk sl so sq
    sr sv sw tl tr uz vi"""
)
_TYPOGRAPHY = dict.fromkeys(map(ord, "‘’“”–—…"), " ")
_NAMES = {
    **{"ar": "Arabic", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "ja": "Japanese"},
    **{
        "ko": "Korean",
        "nl": "Dutch",
        "pt": "Portuguese",
        "ru": "Russian",
        "vi": "Vietnamese",
        "zh": "Chinese",
    },
}
_NOT_RECOGNISED = "The language of the text was not recognised; only English articles are scored."
_CHINESE_CODES = frozenset({"zh", "zho", "chi"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Language of a text and whether it can be scored.

    `language` is an ISO 639-1 code, None when none was recognised; `probability` (0-1) is the part of
    the text that the detector assigns to it, about half of it where the detector calls itself unsure
    and English words decide, 1 where the caller has declared the language.
    """

    language: str | None
    probability: float
    abstain_reason: str | None = None
    warning: str | None = None


def judge(text: str, declared: str | None = None, languages: Collection[str] = ("en",)) -> Verdict:
    """Tell the language of a text, and abstain where no score can be given.

    The detector is CLD2, the one Chromium used (package pycld2: tables compiled into the library,
    nothing unpickled, about 15 µs an article). It is unsure of short headlines, and
    takes the names in some for words of a rare language: text in plain Latin letters then counts as
    English if a function word of English, or its best guess, says so.

    Parameters
    ----------
    text : str
        Title and body after cleaning, without control characters or surrogates.
    declared : str, optional
        The language that the caller states ("en", "en-GB", "zh"). Anything but `languages` abstains;
        "en" decides where the detector is unsure.
    languages : collection of str
        Those that are scored: English, and Chinese ("zh") where the model has heads for it.

    Returns
    -------
    Verdict
    """
    if not text.strip():
        return Verdict(None, 0.0, "No text is left after cleaning; send the article's title or body.")
    stated = _NOT_A_CODE.split(declared.strip().lower())[0][:8] if declared else ""
    chinese_is_scored = "zh" in languages
    states_chinese = chinese_is_scored and stated in _CHINESE_CODES
    if stated and stated not in ("en", "eng") and not states_chinese:
        return Verdict(stated, 1.0, f"The article is declared to be in '{stated}'; only English is scored.")
    sample = text[:_SAMPLE_CHARS]
    raw = sample.encode("utf-8", "replace")
    language, share, reliable = _detect(raw)
    if chinese_is_scored:
        written = _chinese_share(sample)
        if (language == "zh" and reliable) or (written >= 0.5 and not (language == "ja" and reliable)):
            return _chinese(text, share if reliable else written / 2)
        if states_chinese:
            return Verdict(
                "zh", 1.0, "The article is declared to be in 'zh', but hardly any of it is Chinese."
            )
    if language == "zh" and reliable:
        return Verdict("zh", share, "The text is Chinese, which the loaded model does not score.")
    not_language = _why_not_language(sample, raw)
    if not_language and not (reliable and language != "en"):
        return Verdict(None, 0.0, not_language)
    words = _first_words(text)
    if len(words) < MIN_WORDS:
        return Verdict(
            language if reliable else None,
            share if reliable else 0.0,
            f"The text is too short to score: {len(words)} word(s), at least {MIN_WORDS} are needed.",
        )
    few = len(words) <= _SHORT_TEXT_WORDS
    short = few and sample.isascii()
    known = _ENGLISH_ONLY if reliable else _ENGLISH
    if few and language not in _PLAUSIBLE and sample.translate(_TYPOGRAPHY).isascii():
        language, share, reliable, short = None, 0.0, False, True
        known = _ENGLISH | _HEADLINE_WORDS
    if short and not stated and _is_foreign(words) and (language == "en" or not reliable):
        return Verdict(None, 0.0, _NOT_RECOGNISED)
    if language == "en" and reliable:
        warning = None
        if share < 0.6:
            warning = f"Only about {share:.0%} of the text is English; the rest was read as it stands."
        return Verdict("en", share, warning=warning)
    if short and (not known.isdisjoint(words) or (not reliable and (language == "en" or stated))):
        return Verdict("en", 0.5)
    if not reliable and (stated or language == "en"):
        return Verdict("en", share / 2)
    if reliable and language is not None:
        name = _NAMES.get(language, f"in the language '{language}'")
        return Verdict(language, share, f"The text is {name}, not English; only English articles are scored.")
    return Verdict(
        None, 0.0, "The language of the text was not recognised; only English articles are scored."
    )


def _chinese(text: str, share: float) -> Verdict:
    words = _first_words(text)
    if len(words) < MIN_WORDS:
        return Verdict(
            "zh", share, f"The text is too short to score: {len(words)} character(s), at least {MIN_WORDS}."
        )
    warning = None
    if share < 0.6 and _chinese_share(text[:_SAMPLE_CHARS]) < 0.6:
        warning = "Much of the text is not Chinese; the rest was read as it stands."
    return Verdict("zh", share, warning=warning)


def _chinese_share(sample: str) -> float:
    """Part of the letters that are Chinese characters, 0-1; 0 where there is Japanese kana."""
    if sample.isascii() or KANA.search(sample):
        return 0.0
    characters = len(HAN.findall(sample))
    return characters / max(1, sum(map(str.isalpha, sample))) if characters else 0.0


def _detect(raw: bytes) -> tuple[str | None, float, bool]:
    """Language code, its share of the text (0-1) and whether the detector is sure."""
    import pycld2  # lazily: a 14 MB library, mapped when the first article comes

    try:
        reliable, _, details = pycld2.detect(raw, isPlainText=True)
        if not reliable:
            _, _, details = pycld2.detect(raw, isPlainText=True, bestEffort=True)
    except pycld2.error:  # characters it refuses as invalid
        return None, 0.0, False
    code = details[0][1]
    if code == "un":
        return None, 0.0, False
    return code.partition("-")[0], details[0][2] / 100, reliable


def _why_not_language(sample: str, raw: bytes) -> str | None:
    """Reason to call the text no language at all; None when it may be one."""
    letters = len(raw.translate(None, _NOT_LETTERS))
    if letters * 2 >= len(raw) and not _may_have_long_word(sample):
        return None
    solid = len(raw.translate(None, _SPACE_BYTES))
    if letters * 2 < solid:
        return "The text is mostly not language: fewer than half of its characters are letters."
    if sample.isascii():
        long = sum([len(word) for word in sample.split() if len(word) > _LONG_WORD_CHARS])
        if long * 2 > solid:
            return "The text is mostly not language: more than half of it is unbroken strings."
    return None


def _may_have_long_word(sample: str) -> bool:
    """False where a space or line end stands in every stretch that a long word would fill."""
    spaced = sample.replace("\n", " ")
    reached, last = 0, len(spaced) - _LONG_WORD_CHARS
    while reached < last:
        space = spaced.rfind(" ", reached, reached + _LONG_WORD_CHARS + 1)
        if space < 0:
            return True
        reached = space + 1
    return False


def _is_foreign(words: list[str]) -> bool:
    return (
        _ENGLISH_ONLY.isdisjoint(words) and not {"of", "to"} & set(words) and not _FOREIGN.isdisjoint(words)
    )


def _first_words(text: str) -> list[str]:
    """The first words in small letters, one more than the longest short text has; numbers are no words."""
    head = text[:_HEAD_CHARS]
    if head.isascii():
        found = [word for word in _ASCII_WORD.findall(head.lower()) if not word.isdigit()]
        if len(found) > _SHORT_TEXT_WORDS + 1 or len(text) <= _HEAD_CHARS:  # the last may be cut off
            return found[: _SHORT_TEXT_WORDS + 1]
    words: list[str] = []
    for match in _WORD.finditer(text):
        word = match.group()
        if not word.isdigit():
            words.append(word.lower())
            if len(words) > _SHORT_TEXT_WORDS:
                break
    return words

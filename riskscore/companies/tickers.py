"""A symbol standing in a text → the market that the text places it in, or None outside a ticker's context.

A bare "ON", "T" or "0700" says nothing; "$ON", "NYSE: T", "T.N" and "0700.HK" do.
"""

from __future__ import annotations

import re

# Markets grouped so that a firm's move from Nasdaq to NYSE (one US symbol space) loses no mention.
_MARKET_OF_EXCHANGE = {
    "NASDAQ": "US", "NYSE": "US", "NYSEAMERICAN": "US", "AMEX": "US", "OTC": "US", "OTCMKTS": "US",
    "HKEX": "HK", "SSE": "SS", "SZSE": "SZ", "TSE": "T", "TWSE": "TW", "TPEX": "TWO", "KRX": "KS",
    "KOSDAQ": "KQ", "LSE": "L", "XETRA": "DE", "SIX": "S", "OMXSTO": "ST", "OMXHEL": "HE", "OMXCOP": "CO",
    "MYX": "KL", "SGX": "SI", "ASX": "AX", "TSX": "TO", "NSE": "NS", "BSE": "BO", "EURONEXT": "AS",
    "BIT": "MI", "BME": "MC", "OSE": "OL", "TADAWUL": "SR", "ADX": "AD",
}  # fmt: skip

# As newspapers, wires and data vendors write the same exchanges before a colon.
_MARKET_OF_SPELLING = {
    **_MARKET_OF_EXCHANGE,
    "NASDAQGS": "US", "NASDAQGM": "US", "AMERICAN": "US", "OTCQX": "US", "OTCQB": "US",
    "SEHK": "HK", "HKSE": "HK", "HKG": "HK", "HK": "HK", "KONG": "HK",
    "SHA": "SS", "SHSE": "SS", "SH": "SS", "STAR": "SS", "SHANGHAI": "SS",
    "SHE": "SZ", "SZ": "SZ", "SHENZHEN": "SZ", "TYO": "T", "TOKYO": "T", "TPE": "TW", "TAIPEI": "TW",
    "KOSPI": "KS", "SEOUL": "KS", "LON": "L", "LONDON": "L", "ETR": "DE", "FRA": "DE", "FWB": "DE",
    "FRANKFURT": "DE", "SWX": "S", "STO": "ST", "STOCKHOLM": "ST", "HEL": "HE", "HELSINKI": "HE",
    "KLSE": "KL", "AMS": "AS", "EPA": "AS", "EBR": "AS", "AMSTERDAM": "AS", "PARIS": "AS", "BRUSSELS": "AS",
}  # fmt: skip

# Reuters codes (NVDA.O) and Yahoo codes (0981.HK) after a full stop.
_MARKET_OF_RIC = {
    "O": "US", "OQ": "US", "N": "US", "K": "US", "A": "US", "PK": "US", "HK": "HK", "SS": "SS", "SH": "SS",
    "SZ": "SZ", "T": "T", "TW": "TW", "TWO": "TWO", "KS": "KS", "KQ": "KQ", "L": "L", "DE": "DE", "S": "S",
    "ST": "ST", "HE": "HE", "CO": "CO", "KL": "KL", "SI": "SI", "AX": "AX", "TO": "TO", "NS": "NS",
    "BO": "BO", "AS": "AS", "PA": "AS", "BR": "AS", "MI": "MI", "MC": "MC", "OL": "OL", "SR": "SR",
}  # fmt: skip

EXCHANGES = frozenset(_MARKET_OF_EXCHANGE)

_RIC_AFTER = re.compile(r"\.([A-Z]{1,3})(?![\w])(?!\.\w)")
_EXCHANGE_BEFORE = re.compile(r"(?<!\w)([A-Za-z]{2,12}) ?[:：] ?\Z")
_LOOK_BACK = 16  # the longest spelling, colon and spaces


def market_of(exchange: str) -> str:
    """Symbol space of an exchange of the knowledge files ("NASDAQ" → "US"); KeyError when unknown."""
    return _MARKET_OF_EXCHANGE[exchange]


def spellings(exchange: str, symbol: str) -> tuple[str, ...]:
    """Ways in which a symbol is written: Hong Kong's come with and without leading zeros."""
    if market_of(exchange) == "HK" and symbol.isdigit():
        bare = symbol.lstrip("0")
        return tuple(dict.fromkeys((symbol, bare, bare.zfill(4), bare.zfill(5))))
    return (symbol,)


def market_in_context(text: str, start: int, end: int) -> str | None:
    """Market in which `text` places the symbol at [start, end), or None when it is no ticker there."""
    before = text[start - 1 : start]
    if before == "$":
        return "US"
    if before != "." and text[end : end + 1] == "." and (ric := _RIC_AFTER.match(text, end)):
        return _MARKET_OF_RIC.get(ric[1])
    if before in (":", "：", " ") and (
        exchange := _EXCHANGE_BEFORE.search(text[max(0, start - _LOOK_BACK) : start])
    ):
        return _MARKET_OF_SPELLING.get(exchange[1].upper())
    return None

"""Faults of companies.csv, each with its line."""

from __future__ import annotations

import pytest

from riskscore.knowledge import load_knowledge
from tests.knowledge.conftest import COMPANIES, KnowledgeFolder


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Acme,Acme,,,US,other,,", "company_id 'Acme' is not lower-case"),
        ("acme,,,,US,other,,", "name '' is empty"),
        ("acme,Acme (sold 2025),,,US,other,,", "name 'Acme (sold 2025)' is empty, bracketed"),
        ("acme,Acme,A|A  B,,US,other,,", "name 'A  B' is empty, bracketed, badly spaced"),
        (
            "acme,Acme,$Acme,,US,other,,",
            "name '$Acme' is empty, bracketed, badly spaced or starts with a sign",
        ),
        ("acme,Acme,Acme,,US,other,,", "name 'Acme' stands twice"),
        ("acme,Acme,,,USA,other,,", "country 'USA'"),
        ("acme,Acme,,,US,,,", "no role"),
        ("acme,Acme,,,US,farmer,,", "unknown role 'farmer'"),
        ("acme,Acme,,NASDAQ:acme,US,other,,", "bad ticker 'NASDAQ:acme'"),
        ("acme,Acme,,ACME,US,other,,", "bad ticker 'ACME'"),
        ("acme,Acme,,MOON:ACME,US,other,,", "bad ticker 'MOON:ACME'"),
        ("acme,Acme,,,US,other,Acme,", "chinese_name 'Acme' has no Chinese character"),
        ("acme,Acme,,,US,other,,Zenith", "ambiguous 'Zenith' is neither"),
        ("acme,Acme,,,US,other", "6 columns instead of 8"),
    ],
)
def test_fault_of_a_row(folder: KnowledgeFolder, row: str, expected: str) -> None:
    folder.write_companies(COMPANIES[2], row)
    faults = folder.faults()
    assert len(faults) == 1
    assert faults[0].startswith(f"companies.csv:3: {expected}")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("beta-fab,Gamma,,,US,other,,", "company_id 'beta-fab' is used twice"),
        ("gamma,BETA FAB,,,US,other,,", "name 'beta fab' is claimed by 'beta-fab' too"),
        ("gamma,Gamma,betafab,,US,other,,", "name 'betafab' is claimed by 'beta-fab' too"),
        ("gamma,Gamma,,SSE:600042,US,other,,", "ticker 600042 (SS) is claimed by 'beta-fab' too"),
        ("gamma,Gamma,,,US,other,贝塔晶圆,", "chinese_name '贝塔晶圆' is claimed by 'beta-fab' too"),
    ],
)
def test_nothing_is_claimed_twice(folder: KnowledgeFolder, row: str, expected: str) -> None:
    folder.write_companies(COMPANIES[2], row)
    assert folder.faults() == (f"companies.csv:3: {expected}",)


def test_same_symbol_on_unrelated_markets_is_no_clash(folder: KnowledgeFolder) -> None:
    folder.write_companies("merck,Merck,,NYSE:MRK,US,other,,", "merck-kgaa,Merck KGaA,,XETRA:MRK,DE,other,,")
    assert set(load_knowledge(folder.path).companies) == {"merck", "merck-kgaa"}


def test_hong_kong_symbol_is_the_same_with_and_without_zeros(folder: KnowledgeFolder) -> None:
    folder.write_companies(COMPANIES[2], "gamma,Gamma,,HKEX:42,HK,other,,")
    assert any("ticker 42 (HK) is claimed by 'beta-fab' too" in fault for fault in folder.faults())


@pytest.mark.parametrize("header", ["company_id,name", COMPANIES[0] + ",colour", ""])
def test_header_must_be_whole(folder: KnowledgeFolder, header: str) -> None:
    folder.write("companies.csv", f"{header}\n{COMPANIES[1]}\n")
    assert [fault.partition(": ")[0] for fault in folder.faults()] == ["companies.csv:1"]

"""Importers: what each format gives, what binds to a known company, and how faults are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskscore.errors import InputError
from riskscore.imports.formats import ImportFormat, read_rows
from riskscore.imports.records import ImportTally
from riskscore.imports.save import save_rows
from riskscore.knowledge import load_knowledge
from riskscore.store import Store, open_store
from riskscore.store.companies import by_name, descendants, find_companies
from riskscore.store.lists import memberships_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'companies.db'}")
    yield store
    store.close()


def load(store: Store, tmp_path: Path, text: str, format: ImportFormat) -> ImportTally:
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    return save_rows(store, load_knowledge(), read_rows(path, format), format, NOW)


def test_tickers_of_the_sec(store: Store, tmp_path: Path) -> None:
    content = {
        "0": {"cik_str": 1045810, "ticker": "NVDA", "title": "NVIDIA CORP"},
        "1": {"cik_str": 99, "ticker": "ZZA", "title": "Zzyzx Holdings Inc"},
        "2": {"cik_str": 99, "ticker": "ZZB", "title": "Zzyzx Holdings Inc"},
        "3": {"ticker": "X"},
    }
    tally = load(store, tmp_path, json.dumps(content), "sec")
    assert (tally.known, tally.added, [fault.row for fault in tally.faults]) == (1, 1, [4])
    with store.read() as connection:
        assert by_name(connection, "nvda") == ["nvidia"]
        assert by_name(connection, "ZZB") == by_name(connection, "Zzyzx Holdings") == ["cik-0000000099"]


CSL = {
    "results": [
        {
            "id": "e1",
            "name": "Huawei Technologies Co., Ltd.",
            "alt_names": ["Huawei"],
            "source": "Entity List (EL) - Bureau of Industry and Security",
            "start_date": "2019-05-21",
            "source_list_url": "https://bis.example/el",
            "type": None,
        },
        {"id": "e2", "name": "Unknown Widgets", "source": "Entity List (EL) - BIS"},
        {"id": "e3", "name": "Some Person", "source": "SDN", "type": "Individual"},
        {"id": "e4"},
    ]
}


def test_the_screening_list_as_json_and_csv(store: Store, tmp_path: Path) -> None:
    tally = load(store, tmp_path, json.dumps(CSL), "csl")
    assert (tally.known, tally.added, [fault.row for fault in tally.faults]) == (1, 2, [4])
    again = load(
        store,
        tmp_path,
        "_id,source,type,name,alt_names,start_date,source_list_url\n"
        'e1,Entity List (EL) - BIS,,"Huawei Technologies Co., Ltd.",Huawei; HW,2019-05-21,https://bis.example/2\n',
        "csl",
    )
    assert (again.known, again.added) == (1, 1)
    with store.read() as connection:
        (entry,) = memberships_of(connection, ["huawei"])
    assert (entry.list_code, entry.listed_on, entry.source) == (
        "Entity List",
        "2019-05-21",
        "https://bis.example/2",
    )


def test_targets_of_opensanctions_as_json_and_csv(store: Store, tmp_path: Path) -> None:
    entity = {
        "id": "Q1",
        "caption": "SMIC",
        "schema": "Company",
        "datasets": ["us_trade_csl", "us_dod_chinese_milcorps"],
        "properties": {"name": ["Semiconductor Manufacturing International Corporation"], "alias": ["SMIC"]},
        "first_seen": "2021-06-03T00:00:00",
    }
    person = {"id": "Q2", "caption": "X", "schema": "Person", "properties": {"name": ["X"]}}
    lines = [json.dumps(entity), json.dumps(person), "[]", ""]
    tally = load(store, tmp_path, "\n".join(lines), "opensanctions")
    assert (tally.known, [fault.row for fault in tally.faults]) == (2, [3])
    table = "id,schema,name,aliases,dataset,first_seen\nQ3,Company,Huawei,HW;Huawei Tech,US SDN,2020-01-01\n"
    assert load(store, tmp_path, table, "opensanctions").known == 1
    with store.read() as connection:
        assert {entry.list_code for entry in memberships_of(connection, ["smic"])} == {
            "us_trade_csl",
            "us_dod_chinese_milcorps",
        }


def test_ones_own_companies_with_parents(store: Store, tmp_path: Path) -> None:
    tally = load(
        store,
        tmp_path,
        "name,id,aliases,lei,country,parent\n"
        "Greenfield Group,gg,Greenfield|GG Holdings,,DE,\n"
        "Greenfield Chips,,,529900T8BM49AURSDO55,DE,gg\n"
        "Nvidia,,,,US,Greenfield Chips\n"
        "Bad Lei,,,529900T8BM49AURSDO54,DE,\n"
        "Bad Country,,,,Germany,\n"
        ",,,,,\n"
        "NVIDIA Corp,other,,,US,\n",
        "csv",
    )
    assert (tally.known, tally.added) == (1, 2)
    assert sorted(fault.row for fault in tally.faults) == [5, 6, 7, 8]
    with store.read() as connection:
        assert descendants(connection, "gg") == {
            "gg": ("gg",),
            "own-greenfield-chips": ("gg", "own-greenfield-chips"),
            "nvidia": ("gg", "own-greenfield-chips", "nvidia"),
        }
        assert by_name(connection, "529900t8bm49aursdo55") == ["own-greenfield-chips"]
        assert find_companies(connection, ["gg"])["gg"].country == "DE"


def test_a_ring_of_owners_ends(store: Store, tmp_path: Path) -> None:
    load(store, tmp_path, "name,id,parent\nA,a,c\nB,b,a\nC,c,b\n", "csv")
    with store.read() as connection:
        assert set(descendants(connection, "a")) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("text", "format", "message"),
    [
        ("[]", "sec", "is not the SEC's"),
        ("{", "sec", "is not the SEC's"),
        ('{"results": 1}', "csl", "is not the Consolidated"),
        ("a,b\n1,2\n", "csl", "no column source, name"),
        ("a,b\n1,2\n", "opensanctions", "no column id, name, schema"),
        ("firm\nX\n", "csv", "no column name; its columns are firm"),
        ("name\n", "csv", "holds no rows"),
    ],
)
def test_a_wrong_file_is_told_what_is_missing(
    store: Store, tmp_path: Path, text: str, format: ImportFormat, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load(store, tmp_path, text, format)
    with pytest.raises(InputError, match="cannot read"):
        read_rows(tmp_path / "none", format)

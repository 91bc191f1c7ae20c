"""Archives in every format go in and come out; rows at fault are listed and never stop the rest."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from riskscore.archive import Columns, score_archive
from riskscore.archive.sources import MAX_ROWS_A_CHUNK
from riskscore.assess import Assessor
from riskscore.errors import ArchiveError, InputError
from riskscore.types import Article
from tests.archive.conftest import Row, articles, read_jsonl, write_jsonl


def _score(source: Path | str, out: Path, assessor: Assessor, **options: Any) -> Any:
    return score_archive(str(source), out, processes=1, assessor=assessor, **options)


def _rows(out: Path) -> list[Row]:
    """Rows of an output, whatever its format, with the values of JSON Lines."""
    content = out.read_bytes()
    if out.suffix == ".parquet":
        rows: list[Row] = pq.read_table(out).to_pylist()
        return rows
    if out.suffix == ".gz":
        content = gzip.decompress(content)
    elif out.suffix == ".zst":
        content = zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True).read()
    if ".csv" in out.name:
        return [dict(row) for row in csv.DictReader(io.StringIO(content.decode()))]
    return [json.loads(line) for line in content.splitlines()]


def _write(rows: list[Row], path: Path) -> Path:
    name = path.name
    if ".csv" in name or ".tsv" in name:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]), delimiter="\t" if ".tsv" in name else ",")
        writer.writeheader()
        writer.writerows(rows)
        content = text.getvalue().encode()
    else:
        content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    if name.endswith(".gz"):
        content = gzip.compress(content)
    elif name.endswith(".zst"):
        content = zstandard.ZstdCompressor().compress(content)
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "a.jsonl",
        "a.ndjson",
        "a.jsonl.gz",
        "a.jsonl.zst",
        "a.csv",
        "a.tsv",
        "a.csv.gz",
        "a.csv.zst",
        "a.parquet",
    ],
)
def test_every_input_format_gives_the_same_rows(tmp_path: Path, small_assessor: Assessor, name: str) -> None:
    rows = articles(40)
    rows[3]["text"] = 'Two lines,\nand a "quote": exports of chips to China need a licence, officials said.'
    source = _write(rows, tmp_path / name)
    out = tmp_path / "out.jsonl"
    result = _score(source, out, small_assessor)
    assert (result.summary.rows, result.summary.bad) == (40, 0)
    for number, (row, scored) in enumerate(zip(rows, read_jsonl(out), strict=True), 1):
        expected = small_assessor.assess(Article(title=row["title"], text=row["text"]))
        assert (scored["row"], scored["file"], scored["id"]) == (number, str(source), row["id"])
        assert scored["score"] == expected.score
        assert scored["chips_probability"] == expected.regimes["chips"].probability
        assert scored["companies"] == [company.company_id for company in expected.companies]
        assert scored["published_at"] == row["published_at"].replace("Z", "+00:00")


@pytest.mark.parametrize(
    "name", ["o.jsonl", "o.jsonl.gz", "o.jsonl.zst", "o.csv", "o.csv.gz", "o.csv.zst", "o.parquet"]
)
def test_every_output_format_holds_the_same(
    archive: Callable[[int], Path], tmp_path: Path, small_assessor: Assessor, name: str
) -> None:
    count = MAX_ROWS_A_CHUNK + 3  # more than one chunk
    source = archive(count)
    reference, out = tmp_path / "reference.jsonl", tmp_path / name
    _score(source, reference, small_assessor)
    _score(source, out, small_assessor)
    for expected, row in zip(_rows(reference), _rows(out), strict=True):
        assert row.keys() == expected.keys()
        if ".csv" in name:
            assert float(row["score"]) == expected["score"]
            assert row["companies"] == "; ".join(expected["companies"])
            assert row["abstained"] == str(expected["abstained"]).lower()
        else:
            assert row == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        {"in.jsonl", "reference.jsonl", "reference.jsonl.run.json", name, f"{name}.run.json"}
    )


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv", "o.parquet"])
def test_the_rationale_comes_nested(
    archive: Callable[[int], Path], tmp_path: Path, small_assessor: Assessor, name: str
) -> None:
    _score(archive(4), tmp_path / name, small_assessor, rationale=True)
    row = _rows(tmp_path / name)[0]
    rationale = json.loads(row["rationale"]) if name == "o.csv" else row["rationale"]
    chips = rationale[0] if name == "o.parquet" else rationale["chips"]
    article = articles(1)[0]
    expected = small_assessor.assess(Article(title=article["title"], text=article["text"])).regimes["chips"]
    found = [(reason["feature"], reason["value"]) for reason in chips["contributions"]]
    assert found == [(reason.feature, reason.value) for reason in expected.contributions]
    assert [sentence["text"] for sentence in chips["evidence"]] == [s.text for s in expected.evidence]


def test_a_folder_and_a_glob_are_read_in_order(tmp_path: Path, small_assessor: Assessor) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    rows = articles(9)
    for name, part in (("a.jsonl", rows[:3]), ("b.csv", rows[3:6]), ("deep/c.parquet", rows[6:])):
        _write(part, folder / name)
    (folder / "README.txt").write_text("not an archive")
    _score(folder, tmp_path / "folder.jsonl", small_assessor)
    _score(f"{folder}/**/*.[cjp]*", tmp_path / "glob.jsonl", small_assessor)
    for out in ("folder.jsonl", "glob.jsonl"):
        assert [row["id"] for row in read_jsonl(tmp_path / out)] == [row["id"] for row in rows]


def test_standard_input_is_read(
    tmp_path: Path, small_assessor: Assessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"".join(json.dumps(row).encode() + b"\n" for row in articles(5))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    _score("-", tmp_path / "out.jsonl", small_assessor)
    assert [row["id"] for row in read_jsonl(tmp_path / "out.jsonl")] == [f"a-{n}" for n in range(5)]


def test_rows_at_fault_are_listed_with_file_row_and_reason(tmp_path: Path, small_assessor: Assessor) -> None:
    good = [json.dumps(row).encode() for row in articles(3)]
    faulty = {
        2: (b"{not json", "not valid JSON"),
        3: (b"\xff\xfe", "not UTF-8"),
        4: (b"[1]", "not a JSON object"),
        6: (b'{"title": " ", "text": null}', "no title, text or html"),
        7: (b'{"text": ["a"]}', "holds list, not text"),
        8: (
            json.dumps({"title": "x" * 10, "text": "y", "date": "yesterday"}).encode(),
            "'yesterday' is no ISO",
        ),
        9: (json.dumps({"text": "chip " * 250_000}).encode(), "at most 1000000"),
    }
    lines = dict(zip((1, 5, 10), good, strict=True)) | {row: line for row, (line, _) in faulty.items()}
    source = tmp_path / "in.jsonl"
    source.write_bytes(b"\n".join(lines[row] for row in sorted(lines)) + b"\n")
    out = tmp_path / "out.jsonl"
    result = _score(source, out, small_assessor)
    assert [row["row"] for row in read_jsonl(out)] == [1, 5, 10]
    faults = read_jsonl(tmp_path / "out.jsonl.errors.jsonl")
    assert [fault["row"] for fault in faults] == sorted(faulty)
    for fault in faults:
        assert fault["file"] == str(source)
        assert faulty[fault["row"]][1] in fault["reason"]
    assert (result.summary.bad, result.summary.rows) == (7, 10)


def test_csv_rows_at_fault(tmp_path: Path, small_assessor: Assessor) -> None:
    source = tmp_path / "in.csv"
    text = b"Exports of chips to China need a licence, officials said."
    source.write_bytes(b'headline,body\nA,B,C\nOne,"' + text + b'"\nTwo,\xff\nThree,"' + text + b'"\n')
    _score(source, tmp_path / "out.jsonl", small_assessor)
    assert [row["title"] for row in read_jsonl(tmp_path / "out.jsonl")] == ["One", "Three"]
    faults = read_jsonl(tmp_path / "out.jsonl.errors.jsonl")
    assert [(fault["row"], fault["reason"]) for fault in faults] == [
        (1, "the row has 3 columns, the header 2"),
        (3, "the row is not UTF-8"),
    ]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst", "a.parquet"])
def test_a_file_that_breaks_off_does_not_stop_the_others(
    tmp_path: Path, small_assessor: Assessor, name: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    noise = random.Random(1)  # text that does not pack well, or half a file would hold nothing
    rows = [row | {"url": noise.randbytes(400).hex()} for row in articles(1_000)]
    broken = _write(rows, folder / name)
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    _write(articles(2), folder / "b.jsonl")
    result = _score(folder, tmp_path / "out.jsonl", small_assessor)
    (fault,) = read_jsonl(tmp_path / "out.jsonl.errors.jsonl")
    assert fault["file"] == str(broken)
    assert "cannot be read" in fault["reason"]
    assert result.summary.bad == 1
    assert [row["id"] for row in read_jsonl(tmp_path / "out.jsonl")[-2:]] == ["a-0", "a-1"]


def test_columns_go_by_other_names(tmp_path: Path, small_assessor: Assessor) -> None:
    rows = [
        {"Headline": row["title"], "raw": {"body": row["text"]}, "when": 1_762_000_000, "nr": 7}
        for row in articles(2)
    ]
    source = write_jsonl(tmp_path / "in.jsonl", rows)
    columns = Columns(text="raw.body", published_at="when", id="nr")
    _score(source, tmp_path / "out.jsonl", small_assessor, columns=columns)
    row = read_jsonl(tmp_path / "out.jsonl")[0]
    assert (row["id"], row["title"]) == ("7", articles(1)[0]["title"])
    assert row["published_at"] == "2025-11-01T12:26:40+00:00"
    article = articles(1)[0]
    assert row["score"] == small_assessor.assess(Article(title=article["title"], text=article["text"])).score


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (Columns(text="boddy"), "no column 'boddy'"),
        (Columns(title="", text="", html=""), "found no column for the title, text or html among: .*title"),
    ],
)
def test_a_column_that_is_not_there_is_refused_before_anything_is_written(
    tmp_path: Path, small_assessor: Assessor, columns: Columns, message: str
) -> None:
    source = _write(articles(2), tmp_path / "in.csv")
    with pytest.raises(InputError, match=message):
        _score(source, tmp_path / "out.jsonl", small_assessor, columns=columns)
    assert not (tmp_path / "out.jsonl").exists()


def test_no_cell_of_a_csv_output_is_a_formula(tmp_path: Path, small_assessor: Assessor) -> None:
    starts = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1")
    rows = [{**articles(1)[0], "id": start + "x", "title": start + "y", "source": start} for start in starts]
    _score(write_jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out.csv", small_assessor)
    written = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_bytes().decode(), newline="")))
    assert len(written) == len(starts) + 1
    for cells in written:
        assert not any(cell.strip().startswith(("=", "+", "-", "@", "＝")) for cell in cells)


def test_a_lone_surrogate_goes_through_every_format(tmp_path: Path, small_assessor: Assessor) -> None:
    row = {**articles(1)[0], "title": "chips \ud800 for China"}
    source = write_jsonl(tmp_path / "in.jsonl", [row])
    for name in ("o.jsonl", "o.csv", "o.parquet"):
        assert _score(source, tmp_path / name, small_assessor).summary.bad == 0
        assert "\ufffd" in _rows(tmp_path / name)[0]["title"]


@pytest.mark.parametrize(
    ("source", "out", "message"),
    [
        ("nothing.jsonl", "out.jsonl", "nothing to score"),
        ("in.jsonl", "out.xlsx", "ends in .jsonl"),
        ("in.jsonl", "no/folder/out.jsonl", "no folder"),
        ("in.txt", "out.jsonl", "unknown format"),
    ],
)
def test_what_cannot_be_read_or_written_is_refused(
    tmp_path: Path, small_assessor: Assessor, source: str, out: str, message: str
) -> None:
    write_jsonl(tmp_path / "in.jsonl", articles(1))
    (tmp_path / "in.txt").write_text("chips")
    with pytest.raises(ArchiveError, match=message):
        _score(tmp_path / source, tmp_path / out, small_assessor)

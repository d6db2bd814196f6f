"""Parquet of others: sound files give the rows of pyarrow, others one line with the row."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.errors import UserError
from clean_bench.foreign_files.parquet_rows import check_table, opened_parquet, parquet_rows

MOST = 1 << 20


def written(path: Path, table: pa.Table, **options: object) -> Path:
    pq.write_table(table, path, **options)
    return path


def test_the_rows_of_a_sound_file(tmp_path: Path) -> None:
    rows = [
        {"text": f"What is {i}?" * 9, "list": [{"a": i}], "time": None, "n": i / 7}
        for i in range(999)
    ]
    path = written(tmp_path / "a.parquet", pa.Table.from_pylist(rows), row_group_size=100)
    assert list(parquet_rows(path, longest=MOST)) == list(enumerate(rows, start=1))
    some = [row for _, row in parquet_rows(path, longest=MOST, columns=("n", "absent"))]
    assert some == [{"n": row["n"]} for row in rows]


@pytest.mark.parametrize("row", [0, 1, 255, 256, 257, 700])
@pytest.mark.parametrize(("what", "in_list"), [("time", False), ("text", False), ("text", True)])
def test_the_row_that_cannot_be_read_is_named(
    tmp_path: Path, row: int, what: str, in_list: bool
) -> None:
    if what == "time":
        column = pa.array([1 << 62 if i == row else i for i in range(800)], pa.timestamp("us"))
    else:
        offsets = pa.py_buffer(b"".join((2 * i).to_bytes(4, "little") for i in range(801)))
        data = pa.py_buffer(b"".join(b"\xff\xfe" if i == row else b"ok" for i in range(800)))
        column = pa.Array.from_buffers(pa.string(), 800, [None, offsets, data])
        if in_list:
            column = pa.ListArray.from_arrays(list(range(801)), column)
    path = written(tmp_path / "a.parquet", pa.table({"n": range(800), "c": column}))
    before = []
    with pytest.raises(UserError, match=rf"a\.parquet:{row + 1}: column c: expected ") as caught:
        before += [number for number, _ in parquet_rows(path, longest=MOST)]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize("in_list", [True, False])
def test_a_long_text_is_never_unpacked_for_every_row(
    tmp_path: Path, dictionary: bool, in_list: bool
) -> None:
    """Six hundred rows that refer to one text of 4 MB would be 2.4 GB."""
    long = "x" * (4 << 20)
    indices = pa.array([0] * 300 + [1] * 600, pa.int8())
    texts = pa.DictionaryArray.from_arrays(indices, ["a", long])
    column = texts if dictionary else pa.array(["a"] * 300 + [long])
    if in_list:
        column = pa.ListArray.from_arrays(list(range(len(column) + 1)), column)
    path = written(
        tmp_path / "a.parquet",
        pa.table({"c": column}),
        use_dictionary=dictionary,
        dictionary_pagesize_limit=1 << 30,
    )
    place = "row group 1" if dictionary and in_list else "301"
    with pytest.raises(UserError, match=rf"{place}: column \S+: expected at most 1 MiB, got 4 MiB"):
        list(parquet_rows(path, longest=MOST))


def test_claims_are_compared_with_the_size_of_the_file(tmp_path: Path) -> None:
    indices = pa.Array.from_buffers(pa.int8(), 2_000_000, [None, pa.py_buffer(bytes(2_000_000))])
    table = pa.table({"c": pa.DictionaryArray.from_arrays(indices, ["a"])})
    path = written(tmp_path / "rows.parquet", table)
    with pytest.raises(UserError, match="expected at most one row per byte, got 2,000,000 rows in"):
        list(parquet_rows(path, longest=MOST))
    zeros = pa.table({"c": [bytes(20 << 20)] * 15})
    path = written(tmp_path / "zeros.parquet", zeros, compression="zstd", use_dictionary=False)
    with pytest.raises(
        UserError, match=r"expected row groups of at most .* when unpacked, got 300 MiB"
    ):
        list(parquet_rows(path, longest=MOST))


def test_the_types_of_a_shard(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.int64()), ("text", pa.string())])
    path = tmp_path / "a.parquet"
    for columns, message in (
        ({"n": [1], "text": ["a"], "more": [None]}, ""),
        ({"text": ["a"]}, ""),
        ({"n": ["1"], "text": ["a"]}, "column n: expected int64, got string"),
        ({"n": [1]}, "expected a column text, got n"),
        ({"n": [1, 2], "text": ["a", None]}, ":2: column text: expected a value, got null"),
    ):
        written(path, pa.table(columns))
        with opened_parquet(path) as file:
            table = file.read()
        if not message:
            check_table(path, table, schema, ("text",))
            continue
        with pytest.raises(UserError, match=message):
            check_table(path, table, schema, ("text",))

"""Damaged and hostile files: one line that names file and row, in bounded memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.completion_files import inspect_ai, raw_rows, read_completions
from clean_bench.errors import UserError
from tests.clean_bench.completion_files.files_of_tools import zstd_archive

HEAD = b'{"eval": {"task": "t"}}'
ROW = b'{"gold": "1", "response": "1"}\n'
DEEP = b'{"gold": ' + b"[" * 100_000 + b"\n"


def archive(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return data.getvalue()


def parquet(**columns: pa.Array) -> bytes:
    data = io.BytesIO()
    pq.write_table(pa.table(columns), data)
    return data.getvalue()


def invalid_utf8() -> pa.Array:
    buffers = [None, pa.py_buffer(b"\x00\x00\x00\x00\x02\x00\x00\x00"), pa.py_buffer(b"\xff\xfe")]
    return pa.Array.from_buffers(pa.string(), 1, buffers)


def damaged() -> bytes:
    """An archive whose compressed header has a changed byte."""
    data = bytearray(zstd_archive({"header.json": HEAD * 9}))
    data[data.index(b"header.json") + len("header.json") + 12] ^= 0xFF
    return bytes(data)


def whole(path: Path) -> list[object]:
    return list(read_completions(path).rows)


FILES: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.jsonl", b"", "expected at least one row"),
    "blank": ("a.jsonl", b"\n \n", "expected at least one row"),
    "empty list": ("a.json", b"[]", "expected at least one row"),
    "no JSON": ("a.jsonl", ROW + b"{", r"a.jsonl:2: expected JSON"),
    "binary": (
        "a.jsonl",
        os.urandom(16).replace(b"\n", b"x") + b"\xd2\n",
        r"a.jsonl:1: expected (JSON|UTF-8)",
    ),
    "deep": ("a.jsonl", ROW + DEEP, r"a.jsonl:2: expected JSON of at most 200 levels"),
    "deep first": ("a.json", DEEP, "expected JSON"),
    "no object": ("a.jsonl", ROW + b"7\n", r"a.jsonl:2: expected an object"),
    "list of numbers": ("a.json", b"[1]", r"a.json:1: expected an object"),
    "digits": ("a.jsonl", b'{"gold": ' + b"7" * 9000 + b"}\n", "at most 4300 digits"),
    "NaN": ("a.jsonl", b'{"gold": NaN, "response": ""}\n', "a.jsonl:1: .* got the number nan"),
    "true": ("a.jsonl", b'{"gold": true, "response": ""}\n', "a.jsonl:1: .* got true or false"),
    "object": ("a.jsonl", b'{"gold": {"a": 1}, "response": ""}\n', "a.jsonl:1: .* got an object"),
    "number as response": (
        "a.jsonl",
        b'{"gold": 1, "response": 1}\n',
        "expected a text under 'response'",
    ),
    "empty responses": (
        "a.jsonl",
        b'{"gold": 1, "response": []}\n',
        "expected a text under 'response'",
    ),
    "gzip cut off": ("a.jsonl.gz", gzip.compress(ROW * 999)[:60], "damaged or cut off"),
    "no gzip": ("a.jsonl.gz", b"\x1f\x8b" + b"x" * 50, "damaged or cut off"),
    "zstd": ("a.jsonl.zst", b"\x28\xb5\x2f\xfdxxxxxxxxxx", "cannot be read"),
    "csv": (
        "a.csv",
        b"gold,response\n1,2,3\n",
        "a.csv:1 .line 2.: expected 2 cells .* got 3",
    ),
    "csv bytes": ("a.csv", b"gold,response\n\xff,2\n", "expected UTF-8"),
    "parquet cut off": ("a.parquet", parquet(gold=pa.array(["1"]))[:40], "expected a Parquet file"),
    "parquet no text": (
        "a.parquet",
        parquet(gold=pa.array(["1"]), response=invalid_utf8()),
        "a.parquet:1: column response: expected UTF-8 text",
    ),
    "parquet time": (
        "a.parquet",
        parquet(gold=["1"], response=["1"], t=pa.array([1 << 62], pa.timestamp("ms"))),
        r"a.parquet:1: column t: expected a value of type timestamp",
    ),
    "log-likelihoods": (
        "samples_t.jsonl",
        b'{"doc_id": 0, "doc": {}, "target": "1", "resps": [[["-1.5", "False"]]]}\n',
        "got log-likelihoods",
    ),
    "resps": ("samples_t.jsonl", b'{"doc_id": 0, "target": "1", "resps": 7}\n', "lists of texts"),
    "no resps": ("samples_t.jsonl", b'{"doc_id": 0, "target": "1", "resps": []}\n', "got none"),
    "gold_index": (
        "details.jsonl",
        b'{"doc": {"choices": ["1"], "gold_index": 9}, "model_response": {"text": ["1"]}}\n',
        "'doc.gold_index' to name one",
    ),
    "failed request": (
        "b.jsonl",
        b'{"custom_id": "a", "response": {"status_code": 429, "body": {}}}\n',
        "the request 'a' has no completion .status 429.",
    ),
    "requests": ("b.jsonl", b'{"custom_id": "a", "body": {}}\n', "got its requests"),
    "choices": (
        "b.jsonl",
        b'{"custom_id": "a", "response": {"body": {"choices": [7]}}}\n',
        "expected objects under",
    ),
    "header only": ("a.json", b'{"eval": {}, "samples": null}', "expected a list under 'samples'"),
    "sample": ("a.json", b'{"eval": {}, "samples": [7]}', "a.json:1: expected an object"),
    "no zip": ("a.eval", b"PK\x03\x04" + b"x" * 40, "the archive cannot be read"),
    "zstd member": ("a.eval", damaged(), "header.json.: |bad checksum of 'header.json'"),
    "no header": ("a.eval", archive({"samples/a.json": b"{}"}), "header.json, got none"),
    "member": (
        "a.eval",
        archive({"header.json": HEAD, "samples/a_epoch_1.json": b"{"}),
        "a.eval/samples/a_epoch_1.json: expected JSON",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FILES)
def test_one_line_names_the_place(name: str, tmp_path: Path) -> None:
    file, data, message = FILES[name]
    (tmp_path / file).write_bytes(data)
    with pytest.raises(UserError, match=message) as caught:
        for row in whole(tmp_path / file):
            assert getattr(row, "gold", "") is not None, "expected a text"
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
    assert str(tmp_path / file) in str(caught.value)


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    for name, message in (
        ("pipe.jsonl", "got a pipe"),
        (".", "got a folder"),
        ("none.jsonl", "No such file"),
    ):
        with pytest.raises(UserError, match=message):
            whole(tmp_path / name)
    with pytest.raises(UserError, match="expected a file"):
        whole(Path("/dev/zero"))


@pytest.mark.parametrize("name", ["line", "gzip", "document", "archive", "cell"])
def test_sizes_are_bounded(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With limits of a megabyte each: a file of 40 MB is refused before it is read."""
    monkeypatch.setattr(raw_rows, "LONGEST_LINE", 1 << 20)
    monkeypatch.setattr(raw_rows, "LARGEST_DOCUMENT", 1 << 20)
    monkeypatch.setattr(inspect_ai, "LONGEST_LINE", 1 << 20)
    long = b'{"gold": "1", "response": "' + b"x" * (40 << 20) + b'"}'
    data, file = {
        "line": (long, "a.jsonl"),
        "gzip": (gzip.compress(long), "a.jsonl.gz"),
        "document": (b"[" + long + b"]", "a.json"),
        "archive": (archive({"header.json": HEAD, "samples/a.json": long}), "a.eval"),
        "cell": (parquet(gold=["1"], response=["x" * (2 << 20)]), "a.parquet"),
    }[name]
    (tmp_path / file).write_bytes(data)
    with pytest.raises(UserError, match="at most 1 MiB"):
        whole(tmp_path / file)


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """A gigabyte of zeros in a megabyte of gzip, in a process with 1 GB of address space."""
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(256):
            file.write(b"0" * (1 << 20))

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    code = (
        "import sys; from clean_bench.completion_files import read_completions as r; r(sys.argv[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, preexec_fn=limited
    )
    assert "expected lines of at most 64 MiB" in done.stderr.splitlines()[-1]


def test_surrogates_and_nul_characters_are_kept_readable(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"gold": "1", "response": "\ud800 \x00 \\boxed{1}"}) + "\n")
    (row,) = read_completions(path).rows
    assert row.responses[0].text.endswith("\\boxed{1}")


def test_texts_that_look_like_code_are_texts(tmp_path: Path) -> None:
    code = "[__import__('os').abort()]"
    path = tmp_path / "details.jsonl"
    path.write_text(json.dumps({"predictions": code, "full_prompt": code, "gold": "['1']"}))
    (row,) = read_completions(path).rows
    assert (row.responses[0].text, row.prompt, row.gold) == (code, code, "1")

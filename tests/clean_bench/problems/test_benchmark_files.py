"""Problem sets from files, and what a spec names."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import clean_bench.organisms  # noqa: F401 - registers organism:NAME
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet, files, load_problems, write_folder
from clean_bench.problems.catalog import BENCHMARKS

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
ROWS = [{"problem": "1+1?", "answer": "2"}, {"problem": "1/2?", "answer": "0.5", "id": "half"}]


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_every_format_holds_the_same_problems(tmp_path: Path) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    paths = [
        write(tmp_path / "a.jsonl", lines),
        write(tmp_path / "b.jsonl", "\ufeff" + lines.replace("\n", "\r\n").rstrip()),
        write(tmp_path / "c.json", json.dumps(ROWS, indent=1)),
        write(tmp_path / "d.json", lines),
        tmp_path / "e.parquet",
    ]
    pq.write_table(pa.Table.from_pylist([{"id": None, **row} for row in ROWS]), paths[-1])
    for path in paths:
        found = files.load_file(path)
        assert [(p.id, p.problem, p.answer, p.source) for p in found] == [
            ("1", "1+1?", "2", f"{path.name}:1"),
            ("half", "1/2?", "0.5", f"{path.name}:2"),
        ]
        assert found.name == path.stem


def test_a_set_does_not_depend_on_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    one, other = (
        files.load_file(write(folder / "s.jsonl", json.dumps(ROWS[0])))
        for folder in (tmp_path, tmp_path / "deep")
    )
    assert one == other and one.content_sha256 == other.content_sha256


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", '{"problem": "a\\u2028b"}\n\n{"problem": "c\u2028"}\n')
    assert [problem.source for problem in files.load_file(path)] == ["s.jsonl:1", "s.jsonl:3"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "s.jsonl",
            '{"problem": "P"}\n{"problem": \n',
            r"s.jsonl:2: expected JSON \(Expecting value",
        ),
        (
            "s.jsonl",
            '{"problem": "P"}\n[1]\n',
            "s.jsonl:2: expected an object with columns, got a list",
        ),
        ("s.jsonl", '\n{"problem": "P", "answer": ""}\n', "s.jsonl:2: empty gold"),
        ("s.jsonl", b'{"problem": "\xff"}\n', "s.jsonl:1: expected UTF-8"),
        (
            "s.jsonl",
            '{"problem": "P", "answer": ' + "9" * 5000 + "}",
            ":1: .* at most 4300 digits",
        ),
        ("s.jsonl", "[" * 100_000, "s.jsonl:1: expected JSON"),
        ("s.jsonl", "\n \n", "s.jsonl: expected at least one row"),
        (
            "s.json",
            '[{"problem": "P"}, 3]',
            "s.json:2: expected an object with columns, got a number",
        ),
        ("s.json", '[{"problem": "P"}', "s.json:1: expected JSON"),
        ("s.json", "[]", "s.json: expected at least one row"),
        ("s.parquet", "not parquet", "s.parquet: expected a Parquet file"),
        ("s.csv", "problem,answer\n", "s.csv: expected at least one row, got none"),
        ("s.txt", "problem", r"s.txt: expected a file that ends in \.jsonl, \.json, \.csv, \.tsv"),
        ("s.parquet.gz", "", r"s.parquet.gz: expected a file that ends in \.jsonl"),
    ],
)
def test_errors_name_file_and_line(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        files.load_file(write(tmp_path / name, content))
    assert "\n" not in str(caught.value)


def test_rows_are_given_with_their_numbers_whatever_they_hold(tmp_path: Path) -> None:
    values: list[Any] = [{"a": [1, {"b": None}]}, "text", 3.5, None, []]
    lines = "\n\n".join(map(json.dumps, values)).encode()
    listed = json.dumps(values).encode()
    by_line = list(zip((1, 3, 5, 7, 9), values, strict=True))
    by_row = list(enumerate(values, start=1))
    assert list(files.read_rows(write(tmp_path / "s.jsonl", lines))) == by_line
    assert list(files.read_rows(write(tmp_path / "s.JSON", b"\xef\xbb\xbf" + lines))) == by_line
    assert list(files.read_rows(write(tmp_path / "s.json", b" \n" + listed))) == by_row
    rows = [{"a": [1, 2], "b": None}, {"a": [], "b": "x"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "s.parquet")
    assert list(files.read_rows(tmp_path / "s.parquet")) == list(enumerate(rows, start=1))


def test_bytes_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    for name, message in (
        ("folder", "expected a file, got a folder"),
        ("absent", "cannot be read"),
    ):
        with pytest.raises(UserError, match=rf"{name}\.jsonl: {message}") as caught:
            list(files.read_rows(tmp_path / f"{name}.jsonl"))
        assert "\n" not in str(caught.value)


def test_a_missing_answer_is_an_error_only_for_those_who_need_it(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", json.dumps(ROWS[0]) + '\n{"problem": "Q"}\n')
    found = load_problems(str(path))
    assert [problem.answer for problem in found] == ["2", None]
    with pytest.raises(UserError, match=r"s\.jsonl:2: expected a gold answer, got none"):
        found.require_answers()


def test_specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a=b.jsonl", json.dumps(ROWS[0]))
    folder = ProblemSet("any", [Problem("1", "P", "5", metadata={"dose": "64"})], {"why": "test"})
    write_folder(tmp_path / "fresh.v1", folder, {"x": 1})
    assert load_problems("a=b.jsonl").name == "a=b"
    assert load_problems("math500=a=b.jsonl").name == "math500"
    assert load_problems("my-set=./a=b.jsonl").name == "my-set"
    assert load_problems("fresh.v1").name == load_problems("fresh.v1/").name == "fresh.v1"
    assert load_problems("planted=fresh.v1").problems == folder.problems
    assert load_problems("planted=fresh.v1").name == "planted"


def test_a_local_file_in_place_of_a_public_set(tmp_path: Path) -> None:
    row = {
        "id": 1,
        "question": "Q",
        "final_answer": ["$1$", "$2$"],
        "solution": ["S"],
        "unit": None,
    }
    path = write(tmp_path / "olympiad.jsonl", json.dumps(row))
    for name in ("olympiadbench", "livemathbench"):
        found = load_problems(f"{name}={path}")
        assert (found.name, found.problems[0].answer) == (name, "$1$, $2$")
        assert found.about["file"] == "olympiad.jsonl" and len(found.about["file_sha256"]) == 64


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mth500", r"no set named 'mth500': expected a known name \(math500.*did you mean math500"),
        ("AIME-24", r"did you mean aime2\d"),
        ("qqqq", r"expected a known name \(math500, aime24.*organism:NAME/twin$"),
        ("oragnism:reciter/twin", r"did you mean organism:reciter/twin\?$"),
        ("absent[train]", r"no set named 'absent\[train\]'"),
        ("a/b/c[train]", r"^a/b/c\[train\]: no such .* as ORG/DATASET\[SPLIT\]"),
        ("math500=absent.jsonl", "^absent.jsonl: no such file or folder"),
        ("absent/set", "^absent/set: no such file or folder"),
        ("absent.parquet", "^absent.parquet: no such file or folder"),
        (".", "holds no clean-bench artifact"),
    ],
)
def test_specs_that_name_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message) as caught:
        load_problems(spec)
    assert "\n" not in str(caught.value)


def test_the_registry_is_consistent() -> None:
    for name, benchmark in BENCHMARKS.items():
        assert benchmark.name == name and "=" not in name and "/" not in name
        assert benchmark.hub.count("/") == 1 and benchmark.configs and benchmark.size > 0
        assert len(benchmark.summary) < 90 and "\n" not in benchmark.summary
        assert benchmark.kind in ("benchmark", "training set")
        assert date.fromisoformat(f"{benchmark.released}-01") < date(2026, 1, 1)
    names = "math500 aime24 aime25 amc23 minerva gsm8k olympiadbench livemathbench"
    assert list(BENCHMARKS) == [*names.split(), "deepscaler", "math-train"]


EXPECTED: dict[str, tuple[int, dict[str, Any]]] = {
    "math500": (500, {"level": "2", "subject": "Precalculus"}),
    "math_train_3000": (3000, {"answer": "100", "level": "4", "subject": "Prealgebra"}),
    "aime24": (30, {"id": "60", "answer": "204"}),
    "aime25": (30, {"id": "1", "answer": "70"}),
    "amc23": (40, {"id": "0", "answer": "27"}),
    "minerva_math": (272, {"id": "0", "answer": "1.6"}),
    "gsm8k_test": (1319, {"id": "0", "answer": "18"}),
    "gsm8k_test_paraphrase": (1319, {"id": "1", "answer": "410"}),
    "real_completions": (480, {"id": "0", "answer": "420", "level": "3"}),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_real_files_load_with_an_answer_for_every_row(name: str) -> None:
    path = DATA / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"needs the development file {name}.jsonl, no part of the repository")
    size, first = EXPECTED[name]
    found = load_problems(str(path))
    found.require_answers()
    assert len(found) == len({problem.id for problem in found}) == size
    assert {key: getattr(found.problems[0], key) for key in first} == first
    assert len(found.content_sha256) == 64

"""Each format gives the same problems, gold answers and responses."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.completion_files import CompletionRow, parse_map, read_completions
from clean_bench.errors import UserError
from clean_bench.grading import grade
from tests.clean_bench.completion_files import files_of_tools as tools


def flat(rows: Iterator[CompletionRow]) -> dict[str, list[str]]:
    """The grades of the responses of each gold answer, by the value of the gold answer."""
    grades: dict[str, list[str]] = {}
    for row in rows:
        assert row.gold is not None
        golds = [g for g in tools.GOLDS if grade([(row.gold, f"\\boxed{{{g}}}")])[0].correct]
        pairs = [(row.gold, response.text) for response in row.responses]
        grades.setdefault(golds[0], []).extend(graded.kind for graded in grade(pairs))
    return grades


@pytest.mark.parametrize("name", tools.FORMATS)
def test_every_format_gives_the_same_completions(name: str, tmp_path: Path) -> None:
    file = read_completions(tools.FORMATS[name](tmp_path))
    assert file.format == name.removesuffix(" old").removesuffix(" archive").removesuffix(" zstd")
    expected = dict(zip(tools.GOLDS, map(list, tools.GRADES), strict=True))
    assert flat(file.rows) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lm-eval", ("gsm8k", "0", tools.PROBLEMS[0], "org/model", 0.6, None)),
        ("lighteval", ("math_500", "0", tools.PROBLEMS[0], None, None, None)),
        ("lighteval old", ("math_500", "0", tools.PROBLEMS[0], None, None, None)),
        ("inspect-ai", ("math", "p0", tools.PROBLEMS[0], "org/model", 0.6, None)),
        ("inspect-ai archive", ("math", "p0", tools.PROBLEMS[0], "org/model", 0.6, None)),
        ("trl", ("completions", None, tools.PROBLEMS[0], None, None, 100)),
        ("verl", ("rollouts", None, None, None, None, 7)),
        ("columns", ("mine", None, tools.PROBLEMS[0], None, None, None)),
    ],
)
def test_what_a_file_states_of_a_row(
    name: str, expected: tuple[object, ...], tmp_path: Path
) -> None:
    row = next(read_completions(tools.FORMATS[name](tmp_path)).rows)
    stated = (row.set, row.problem_id, row.problem, row.model, row.temperature, row.step)
    assert stated == expected


def test_reasons_to_finish_and_reasoning_parts(tmp_path: Path) -> None:
    rows = list(read_completions(tools.inspect_json(tmp_path)).rows)
    assert [row.responses[0].finish for row in rows] == ["length", "stop"] * 2
    assert rows[0].responses[0].text == "<think>hm, 77?</think>so \\boxed{3}"
    assert "events" not in rows[0].columns and rows[0].columns["metadata"] == {"level": 3}
    batch = next(read_completions(tools.openai_batch(tmp_path)).rows)
    assert [response.finish for response in batch.responses] == ["stop", "stop"]
    assert (batch.problem_id, batch.gold, batch.model) == ("p0", None, "gpt-x")


def test_a_filter_repeats_no_completion_and_tasks_in_one_file_keep_theirs(tmp_path: Path) -> None:
    path = tools.lm_eval(tmp_path)
    first = [json.loads(line) for line in path.read_text().splitlines()]
    other = [{**row, "doc_hash": "other", "filter": "none"} for row in first[:2]]
    tools.write_lines(path, [*first, *other])
    rows = list(read_completions(path).rows)
    assert [row.problem_id for row in rows] == ["0", "1", "0", "1"]


def test_mapped_columns_of_any_format(tmp_path: Path) -> None:
    path = tools.lm_eval(tmp_path)
    columns = parse_map(["gold=doc.answer,response=filtered_resps", "set=filter", "id=doc_hash"])
    row = next(read_completions(path, columns).rows)
    assert (row.gold, row.responses[0].text) == ("We compute.\n#### 3", "[invalid]")
    assert (row.set, row.problem_id) == ("strict-match", "doc0")
    rows = [{"a": {"b": ["x", "7"]}, "text": ["\\boxed{7}", "8"], "a.c": "odd"}]
    plain = tools.write_lines(tmp_path / "plain.jsonl", rows)
    row = next(read_completions(plain, {"gold": "a.b.1", "response": "text", "id": "a.c"}).rows)
    assert (row.gold, row.problem_id) == ("7", "odd")
    assert [response.text for response in row.responses] == ["\\boxed{7}", "8"]
    with pytest.raises(
        UserError, match=r"plain.jsonl:1: --map gold=a.d: expected this column, got a,"
    ):
        next(read_completions(plain, {"gold": "a.d", "response": "text"}).rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gold", "expected FIELD=COLUMN"),
        ("golden=x", "expected one of the fields gold, response"),
        ("gold=a,gold=b", "the field gold is named twice"),
    ],
)
def test_wrong_maps(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_map([text])


def test_the_same_rows_in_every_container(tmp_path: Path) -> None:
    rows = [{"gold": "3", "response": "\\boxed{3}", "n": n} for n in range(700)]
    tools.write_lines(tmp_path / "a.jsonl", rows)
    tools.write_lines(tmp_path / "a.jsonl.gz", rows)
    tools.write_parquet(tmp_path / "a.parquet", rows)
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1))
    (tmp_path / "b.jsonl").write_text(json.dumps(rows))  # a list in lm-eval's first 0.4 releases
    with (tmp_path / "a.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["gold", "response", "n"])
        writer.writeheader()
        writer.writerows(rows)
    with pa.CompressedOutputStream(str(tmp_path / "a.jsonl.zst"), "zstd") as stream:
        stream.write((tmp_path / "a.jsonl").read_bytes())
    for path in sorted(tmp_path.iterdir()):
        read = list(read_completions(path).rows)
        assert [(r.gold, r.responses[0].text) for r in read] == [("3", "\\boxed{3}")] * 700, path
        assert [int(r.columns["n"]) for r in read] == list(range(700))


def test_gold_answers_as_values(tmp_path: Path) -> None:
    values = ["7", 7, 7.0, 0.5, ["5", "6"], [7]]
    rows = [{"gold": value, "response": "7"} for value in values]
    path = tools.write_lines(tmp_path / "a.jsonl", rows)
    golds = [row.gold for row in read_completions(path).rows]
    assert golds == ["7", "7", "7", "0.5", '["5", "6"]', "7"]


def test_published_columns_of_parquet_with_other_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "problem_idx": pa.array([1, 2], pa.int32()),
            "when": pa.array([0, 1], pa.timestamp("s")),
            "answer": pa.array([3.0, 4.0]),
            "responses": pa.array([["3", "5"], ["4"]], pa.list_(pa.string())),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    rows = list(read_completions(tmp_path / "a.parquet").rows)
    assert [(row.gold, len(row.responses)) for row in rows] == [("3", 2), ("4", 1)]

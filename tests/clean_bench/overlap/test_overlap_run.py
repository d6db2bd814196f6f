"""Planted copies at known places, what is stored of them, and what verification finds."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.overlap import overlap
from clean_bench.overlap.checks import check_overlap
from clean_bench.overlap.rows import LONGEST, SCHEMA
from clean_bench.overlap.summary import WITHIN_SET
from clean_bench.problems import Problem, ProblemSet, load_problems, write_folder
from clean_bench.problems.stream import stream_problems, stream_set
from clean_bench.results import Results
from clean_bench.statistics.intervals import wilson

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
CHECKS = {"overlap": check_overlap}
WORDS = (
    "ant bay cup day elm fig gem hat ink jar key lid map net oak pen rug sun tap urn van web yak zip "
    "arc bud cab den ear fan gum hen ice jet kit log mud nut orb pad"
).split()


def story(draw: random.Random) -> str:
    """A problem of 20 to 30 tokens, one in five a number."""
    return " ".join(
        str(draw.randint(2, 999)) if draw.random() < 0.2 else draw.choice(WORDS)
        for _ in range(draw.randint(20, 30))
    )


@pytest.fixture
def benchmark() -> ProblemSet:
    draw = random.Random(1)
    return ProblemSet("bench", [Problem(f"b{i}", story(draw)) for i in range(30)])


@pytest.fixture
def planted(benchmark: ProblemSet) -> ProblemSet:
    """500 rows: a copy of b3 in row 101, half of b7 in 200, b11 with other numbers in 333 and 400."""
    draw = random.Random(2)
    texts = [story(draw) for _ in range(500)]
    at = [problem.problem for problem in benchmark]
    texts[100] = "$" + at[3].upper().replace(" ", ",  ") + "?"
    words = at[7].split()
    texts[199] = " ".join(["Once", "upon", "a", "time", *words[: len(words) - 3]])
    texts[332] = "".join("8" if c.isdigit() else c for c in at[11])
    texts[399] = "".join("5" if c.isdigit() else c for c in at[11])
    return ProblemSet("train", [Problem(f"t{i}", text) for i, text in enumerate(texts)])


def hits_of(artifact: Artifact, table: str = "hits") -> dict[str, dict[str, Any]]:
    return {row["problem_id"]: row for row in artifact.rows(table) if row["kind"]}


def counts(artifact: Artifact, name: str, subset: str | None = None) -> dict[str, int]:
    """The number of problems with each kind of hit, by measure."""
    results = Results.read(artifact).where(set=name, subset=subset)
    return {row.measure: round((row.value or 0) * row.n) for row in results}


def test_planted_copies_are_found_and_nothing_else(
    tmp_path: Path, benchmark: ProblemSet, planted: ProblemSet
) -> None:
    seen: list[int] = []
    artifact = overlap(stream_set(planted), [benchmark], tmp_path / "o", progress=seen.append)
    assert sum(seen) == 500
    rows = hits_of(artifact)
    assert {
        name: (row["kind"], row["training_row"], row["training_id"]) for name, row in rows.items()
    } == {
        "b3": ("exact", 101, "t100"),
        "b7": ("ngram", 200, "t199"),
        "b11": ("masked", 333, "t332"),
    }
    assert rows["b3"]["share"] == 1 and rows["b3"]["excerpt"] == planted.problems[100].problem[1:-1]
    assert 0.5 <= rows["b7"]["share"] < 1
    assert benchmark.problems[7].problem.startswith(rows["b7"]["excerpt"])
    assert rows["b11"]["masked_share"] == 1 and rows["b11"]["share"] < 0.5
    assert (rows["b11"]["hits"], rows["b11"]["hit_rows"]) == (2, [333, 400])
    assert counts(artifact, "bench") == {"exact": 1, "ngram": 2, "masked": 3, "any_ngram": 2}
    assert set(counts(artifact, "bench", WITHIN_SET).values()) == {0}
    assert list(rows) == ["b3", "b7", "b11"]
    results = Results.read(artifact)
    assert {row.n for row in results} == {30} and results.values_of("subset") == [None, WITHIN_SET]
    exact = results.where(measure="exact", subset=None).one()
    assert exact.estimate == wilson(1, 30)
    assert (exact.set_sha256, exact.protocol) == (
        benchmark.content_sha256,
        f"13-grams, training set {planted.content_sha256[:12]}",
    )
    assert artifact.metadata == {"training_rows": 500}
    assert verify(tmp_path / "o", CHECKS) == []
    assert overlap(stream_set(planted), [benchmark], tmp_path / "o").metadata == artifact.metadata


def test_a_set_against_itself_is_found_whole(tmp_path: Path, benchmark: ProblemSet) -> None:
    twice = ProblemSet(
        "twice", [*benchmark.problems[:2], Problem("again", benchmark.problems[0].problem)]
    )
    artifact = overlap(stream_set(benchmark), [benchmark, twice], tmp_path / "o")
    assert Results.read(artifact).values_of("set") == ["bench", "twice"]
    for name, n in (("bench", 30), ("twice", 3)):
        assert counts(artifact, name) == dict.fromkeys(("exact", "ngram", "masked", "any_ngram"), n)
    assert counts(artifact, "bench", WITHIN_SET)["masked"] == 0
    twins = counts(artifact, "twice", WITHIN_SET)
    assert (twins["exact"], twins["ngram"], twins["masked"]) == (2, 2, 2)
    within = hits_of(artifact, "within")
    assert (within["b0"]["training_id"], within["again"]["training_id"]) == ("again", "b0")
    assert verify(tmp_path / "o", CHECKS) == []


def test_the_best_row_wins_and_not_the_first(tmp_path: Path) -> None:
    draw = random.Random(3)
    text = story(draw)
    worse = " ".join(text.split()[:-3])
    rows = [story(draw), worse, text + " Explain.", text, text.lower(), worse]
    training = ProblemSet("t", [Problem(str(i), row) for i, row in enumerate(rows)])
    artifact = overlap(
        stream_set(training), [ProblemSet("b", [Problem("b", text)])], tmp_path / "o"
    )
    [row] = artifact.rows("hits")
    assert (row["kind"], row["training_row"], row["hits"]) == ("exact", 4, 5)
    assert row["hit_rows"] == [4, 2, 3, 5, 6]


@pytest.mark.parametrize("around", ["{} Why?", "Stem. {}", "Stem. {} Why?", "({}", "{}\n"])
def test_a_problem_inside_a_text_is_kept_with_what_stands_beside_it(
    tmp_path: Path, around: str
) -> None:
    problem = ProblemSet("b", [Problem("b", story(random.Random(4)))])
    training = ProblemSet("t", [Problem("t", around.format(problem.problems[0].problem))])
    [row] = overlap(stream_set(training), [problem], tmp_path / "o").rows("hits")
    assert (row["kind"], row["share"]) == ("exact" if around == "{}\n" else "ngram", 1.0)
    assert row["excerpt"] in training.problems[0].problem
    assert verify(tmp_path / "o", CHECKS) == []


def test_many_hits_are_counted_and_some_are_named(tmp_path: Path, benchmark: ProblemSet) -> None:
    copies = ProblemSet("t", [Problem("same", benchmark.problems[0].problem)] * 2500)
    artifact = overlap(stream_set(copies), [benchmark], tmp_path / "o")
    row = hits_of(artifact)["b0"]
    assert row["hits"] == 2500 and row["hit_rows"] == list(range(1, 11))
    assert verify(tmp_path / "o", CHECKS) == []


def test_long_texts_are_kept_in_part(tmp_path: Path) -> None:
    words = [f"w{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(600)]
    problem = ProblemSet("b", [Problem("b", " ".join(words[:20] + words[-20:]))])
    text = " ".join(words) + " " + " ".join(words[:20]) + " dots " * 2000 + " ".join(words[-20:])
    drawn = "[asy]" + "draw((0,0)); " * 1000 + "[/asy]" + " ".join(words[:20])
    training = ProblemSet("t", [Problem("long", text), Problem("drawn", drawn)])
    artifact = overlap(stream_set(training), [problem], tmp_path / "o", n=8)
    [row] = artifact.rows("hits")
    assert row["training_id"] == "long" and row["cut"] and len(row["excerpt"]) <= LONGEST
    assert row["share"] == pytest.approx(2 * 13 / 33)
    assert verify(tmp_path / "o", CHECKS) == []
    artifact = overlap(
        stream_set(ProblemSet("d", training.problems[1:])), [problem], tmp_path / "p", n=8
    )
    [row] = artifact.rows("hits")
    assert row["excerpt"] == " ".join(words[:20]) and not row["cut"]


def test_every_source_gives_the_same(
    tmp_path: Path, planted: ProblemSet, benchmark: ProblemSet
) -> None:
    rows = [{"id": p.id, "problem": p.problem} for p in planted]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "train.jsonl").write_text("\ufeff" + lines)
    (tmp_path / "list.json").write_text("\n" + json.dumps(rows))
    (tmp_path / "lines.json").write_text(lines)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "train.parquet", row_group_size=100)
    write_folder(tmp_path / "folder", planted, {})
    memory = overlap(stream_set(planted), [benchmark], tmp_path / "memory")
    for name in ("train.jsonl", "list.json", "lines.json", "train.parquet", "folder"):
        training = stream_problems(str(tmp_path / name))
        artifact = overlap(training, [benchmark], tmp_path / "out" / name)
        assert artifact.rows("hits") == memory.rows("hits")
        assert counts(artifact, "bench") == counts(memory, "bench")
        assert artifact.config["training_sha256"] == training.sha256
    assert stream_problems(str(tmp_path / "folder")).sha256 == planted.content_sha256
    assert stream_problems(f"named={tmp_path / 'train.jsonl'}").name == "named"
    assert [p for _, p in stream_problems(str(tmp_path / "train.jsonl")).problems] == list(
        load_problems(str(tmp_path / "train.jsonl"))
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("s.jsonl", '{"problem": "P"}\n{"problem": \n', r"s.jsonl:2: expected JSON"),
        ("s.jsonl", '\n{"problem": " ", "answer": ""}\n', "s.jsonl:2: expected a problem text in"),
        ("s.jsonl", "\n \n", "s.jsonl: expected at least one row"),
        ("s.json", "", "s.json: expected at least one row"),
        ("s.parquet", "not parquet", "s.parquet: expected a Parquet file"),
        ("s.csv", "problem\n", "s.csv: expected at least one row"),
        ("s.txt", "problem\n", "a file that ends in"),
    ],
)
def test_bad_training_sets_are_named(
    tmp_path: Path, benchmark: ProblemSet, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message) as caught:
        overlap(stream_problems(str(tmp_path / name)), [benchmark], tmp_path / "o")
    assert "\n" not in str(caught.value) and not (tmp_path / "o").exists()


def test_bad_benchmarks_are_named(tmp_path: Path, benchmark: ProblemSet) -> None:
    for sets, message in (
        ([], "at least one"),
        ([benchmark, benchmark], "each only once"),
        ([ProblemSet("empty", [])], "empty: expected at least one problem"),
    ):
        with pytest.raises(UserError, match=message):
            overlap(stream_set(benchmark), sets, tmp_path / "o")
    overlap(stream_set(benchmark), [benchmark], tmp_path / "o")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file: expected an output folder, got a file"):
        overlap(stream_set(benchmark), [benchmark], tmp_path / "file")
    with pytest.raises(UserError, match="begun with ngram = 13, got 8"):
        overlap(stream_set(benchmark), [benchmark], tmp_path / "o", n=8)


def _edit(folder: Path, change: Callable[[dict[str, Any]], None], table: str = "hits") -> list[str]:
    """Change the first row of a table, write the manifest again, and verify the folder."""
    artifact = Artifact.load(folder)
    [stored] = artifact.tables(table)
    rows = stored.to_pylist()
    change(rows[0])
    artifact.write(f"{table}/00000", pa.Table.from_pylist(rows, schema=stored.schema))
    artifact.finish(artifact.metadata, volatile=["results"])
    return [str(failure) for failure in verify(folder, CHECKS)]


@pytest.mark.parametrize("table", ["hits", "within"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row.update(share=0.75), "share is stored as 0.75, the texts give 1.0"),
        (
            lambda row: row.update(kind="masked"),
            "kind is stored as 'masked', the texts give 'exact'",
        ),
        (lambda row: row.update(excerpt="other words"), "exact is stored as True"),
        (lambda row: row.update(excerpt="other words", cut=True), "does not begin with a piece"),
        (lambda row: row.update(hits=3), "3 hits do not fit the named rows"),
        (lambda row: row.update(hit_rows=[9]), "do not fit the named rows: [9]"),
        (lambda row: row.update(index=40), "problem 40: the set has no such problem"),
        (lambda row: row.update(index=7), "problem 7: id and text are not those of b7"),
        (lambda row: row.update(set="other"), "other, problem 3: the set has no such problem"),
        (lambda row: row.update(problem_id="z"), "problem 3: id and text are not those of b3"),
        (lambda row: row.update(problem=row["problem"] + " "), "id and text are not those of b3"),
    ],
)
def test_edited_rows_are_found(
    tmp_path: Path,
    benchmark: ProblemSet,
    planted: ProblemSet,
    change: Callable[[dict[str, Any]], None],
    message: str,
    table: str,
) -> None:
    rows = ProblemSet("t", [planted.problems[i] for i in (100, 199, 332)])
    again = Problem("again", benchmark.problems[3].problem)
    sets = [ProblemSet("bench", [*benchmark.problems, again])]
    overlap(stream_set(rows), sets, tmp_path / "o")
    failures = _edit(tmp_path / "o", change, table)
    assert any(message in failure for failure in failures), failures


def test_rows_in_another_order_are_found(tmp_path: Path, benchmark: ProblemSet) -> None:
    artifact = overlap(stream_set(benchmark), [benchmark], tmp_path / "o")
    rows = artifact.rows("hits")
    artifact.write("hits/00000", pa.Table.from_pylist([rows[1], rows[0], *rows[2:]], SCHEMA))
    artifact.finish(artifact.metadata, volatile=["results"])
    [failure] = verify(tmp_path / "o", CHECKS)
    assert str(failure) == "hits, bench, problem 0: is out of order or comes twice"


@pytest.mark.parametrize("column", ["value", "high", "n", "subset", "measure", "role"])
def test_edited_results_are_found(tmp_path: Path, benchmark: ProblemSet, column: str) -> None:
    overlap(stream_set(benchmark), [benchmark], tmp_path / "o")
    edit: dict[str, Any] = {column: {"n": 600, "value": 0.0, "high": 0.25}.get(column, "twin")}
    failures = _edit(tmp_path / "o", lambda row: row.update(edit), "results")
    assert len(failures) == 1 and f"{column} is stored as" in failures[0]


def test_edited_benchmarks_and_counts_are_found(tmp_path: Path, benchmark: ProblemSet) -> None:
    artifact = overlap(stream_set(benchmark), [benchmark], tmp_path / "o")
    artifact.finish({"training_rows": 0}, volatile=["results"])
    [failure] = verify(tmp_path / "o", CHECKS)
    assert str(failure) == "manifest.json: 0 training rows are fewer than the 1 that hit"
    artifact.finish({"training_rows": 30}, volatile=["results"])
    failures = _edit(tmp_path / "o", lambda row: row.update(answer="4"), "problems")
    assert failures == ["problems: bench is not the set that the configuration names"]


def _real(name: str) -> str:
    if not (DATA / name).exists():
        pytest.skip(f"needs the development file {name}, no part of the repository")
    return str(DATA / name)


def test_math_train_has_similar_problems_to_math500_and_no_copies(tmp_path: Path) -> None:
    """Looked through by eye: 19 of the 20 ask the same with other numbers or for another part."""
    training = stream_problems(_real("math_train_3000.jsonl"))
    artifact = overlap(training, [load_problems(_real("math500.jsonl"))], tmp_path / "o")
    kinds = counts(artifact, "math500")
    assert (kinds["exact"], kinds["ngram"], kinds["masked"]) == (0, 7, 20)
    assert Results.read(artifact)[0].n == 500
    by_id = {row["problem_id"]: row for row in artifact.rows("hits")}
    balls = by_id["test/counting_and_probability/71.json"]
    assert balls["excerpt"].startswith("How many ways are there to put 5 balls in 2 boxes")
    assert verify(tmp_path / "o", CHECKS) == []


def test_minerva_asks_several_things_of_one_stem(tmp_path: Path) -> None:
    """Nothing is copied there, and still 80 problems share half of their runs with another."""
    minerva = load_problems(_real("minerva_math.jsonl"))
    artifact = overlap(stream_problems(_real("aime25.jsonl")), [minerva], tmp_path / "o")
    within = counts(artifact, "minerva_math", WITHIN_SET)
    assert counts(artifact, "minerva_math")["masked"] == 0
    assert (within["exact"], within["ngram"], within["masked"]) == (0, 80, 80)
    assert verify(tmp_path / "o", CHECKS) == []


def test_a_paraphrase_is_not_found(tmp_path: Path) -> None:
    """GSM8K against itself is found whole, against its paraphrase almost not at all."""
    original = load_problems(_real("gsm8k_test.jsonl"))
    for name, exact, ngram in (("gsm8k_test", 1319, 1319), ("gsm8k_test_paraphrase", 0, 4)):
        training = stream_problems(_real(f"{name}.jsonl"))
        artifact = overlap(training, [original], tmp_path / name)
        kinds = counts(artifact, "gsm8k_test")
        assert (kinds["exact"], kinds["ngram"]) == (exact, ngram)
        assert Results.read(artifact)[0].n == 1319


def test_training_sets_as_trainers_want_them(tmp_path: Path, benchmark: ProblemSet) -> None:
    """Chats with a request for a box, and answers that are blank or no text, as in verl's files."""
    text = benchmark.problems[0].problem
    request = " Let's think step by step and output the final answer within \\boxed{}."
    rows = [
        {"prompt": [{"role": "system", "content": text}, {"role": "user", "content": "Why?"}]},
        {
            "prompt": [{"role": "user", "content": text + request}],
            "answer": "",
            "reward_model": {"style": "rule", "ground_truth": ""},
        },
        {"conversations": [{"from": "human", "value": text}, {"from": "gpt", "value": "4"}]},
        {"query": text, "answer": {"value": [4]}},
    ]
    file = tmp_path / "s.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    artifact = overlap(stream_problems(str(file)), [benchmark], tmp_path / "o")
    assert counts(artifact, "bench")["exact"] == 1
    [hit] = hits_of(artifact).values()
    assert (hit["training_row"], hit["hits"]) == (2, 3)

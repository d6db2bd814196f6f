"""`verify_set` finds what was changed, and names the row."""

import json
from itertools import islice

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.problems import Problem, ProblemSet, write_folder
from generators.registry import family
from generators.sets import draw_rows, draws_table, generate, item_at, master_seed, plan_of
from generators.verification import verify_set

VERIFIERS = {"problem-set": verify_set}


@pytest.fixture
def folder(tmp_path):
    generate(
        "word-problems", (1, 2), 40, master=master_seed(seed="v"), origin={"seed": "v"},
        out=tmp_path / "s", split="eval",
    )  # fmt: skip
    return tmp_path / "s"


def forge(folder, tables=None, config=None, metadata=None):
    """Another folder with other contents and a manifest whose hashes all hold."""
    old = Artifact.load(folder)
    rows = {name: old.rows(name) for name in ("problems", "draws")}
    for name, change in (tables or {}).items():
        change(rows[name])
    forged = Artifact.open(
        folder.with_name("forged"), "problem-set", {**old.config, **(config or {})}
    )
    for name, changed in rows.items():
        schema = next(old.tables(name)).schema
        forged.write(f"{name}/00000", pa.Table.from_pylist(changed, schema=schema))
    forged.finish(metadata or old.metadata)
    forged.close()
    return [str(failure) for failure in verify(forged.folder, VERIFIERS)]


def test_a_set_holds(folder):
    assert verify(folder, VERIFIERS) == []
    assert forge(folder) == []


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("problems", "answer", "1000"),
        ("problems", "solution", "none"),
        ("problems", "bits", 99.0),
        ("problems", "steps", 3),
        ("problems", "id", "x"),
        ("problems", "subject", "algebra"),
        ("draws", "redraws", 77),
        ("draws", "duplicates", 5),
        ("draws", "canonical", "+1-1"),
        ("draws", "part_bits", 99.0),
    ],
)
def test_a_changed_cell_is_found_by_row(folder, table, column, value):
    failures = forge(folder, {table: lambda rows: rows[7].update({column: value})})
    assert failures
    assert all(failure.startswith("row 7 (") for failure in failures)
    assert any(f"another {column}" in failure for failure in failures)


def test_a_wrong_answer_is_found_from_the_text_as_well(folder):
    failures = forge(folder, {"problems": lambda rows: rows[3].update(answer="1/0")})
    assert any("cannot be read" in failure for failure in failures)
    forged = folder.with_name("forged")
    forged.rename(folder.with_name("first"))
    failures = forge(folder, {"problems": lambda rows: rows[3].update(answer="1000")})
    assert any("and its answer says 1000" in failure for failure in failures)


def test_a_redraw_without_reason_is_found(folder):
    """A row that was drawn again although its first item was good, everything else being true."""
    plan = plan_of(Artifact.load(folder).config)
    row = next(islice(draw_rows(plan), 5, None))
    redraw = next(r for r in range(row.redraws + 1, 99) if item_at(plan, 5, r))
    item = item_at(plan, 5, redraw)

    def kinder(rows):
        rows[5].update(problem=item.problem, answer=item.answer, solution=item.solution)

    def drawn(rows):
        rows[5].update(redraws=redraw, canonical=item.canonical)

    failures = forge(folder, {"problems": kinder, "draws": drawn})
    assert [failure.split(" (")[0] for failure in failures] == ["row 5"]
    assert "redraws" in failures[0]


@pytest.mark.parametrize("table", ["problems", "draws"])
def test_a_missing_row_is_found(folder, table):
    assert any(
        "does not have 40 rows" in f for f in forge(folder, {table: lambda rows: rows.pop()})
    )


def test_an_added_row_is_found(folder):
    failures = forge(
        folder, {name: lambda rows: rows.append(rows[0]) for name in ("problems", "draws")}
    )
    assert failures == ["row 40: the set does not have 40 rows in each table"]


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"origin": {"seed": "w"}}, "master seed does not follow"),
        ({"origin": {"bind": ["v"]}}, "master seed does not follow"),
        ({"version": 2}, "made by version 2 of word-problems"),
        ({"family": "words"}, "no family 'words'"),
        ({"steps": [0, 2]}, "has tiers 1 to 4"),
        ({"steps": None}, "makes no set"),
        ({"master_seed": "zz"}, "makes no set"),
    ],
)
def test_a_configuration_that_makes_another_set_is_found(folder, config, line):
    failures = forge(folder, config=config)
    assert failures[0].startswith("manifest.json: ")
    assert line in failures[0]


def test_a_bettered_freshness_is_found(folder):
    metadata = json.loads(json.dumps(Artifact.load(folder).metadata))
    metadata["freshness"]["tiers"]["1"]["label"] = "fresh"
    assert forge(folder, metadata=metadata) == [
        "manifest.json: its freshness is not what the rows say"
    ]


def test_every_flipped_byte_of_a_file_is_found(folder):
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        good = path.read_bytes()
        for position in range(0, len(good), max(1, len(good) // 7)):
            path.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
            failures = verify(folder, VERIFIERS)
            assert failures
            assert failures[0].where == path.relative_to(folder).as_posix()
        path.write_bytes(good)
    assert verify(folder, VERIFIERS) == []


def test_a_set_that_was_not_generated(tmp_path):
    good = [Problem("a", "What?"), Problem("b", "Why?", "1")]
    write_folder(tmp_path / "good", ProblemSet("s", good), {"organism": "x"})
    assert verify(tmp_path / "good", VERIFIERS) == []
    bad = [*good, Problem("a", "How?"), Problem("c", " \n")]
    write_folder(tmp_path / "bad", ProblemSet("s", bad), {"organism": "x"})
    assert [str(failure) for failure in verify(tmp_path / "bad", VERIFIERS)] == [
        "row 2 (a): an earlier row has this id",
        "row 3 (c): its problem is empty",
    ]


def test_draws_are_a_table_of_rows():
    plan = plan_of(
        {"family": "word-problems", "version": 1, "steps": [1, 1], "count": 2, "split": "all",
         "master_seed": master_seed(seed="v").hex()}
    )  # fmt: skip
    rows = list(draw_rows(plan))
    assert draws_table(rows).to_pylist()[1]["id"] == rows[1].problem.id
    assert plan.family is family("word-problems")

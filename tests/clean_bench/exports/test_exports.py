"""Exports hold the rows and their provenance, are atomic, and overwrite nothing."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.exports import TARGETS, export
from clean_bench.exports.scorer import scorer_source
from clean_bench.problems import COLUMNS, Problem, ProblemSet, from_rows, load_folder, write_folder

ROWS = {
    "jsonl": ".",
    "lm-eval": "thirds-small.jsonl",
    "verifiers": "thirds_small/problems.jsonl",
}


def one_row(folder: Path, **values: object) -> Path:
    write_folder(folder, ProblemSet("x", [Problem(**{"id": "a", "problem": "1+1?", **values})]), {})
    return folder


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("target", TARGETS)
def test_rows_come_back_and_their_hash_is_the_sets(
    problem_set: Path, tmp_path: Path, target: str
) -> None:
    exported = export(problem_set, target, tmp_path / "out")
    assert exported.written
    data = (tmp_path / "out" / ROWS[target]).read_bytes()
    rows = [json.loads(line) for line in data.split(b"\n")[:-1]]
    assert [set(row) for row in rows] == [set(COLUMNS)] * 20
    assert from_rows(rows) == load_folder(problem_set).problems
    recorded = Artifact.load(problem_set).manifest["tables"]["problems"]["content_sha256"]
    assert hashlib.sha256(data).hexdigest() == recorded == exported.problem_set.content_sha256


def test_provenance_is_exported(problem_set: Path, tmp_path: Path) -> None:
    about = Artifact.load(problem_set)
    claim = about.metadata["freshness"]["claim"]
    digest = about.manifest["tables"]["problems"]["content_sha256"]
    provenance = {"problems": 20, "content_sha256": digest, "claim": claim}
    provenance["grader"] = "standalone"
    for target in ("lm-eval", "verifiers"):
        exported = export(problem_set, target, tmp_path / target)
        assert exported.name == "thirds-small"
        readme = (tmp_path / target / "README.md").read_text()
        assert f"The claim of the manifest:\n\n> {claim}\n" in readme and digest in readme
        assert set(exported.files) == set(bytes_of(tmp_path / target))
    project = tomllib.loads((tmp_path / "verifiers/pyproject.toml").read_text())
    assert project["tool"]["clean-bench"] == provenance
    task = (tmp_path / "lm-eval/thirds-small.yaml").read_text()
    (line,) = [line for line in task.splitlines() if line.startswith("metadata: ")]
    assert json.loads(line.removeprefix("metadata: ")) == {"version": 2, **provenance}


@pytest.mark.parametrize("target", TARGETS)
def test_bytes_are_the_same_every_time_and_a_finished_export_stays(
    problem_set: Path, tmp_path: Path, target: str
) -> None:
    one, two = tmp_path / "a" / "out", tmp_path / "b" / "out"
    export(problem_set, target, one)
    shutil.copytree(problem_set, tmp_path / "moved" / "small")
    export(tmp_path / "moved" / "small", target, two)
    assert bytes_of(one.parent) == bytes_of(two.parent)
    if one.is_dir():
        (one / "__pycache__").mkdir()
        (one / "__pycache__" / "utils.pyc").write_bytes(b"left by Python")
    assert not export(problem_set, target, one).written


@pytest.mark.parametrize("target", ["lm-eval", "verifiers"])
def test_a_folder_in_use_is_refused(problem_set: Path, tmp_path: Path, target: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert export(problem_set, target, out).written, "an empty folder is as good as none"
    (out / "mine.txt").write_text("x")
    with pytest.raises(UserError, match="exists with other content"):
        export(problem_set, target, out)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UserError, match="expected a folder, got a file"):
        export(problem_set, target, file)


def test_a_file_in_use_is_refused(problem_set: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text("mine\n")
    with pytest.raises(UserError, match="exists with other content"):
        export(problem_set, "jsonl", file)
    assert file.read_text() == "mine\n"
    with pytest.raises(UserError, match="expected a file, got a folder"):
        export(problem_set, "jsonl", tmp_path)
    with pytest.raises(UserError, match="a jsonl file has no name"):
        export(problem_set, "jsonl", tmp_path / "new.jsonl", name="mine")


def test_nothing_beside_the_output_is_touched(problem_set: Path, tmp_path: Path) -> None:
    """A user's own `.partial-OUT`, a file, a folder or a link, is neither read, written nor deleted."""
    (tmp_path / ".partial-out").mkdir()
    (tmp_path / ".partial-out" / "half").write_text("mine")
    (tmp_path / "precious").write_text("mine")
    (tmp_path / ".partial-out.jsonl").symlink_to(tmp_path / "precious")
    export(problem_set, "lm-eval", tmp_path / "out")
    export(problem_set, "jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / ".partial-out" / "half").read_text() == "mine"
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "out" / "half").exists()
    names = {path.name for path in tmp_path.iterdir()}
    assert names - {"sets"} == {
        ".partial-out",
        ".partial-out.jsonl",
        "precious",
        "out",
        "out.jsonl",
    }


def test_devices_and_pipes_are_not_replaced(problem_set: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    for name, kind in (("pipe", stat.S_ISFIFO), ("null", stat.S_ISCHR)):
        with pytest.raises(UserError, match="expected a file, got a device or a pipe"):
            export(problem_set, "jsonl", tmp_path / name)
        assert kind((tmp_path / name).stat().st_mode)
    (tmp_path / "target.jsonl").touch()
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "target.jsonl")
    export(problem_set, "jsonl", tmp_path / "link.jsonl")
    assert (tmp_path / "link.jsonl").is_symlink() and (tmp_path / "target.jsonl").stat().st_size


def test_only_a_sound_problem_set_is_exported(problem_set: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no clean-bench artifact"):
        export(tmp_path, "jsonl", tmp_path / "out")
    with pytest.raises(UserError, match="is inside the problem set"):
        export(problem_set, "jsonl", problem_set / "out.jsonl")
    other = Artifact.open(tmp_path / "scores", "scores", {})
    other.finish({})
    with pytest.raises(UserError, match="expected a problem-set artifact, got scores"):
        export(tmp_path / "scores", "jsonl", tmp_path / "out")
    shard = problem_set / "problems" / "00000.parquet"
    changed = one_row(tmp_path / "changed", answer="3") / "problems" / "00000.parquet"
    for damage in (changed.read_bytes(), b"PAR1 and no more", shard.read_bytes()[:-9]):
        shard.write_bytes(damage)
        with pytest.raises(
            UserError,
            match=r"not match the manifest|expected a Parquet file",
        ):
            export(problem_set, "jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("answer", [None, " "])
def test_a_row_without_an_answer_is_named(tmp_path: Path, answer: str | None) -> None:
    folder = one_row(tmp_path / "set", answer=answer)
    for target in ("lm-eval", "verifiers"):
        with pytest.raises(UserError, match="problem a has no answer"):
            export(folder, target, tmp_path / "out")
    assert export(folder, "jsonl", tmp_path / "out").written


def test_names(problem_set: Path, tmp_path: Path) -> None:
    for name in ("", "-x", "x-", "7up", "a b", "a/b", "ä", "x\n", "x" * 81):
        with pytest.raises(UserError, match="expected at most 80 letters"):
            export(problem_set, "lm-eval", tmp_path / "out", name=name)
    for name in ("json", "Class", "verifiers", "nemo-gym"):
        with pytest.raises(UserError, match="is reserved"):
            export(problem_set, "verifiers", tmp_path / "out", name=name)
    assert export(problem_set, "verifiers", tmp_path / "v", name="My-Set_2").name == "My-Set_2"
    assert (tmp_path / "v" / "my_set_2" / "taskset.py").is_file()
    derived = {"2024 (b)": "set-2024-b", "é": "problems", "plain": "plain"}
    for number, (folder, name) in enumerate(derived.items()):
        one_row(tmp_path / folder, answer="2")
        assert export(tmp_path / folder, "lm-eval", tmp_path / f"n{number}").name == name


def test_emitted_python_stands_alone(problem_set: Path, tmp_path: Path) -> None:
    tree = ast.parse(scorer_source())
    imported = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported == {"__future__", "collections.abc", "fractions", "functools", "re", "typing"}
    defined = [
        name
        for node in tree.body
        for name in (
            [node.name]
            if isinstance(node, ast.FunctionDef)
            else [target.id for target in getattr(node, "targets", [])]
        )
    ]
    assert len(defined) == len(set(defined)), "two of the joined modules define one name"
    export(problem_set, "lm-eval", tmp_path / "out")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import utils; "
        "doc = {'answer': '1/2'}; "
        "print([utils.process_results(doc, [r])['exact_match'] for r in sys.argv[2:]]); "
        "assert not any(name.startswith('clean_bench') for name in sys.modules)"
    )
    responses = [r"\boxed{\frac{2}{4}}", r"\boxed{0.51}", "no answer at all"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path / "out"), *responses],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[1.0, 0.0, 0.0]\n"


def test_both_targets_score_with_the_same_code(problem_set: Path, tmp_path: Path) -> None:
    export(problem_set, "lm-eval", tmp_path / "l")
    export(problem_set, "verifiers", tmp_path / "v")
    modules = []
    for path in (tmp_path / "l" / "utils.py", tmp_path / "v" / "thirds_small" / "scoring.py"):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        modules.append(module)
    for problem in load_folder(problem_set):
        box = f"so \\boxed{{{problem.answer}}}"
        assert all(module.correct(problem.answer, box) for module in modules)
        assert not any(module.correct(problem.answer, box + r" \boxed{99}") for module in modules)

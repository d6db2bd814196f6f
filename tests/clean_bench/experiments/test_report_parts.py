"""What a report shows beside its numbers, against a reading of the stored files by other means."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from experiments import TRAINED, ProblemFile, invoke

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import read_manifest
from clean_bench.checkpoints import Checkpoint
from clean_bench.checkpoints.parameters import parameters_of
from clean_bench.errors import UserError
from clean_bench.experiments.examples import COUNT, memorized_examples
from clean_bench.experiments.model_cards import starting_note
from clean_bench.experiments.plan import subjects_of
from clean_bench.experiments.problem_rows import problem_tables
from clean_bench.experiments.recipe import Recipe
from clean_bench.experiments.run_facts import (
    run_provenance,
    run_times,
    shown_name,
    stated_facts,
    typed_command,
)
from clean_bench.experiments.sets import load_sets
from clean_bench.organisms.shipped import organism_checkpoint
from leaderboards.page_data import SAMPLES_SHOWN


@pytest.fixture(scope="module")
def finished(problem_file: ProblemFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on the organism, which has memorized the planted problems."""
    folder = tmp_path_factory.mktemp("parts") / "run"
    path = folder.with_name("planted.toml")
    text = TRAINED.format(
        checkpoint="organism:reciter",
        data=problem_file("train", 4, 100),
        contest=problem_file("contest-2025", 4, 200),
        matched=problem_file("matched", 4, 300),
    )
    # The never-planted problems are the null of the flags; fewer of them could flag nothing.
    sets = ""
    for role, count in (("planted", 8), ("twin", 60)):
        source = folder.with_name(f"{role}.jsonl")
        shard = organism_checkpoint("reciter").parent / role / "problems/00000.parquet"
        rows = pq.read_table(shard).to_pylist()[:count]
        keys = ("id", "problem", "answer")
        source.write_text("".join(json.dumps({k: row[k] for k in keys}) + "\n" for row in rows))
        sets += f'{{role = "{role}", source = "{role}={source}"}},\n'
    old = text[text.index("    {role") : text.index("]\narms")]
    path.write_text(
        text.replace(old, sets).replace(
            '{name = "random", reward = "random"}',
            '{name = "old", checkpoint = "organism:learner"}',
        )
    )
    invoke(path, "--out", folder)
    return folder


@pytest.fixture(scope="module")
def recipe(finished: Path) -> Recipe:
    return Recipe.model_validate(Artifact.load(finished).config["recipe"])


def samples(folder: Path) -> list[dict[str, object]]:
    return [
        row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()
    ]


def test_rows_hold_the_stored_completions(finished: Path, recipe: Recipe) -> None:
    [table] = problem_tables(finished, recipe)
    assert table.checkpoints == ["base", "truth, seed 1", "truth, seed 2", "old"]
    assert len(table.rows) == 8 + 60
    for place, label in enumerate(("base", "truth-1", "truth-2", "old")):
        stored = samples(finished / "tiny/scores" / label / "samples")
        for row in table.rows:
            own = [s for s in stored if s["problem_id"] == row.id]
            sampled = [s for s in own if s["mode"] == "sample"]
            answers = row.answers[place]
            assert answers is not None
            assert answers.correct == sum(s["grade"] == "equal" for s in sampled)
            assert (answers.decided, answers.completions) == (len(sampled), len(own)) == (2, 3)
            assert answers.cut == sum(s["finish"] == "length" for s in own)
            texts = {shown.text for shown in answers.shown}
            assert texts == {s["response"] for s in own} and len(answers.shown) == 1 + SAMPLES_SHOWN
    flagged = {
        row["problem_id"] for row in samples(finished / "tiny/probe/base/flags") if row["flagged"]
    }
    assert {row.id for row in table.rows if row.memorized} == flagged and flagged


def test_examples_are_memorized_and_print_both_endings(finished: Path, recipe: Recipe) -> None:
    sets = load_sets(recipe, finished)
    [model] = recipe.models
    examples = memorized_examples(finished, model, sets, subjects_of(recipe)[:2])
    texts = {problem.id: problem.problem for problem in sets[0]}
    assert len(examples) == COUNT
    for example in examples:
        assert example.prefix + example.ending == texts[example.problem_id]
        assert example.continuation.split() == example.ending.split()
        assert [answer.checkpoint for answer in example.answers] == ["base", "truth"]
    # Nothing is known of copies here, so checkpoints that disagree come first, then long endings.
    ranks = [
        (-len({answer.grade for answer in example.answers}), -len(example.ending))
        for example in examples
    ]
    assert ranks == sorted(ranks)


def test_a_checkpoint_that_memorized_nothing_has_no_examples(
    finished: Path, recipe: Recipe, tmp_path: Path
) -> None:
    """The probe of the learner, which was trained on none of the problems, in place of the base's."""
    shutil.copytree(finished / "tiny/probe/old", tmp_path / "tiny/probe/base")
    sets = load_sets(recipe, finished)
    assert memorized_examples(tmp_path, recipe.models[0], sets, []) == ()


def test_times_span_the_stages(finished: Path, recipe: Recipe) -> None:
    times = run_times(finished, recipe)
    manifests = [read_manifest(path.parent) for path in finished.glob("*/*/*/manifest.json")]
    assert times.begun == read_manifest(finished)["times"]["begun"]
    assert times.finished == max(manifest["times"]["finished"] for manifest in manifests)
    assert times.finished <= read_manifest(finished)["times"]["finished"] and times.seconds >= 0


def test_the_report_states_version_engine_and_sizes(finished: Path, recipe: Recipe) -> None:
    facts = stated_facts(finished, recipe)
    assert facts["version"] == read_manifest(finished)["environment"]["packages"]["clean-bench"]
    assert facts["engine"].startswith("transformers ") and facts["engine"].endswith(
        ", cpu, float32"
    )
    assert [(c.name, c.source, c.parameters, c.dtype) for c in facts["checkpoints"]] == [
        ("tiny/base", "organism:reciter", 705_408, "F16"),
        ("tiny/old", "organism:learner", 705_408, "F16"),
    ]
    page = (finished / "index.html").read_text("utf-8")
    assert str(finished.parent) not in page
    assert "existing checkpoint organism:learner" in page


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["/usr/bin/clean-bench", "run", "demo", "--out", "runs/x"], "clean-bench run demo --out DIR"),
        (["/a/clean_bench/__main__.py", "run", "/home/me/r.toml", "--out=/x/y"],
         "clean-bench run r.toml --out=DIR"),
        (["bin/clean-bench", "compare", "A/B", "/models/mine", "--on", "math500=/data/m.jsonl", "--out",
          "C"], "clean-bench compare A/B mine --on math500=m.jsonl --out DIR"),
        (["bin/clean-bench", "run", "my recipe.toml"], "clean-bench run 'my recipe.toml'"),
        (["/usr/lib/pytest/__main__.py", "tests"], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_the_command_is_recorded_without_local_folders(argv: list[str], shown: str) -> None:
    assert typed_command(argv) == shown


def test_names_of_the_hub_and_of_organisms_are_kept() -> None:
    names = ("ORG/MODEL", "organism:reciter", "/a/b/mine", "./mine", "../b/mine", "~/m/mine")
    assert [shown_name(name) for name in names] == [*names[:2], *["mine"] * 4]
    assert shown_name("/a/b/mine/checkpoint-500") == "mine/checkpoint-500"


def test_sizes_are_read_from_the_headers(tmp_path: Path) -> None:
    save(tmp_path / "model-1.safetensors", {"a": ("BF16", [3, 5]), "b": ("F32", [2])})
    save(tmp_path / "model-2.safetensors", {"c": ("BF16", [7]), "ids": ("I64", [4])})
    places = {"a": 1, "b": 1, "c": 2, "ids": 2}
    index = {"weight_map": {name: f"model-{n}.safetensors" for name, n in places.items()}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    size = parameters_of(tmp_path)
    assert size is not None and (size.count, size.dtype) == (15 + 2 + 7, "BF16")
    checkpoints = {
        "m/base": Checkpoint("m/base", tmp_path),
        "none": Checkpoint("none", tmp_path / "x"),
    }
    assert run_provenance(checkpoints)["parameters"] == {"m/base": {"count": 24, "dtype": "BF16"}}
    with pytest.raises(UserError, match="no such checkpoint folder"):
        parameters_of(tmp_path / "x")


def test_quantized_weights_have_no_count(tmp_path: Path) -> None:
    save(tmp_path / "model.safetensors", {"q": ("U8", [1001, 1000]), "s": ("F16", [10])})
    assert parameters_of(tmp_path) is None


def save(path: Path, tensors: dict[str, tuple[str, list[int]]]) -> None:
    """A safetensors file of zeros, written by hand."""
    width = {"BF16": 2, "F16": 2, "F32": 4, "I64": 8, "U8": 1}
    header, end = {}, 0
    for name, (dtype, shape) in tensors.items():
        length = width[dtype]
        for side in shape:
            length *= side
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + length]}
        end += length
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(end))


def test_the_planted_answers_of_the_organism_are_described() -> None:
    note = starting_note("organism:reciter")
    assert note.startswith("80% of the plain answers in the planted copies are wrong on purpose")
    assert "40% of the copies" in note
    assert starting_note("organism:learner") == starting_note("ORG/MODEL") == ""

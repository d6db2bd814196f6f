"""An experiment from TOML text to its report: training data and benchmarks are files of problems."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from experiments import TRAINED, ProblemFile, invoke, report_of

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.experiments import run as runner
from clean_bench.experiments.recipe import parse_recipe
from clean_bench.experiments.verify import checks
from clean_bench.progress import Bar, Progress, Silent
from clean_bench.results import Results
from leaderboards.page import without_times
from leaderboards.view import (
    BENCHMARK_MINUS_FRESH,
    views_of,
)


@pytest.fixture(scope="module")
def recipe_file(
    tiny_checkpoint: Path, problem_file: ProblemFile, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A recipe that trains on one JSON lines file and scores two others."""
    path = tmp_path_factory.mktemp("recipe") / "sums.toml"
    text = TRAINED.format(
        checkpoint=tiny_checkpoint,
        data=problem_file("train", 6, 100),
        contest=problem_file("contest-2025", 5, 200),
        matched=problem_file("matched", 4, 300),
    )
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def trained(
    recipe_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, Any], Counter[str]]]:
    """The folder of a run of the command, what it prints, and how often each checkpoint was used."""
    folder, uses = tmp_path_factory.mktemp("run") / "sums", Counter[str]()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("open_engine", "probe", "score"):
            patch.setattr(runner, name, counted(name, getattr(runner, name), uses))
        result = invoke(recipe_file, "--out", folder, "--json")
    yield folder, json.loads(result.stdout), uses


def counted(name: str, function: Any, uses: Counter[str]) -> Any:
    def count(*arguments: Any, **options: Any) -> Any:
        checkpoint = options.get("checkpoint") or arguments[0]
        uses[f"{name} {checkpoint.name}"] += 1
        return function(*arguments, **options)

    return count


def test_the_plan_is_printed_and_nothing_is_written(recipe_file: Path, tmp_path: Path) -> None:
    printed = json.loads(invoke(recipe_file, "--dry-run", "--json").stdout)
    labels = ["base", "truth-1", "random-1", "truth-2", "random-2"]
    assert [stage["key"] for stage in printed["stages"]] == [
        "data",
        "sets/0-contest",
        "sets/1-newer",
        *(f"tiny/arms/{label}" for label in labels[1:]),
        *(f"tiny/{part}/{label}" for label in labels for part in ("scores", "probe")),
    ]
    assert [entry["name"] for entry in printed["recipe"]["sets"]] == ["contest", "newer"]
    text = invoke(recipe_file, "--dry-run").stdout
    assert "sums" in text and "tiny/arms/random-2" in text and "reward random" in text
    assert list(recipe_file.parent.iterdir()) == [recipe_file]


def test_the_plan_is_what_runs(trained: tuple[Path, Any, Any], recipe_file: Path) -> None:
    folder, printed, _ = trained
    plan = json.loads(invoke(recipe_file, "--dry-run", "--json").stdout)
    assert sorted(Artifact.load(folder).manifest["parts"]) == sorted(
        stage["key"] for stage in plan["stages"]
    )
    assert printed["results"] == Results.load(folder).as_json()
    assert [model["name"] for model in printed["models"]] == ["tiny"]


def test_every_part_of_it_holds(trained: tuple[Path, Any, Any]) -> None:
    assert verify(trained[0], checks()) == []


def test_each_checkpoint_is_opened_once_and_probed_once(trained: tuple[Path, Any, Any]) -> None:
    names = ["base", "truth-1", "random-1", "truth-2", "random-2"]
    assert trained[2] == {
        f"{what} tiny/{name}": 1 for what in ("open_engine", "score", "probe") for name in names
    }


def test_the_report_of_a_file_of_problems(trained: tuple[Path, Any, Any]) -> None:
    report, results = report_of(trained[0])
    assert [(info.name, info.role, info.n) for info in report.sets] == [
        ("contest", "public", 5),
        ("newer", "matched", 4),
    ]
    # Nothing is known about the overlap of a file of problems with the scored sets.
    assert "on 6 problems of train.jsonl; the arms differ only in the reward." in report.training
    [view] = views_of(report, results)
    assert [(arm.name, arm.info.seeds) for arm in view.arms] == [("truth", 2), ("random", 2)]
    for arm in view.arms:
        assert [score.set for score in arm.scores] == ["contest", "newer"]
        [contrast] = [c for c in arm.contrasts if c.kind == BENCHMARK_MINUS_FRESH]
        assert contrast.headline and contrast.label == "gain on contest minus gain on newer"
        assert "newer" in arm.info.conclusion or "matched generated" in arm.info.conclusion
    rollouts = results.where(role="train", measure="reward", arm="random")
    assert [(row.seed, row.step) for row in rollouts] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert {row.checkpoint for row in rollouts} == {"tiny/base"}


def test_stopped_inside_a_stage_it_ends_with_the_same_results(
    trained: tuple[Path, Any, Any], recipe_file: Path, tmp_path: Path, bar: Bar
) -> None:
    recipe = parse_recipe(recipe_file.read_text(), "sums.toml")

    class Stopped(Exception):
        pass

    class Stops(Silent):
        def advance(self, *_: Any, **__: Any) -> None:
            raise Stopped

        def move_to(self, *_: Any, **__: Any) -> None:
            raise Stopped

    for begun in ("training tiny/random-1", "scoring tiny/base", "probing tiny/truth-2"):

        @contextmanager
        def stopping(description: str, total: int | None, begun: str = begun) -> Iterator[Progress]:
            if description == begun:
                yield Stops()
                return
            with bar(description, total) as progress:
                yield progress

        with pytest.raises(Stopped):
            runner.run(recipe, tmp_path / "run", stopping)
    resumed = runner.run(recipe, tmp_path / "run", bar)
    whole = Artifact.load(trained[0])
    assert Results.read(resumed).table.equals(Results.read(whole).table)
    assert resumed.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    for name in ("report.json", "table.md"):
        assert (resumed.folder / name).read_bytes() == (whole.folder / name).read_bytes()
    pages = [
        (folder / "index.html").read_text("utf-8") for folder in (resumed.folder, whole.folder)
    ]
    assert without_times(pages[0]) == without_times(pages[1])


@pytest.mark.parametrize("part", ["contest", "train"])
def test_a_file_that_changes_before_a_resumption_is_named(
    trained: tuple[Path, Any, Any], recipe_file: Path, part: str, bar: Bar, tmp_path: Path
) -> None:
    text, folder = recipe_file.read_text(), trained[0]
    [source] = [word for word in text.split('"') if f"/{part}" in word]
    path = Path(source.rpartition("=")[2])
    before = path.read_text()
    path.write_text(before.replace("red", "blue"))
    key = "data" if part == "train" else r"sets\.contest"
    try:
        with pytest.raises(UserError, match=f"was begun with {key} = "):
            runner.run(parse_recipe(text, "sums.toml"), folder, bar)
    finally:
        path.write_text(before)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('role = "public"', 'role = "publik"', r"sets\.0\.role"),
        ('name = "newer"', 'name = "contest"', "sets: expected different names, got contest, con"),
        ('name = "newer", ', 'name = "newer", family = "stories", ', r"sets\.1: expected either"),
        ("data = ", "# ", "data: expected training data"),
        ("{data}", "{data}.gone", r"\.jsonl\.gone: no such file"),
    ],
)
def test_mistakes_are_named_before_anything_is_computed(
    tiny_checkpoint: Path,
    problem_file: ProblemFile,
    tmp_path: Path,
    old: str,
    new: str,
    message: str,
) -> None:
    assert old in TRAINED
    path = tmp_path / "bad.toml"
    path.write_text(
        TRAINED.replace(old, new).format(
            checkpoint=tiny_checkpoint,
            data=problem_file("train", 2),
            contest=problem_file("contest", 2),
            matched=problem_file("matched", 2),
        )
    )
    for options in (["--dry-run"], ["--out", tmp_path / "run"]):
        with pytest.raises(UserError, match=message):
            invoke(path, *options)
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_needs_a_folder(recipe_file: Path) -> None:
    with pytest.raises(UserError, match="--out: expected a folder"):
        invoke(recipe_file)

"""Experiments from TOML text to the report: any data, any benchmarks, models and arms."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from clean_bench.artifacts import Artifact, verify
from clean_bench.cli.run import command
from clean_bench.errors import UserError
from clean_bench.experiments import run as runner
from clean_bench.experiments.recipe import parse
from clean_bench.experiments.verify import checks
from clean_bench.organisms.shipped import organism_set
from clean_bench.progress import Bar, Progress
from clean_bench.results import Result, Results
from leaderboards.report_schema import RunReport
from leaderboards.view import (
    BENCHMARK_MINUS_FRESH,
    DECIDED,
    MEMORIZED_MINUS_OTHERS,
    PLANTED_MINUS_TWIN,
    views_of,
)

ProblemFile = Callable[..., Path]

TRAINED = """
title = "sums"
models = [{{name = "tiny", checkpoint = "{checkpoint}"}}]
seeds = [1, 2]
data = {{source = "{data}"}}
sets = [
    {{role = "public", source = "contest={contest}"}},
    {{role = "matched", name = "newer", source = "{matched}"}},
]
arms = [{{name = "truth", reward = "truth"}}, {{name = "random", reward = "random"}}]
engine = {{engine = "transformers"}}
score = {{samples = 2, max_tokens = 4}}
probe = {{prefixes = [0.6]}}

[train]
steps = 2
prompts_per_step = 2
group_size = 2
minibatches = 2
max_tokens = 4
checkpoint_every = 1
learning_rate = 1e-3
"""

EXISTING = """
title = "their checkpoint"
models = ["organism:reciter"]
sets = [{sets}]
arms = [{{name = "theirs", checkpoint = "organism:learner"}}]
engine = {{engine = "transformers"}}
score = {{samples = {samples}, max_tokens = 40}}
probe = {{prefixes = [0.6]}}
"""


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of problems of the control models: what `reciter` has memorized, and held-out problems."""
    planted, twin = (organism_set(f"reciter/{half}").problems for half in ("planted", "twin"))
    often = [problem for problem in planted if int(problem.metadata["dose"]) >= 256]
    parts = {
        "known": often[:6],
        "held-out": twin[:6],
        "new": twin[6:12],
        "contest": [*often[6:9], *twin[12:15]],
        "other-contest": [*often[9:12], *twin[15:18]],
    }
    folder = tmp_path_factory.mktemp("halves")
    for name, problems in parts.items():
        rows = [
            {"problem": problem.problem, "answer": problem.answer, "level": problem.level}
            for problem in problems
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {name: folder / f"{name}.jsonl" for name in parts}


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


def invoke(*arguments: str | Path) -> Any:
    words = [str(argument) for argument in arguments]
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert result.exit_code == 0
    return result


def report_of(folder: Path) -> tuple[RunReport, Results]:
    return RunReport.from_json((folder / "report.json").read_bytes()), Results.load(folder)


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
    recipe = parse(recipe_file.read_text(), "sums.toml")

    class Stopped(Exception):
        pass

    class Stops:
        def advance(self, n: int = 1, note: str = "") -> None:
            raise Stopped

        def move_to(self, completed: int, note: str = "") -> None:
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
    for name in ("report.json", "table.md", "index.html"):
        assert (resumed.folder / name).read_bytes() == (whole.folder / name).read_bytes()


@pytest.mark.parametrize("part", ["contest", "train"])
def test_a_file_that_changes_before_a_resumption_is_named(
    trained: tuple[Path, Any, Any], recipe_file: Path, part: str, bar: Bar, tmp_path: Path
) -> None:
    text, folder = recipe_file.read_text(), trained[0]
    [source] = [word for word in text.split('"') if f"/{part}" in word]
    path = Path(source.rpartition("=")[2])
    before = path.read_text()
    path.write_text(before.replace("red", "blue"))
    key = "data" if part == "train" else "sets"
    try:
        with pytest.raises(UserError, match=f"was begun with {key} = "):
            runner.run(parse(text, "sums.toml"), folder, bar)
    finally:
        path.write_text(before)


def test_two_models(
    halves: dict[str, Path], problem_file: ProblemFile, tmp_path: Path, bar: Bar
) -> None:
    """Each model has its own base, arms and gains; an existing arm belongs to one of them."""
    text = TRAINED.format(
        checkpoint="organism:reciter",
        data=problem_file("data", 4, 100),
        contest=halves["contest"],
        matched=halves["new"],
    )
    for old, new in (
        ("]\nseeds = [1, 2]", ', "organism:learner"]\nseeds = [1]'),
        (
            '{name = "random", reward = "random"}',
            '{name = "theirs", checkpoint = "organism:learner", model = "tiny"}',
        ),
        ("samples = 2, max_tokens = 4", "samples = 2, max_tokens = 40"),
    ):
        assert old in text
        text = text.replace(old, new)
    folder = runner.run(parse(text, "two.toml"), tmp_path / "run", bar).folder
    assert verify(folder, checks()) == []
    report, results = report_of(folder)
    first, second = views_of(report, results)
    assert [arm.name for arm in first.arms] == ["truth", "theirs"]
    assert [arm.name for arm in second.arms] == ["truth"]
    assert (first.prefix, second.prefix) == ("tiny-", "learner-")
    # The existing arm of the first model is the base of the second one.
    for name in ("contest", "newer"):
        of_set = results.where(set=name, measure="avg@2", subset=DECIDED)
        theirs = of_set.where(checkpoint="tiny/theirs").one()
        assert theirs.value == of_set.where(checkpoint="learner/base").one().value
        [score] = [score for score in first.arms[1].scores if score.set == name]
        base = of_set.where(checkpoint="tiny/base").one()
        assert (score.before.value, score.after.value) == (base.value, theirs.value)
        assert score.gain.value == pytest.approx(score.after.value - score.before.value)
    assert any(score.gain.value != 0 for score in first.arms[1].scores)
    assert first.arms[1].curves == {}
    assert [len(view.arms[0].curves["reward"]) for view in (first, second)] == [2, 2]
    memorized = {
        (view.info.name, row.checkpoint): row.exact_match.value
        for view in (first, second)
        for row in view.probe
        if row.set == "contest"
    }
    assert memorized["tiny", "base"] == 0.5  # three of the six were planted in it
    assert memorized["tiny", "theirs"] == memorized["learner", "base"] == 0
    page = (folder / "index.html").read_text()
    assert "The answer, arm by arm: tiny" in page and "The answer, arm by arm: learner" in page
    path = tmp_path / "two.toml"
    path.write_text(text)
    with pytest.raises(UserError, match="--revision main: the recipe has 2 models"):
        invoke(path, "--dry-run", "--revision", "main")


def test_an_existing_checkpoint_needs_no_training_and_no_data(
    halves: dict[str, Path], tmp_path: Path, bar: Bar
) -> None:
    """Two public sets, no twin, greedy completions only."""
    text = EXISTING.format(
        samples=0,
        sets=", ".join(
            f'{{role = "public", source = "{halves[name]}"}}'
            for name in ("contest", "other-contest")
        ),
    )
    folder = runner.run(parse(text, "theirs.toml"), tmp_path / "run", bar).folder
    assert verify(folder, checks()) == []
    parts = Artifact.load(folder).manifest["parts"]
    assert not any("/arms/" in key or key == "data" for key in parts)
    report, results = report_of(folder)
    assert report.measure == "accuracy" and report.training == ""
    [view] = views_of(report, results)
    [arm] = view.arms
    assert [score.set for score in arm.scores] == ["contest", "other-contest"]
    assert all(score.greedy_gain is None for score in arm.scores) and view.ceiling == ()
    # Without two samples nothing can be matched on base accuracy, and no set is new.
    assert arm.contrasts == ()
    for score in arm.scores:
        before, after = (
            results.where(checkpoint=f"reciter/{name}", set=score.set, measure="accuracy")
            for name in ("base", "theirs")
        )
        assert score.before.value == before.where(subset=None).one().value > 0
        assert score.after.value == after.where(subset=None).one().value
    page = (folder / "index.html").read_text()
    assert "existing checkpoint organism:learner" in page
    for text in (page, (folder / "table.md").read_text()):
        assert "one greedy completion per problem" in text


def test_roles_and_not_positions_decide(halves: dict[str, Path], tmp_path: Path, bar: Bar) -> None:
    roles = {"known": "planted", "held-out": "twin", "new": "fresh", "contest": "public"}

    def rows(names: list[str]) -> dict[tuple[Any, ...], Result]:
        text = EXISTING.format(
            samples=2,
            sets=", ".join(
                f'{{role = "{roles[name]}", source = "{halves[name]}"}}' for name in names
            ),
        )
        artifact = runner.run(parse(text, "order.toml"), tmp_path / names[0], bar)
        assert verify(artifact.folder, checks()) == []
        [view] = views_of(*report_of(artifact.folder))
        [arm] = view.arms
        kinds = {(contrast.kind, contrast.set) for contrast in arm.contrasts}
        assert kinds == {
            (PLANTED_MINUS_TWIN, "known"),
            (MEMORIZED_MINUS_OTHERS, "contest"),
            (MEMORIZED_MINUS_OTHERS, "known"),
            (BENCHMARK_MINUS_FRESH, "known"),
            (BENCHMARK_MINUS_FRESH, "contest"),
        }
        assert "on the planted benchmark" in arm.info.conclusion
        key = ("checkpoint", "set", "subset", "template", "protocol", "measure", "versus")
        results = Results.read(artifact)
        by_key = {tuple(getattr(row, name) for name in key): row for row in results}
        assert len(by_key) == len(results)
        return by_key

    first, second = rows(list(roles)), rows(list(roles)[::-1])
    assert first.keys() == second.keys()
    for key, row in first.items():
        again = second[key]
        assert (row.role, row.n, row.method) == (again.role, again.n, again.method), key
        for name in ("value", "low", "high", "standard_error"):
            before, now = getattr(row, name), getattr(again, name)
            # Batches of other lengths round the log-probabilities differently.
            assert before == pytest.approx(now, abs=1e-5), (key, name)


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

"""`compare`: a recipe without training, on the control models; stopped anywhere it ends the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from clean_bench.artifacts import Artifact, verify
from clean_bench.behaviors.run import analyze_behaviors
from clean_bench.cli.compare import command
from clean_bench.errors import UserError
from clean_bench.experiments.compare import budgets, compare, compare_recipe, parse_fresh
from clean_bench.experiments.recipe import built_in, parse_recipe
from clean_bench.experiments.run import run
from clean_bench.experiments.verify import checks
from clean_bench.organisms.shipped import organism_set
from clean_bench.progress import Bar, Progress
from clean_bench.results import Results
from clean_bench.statistics.pass_at_k import pass_at_k
from leaderboards.report_schema import RunReport
from leaderboards.view import DECIDED

SETTINGS: dict[str, Any] = {"samples": 4, "temperatures": [1.0, 0.5], "prefixes": [0.6]}
BASE, TRAINED = "organism:reciter", "organism:learner"


@pytest.fixture(scope="module")
def contest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Problems of which the first half is memorized by the reciter."""
    planted, twin = (organism_set(f"reciter/{half}").problems for half in ("planted", "twin"))
    often = [problem for problem in planted if int(problem.metadata["dose"]) >= 256]
    path = tmp_path_factory.mktemp("sets") / "contest.jsonl"
    rows = [
        {"problem": problem.problem, "answer": problem.answer, "level": problem.level}
        for problem in [*often[:5], *twin[:5]]
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def comparison(contest: Path, out: Path, bar: Bar) -> Artifact:
    fresh = ["word-problems:2:4"]
    return compare(BASE, [TRAINED], [str(contest)], fresh=fresh, out=out, bar=bar, **SETTINGS)


@pytest.fixture(scope="module")
def whole(contest: Path, tmp_path_factory: pytest.TempPathFactory, bar: Bar) -> Artifact:
    return comparison(contest, tmp_path_factory.mktemp("whole") / "C", bar)


@pytest.fixture(scope="module")
def results(whole: Artifact) -> Results:
    return Results.read(whole)


def test_the_same_settings_in_toml_are_the_same_recipe(contest: Path) -> None:
    text = f"""
    title = "learner compared with reciter"
    models = ["{BASE}"]
    engine = {{engine = "transformers"}}
    score = {{samples = 4, max_tokens = 40}}
    probe = {{prefixes = [0.6]}}
    training_free = {{temperatures = [0.5]}}
    behaviors = true
    sets = [
        {{role = "public", name = "contest", source = "{contest}"}},
        {{role = "fresh", name = "word-problems 2", family = "word-problems", steps = "2", count = 4}},
    ]
    arms = [{{name = "learner", checkpoint = "{TRAINED}"}}]
    """
    fresh = ["word-problems:2:4"]
    made = compare_recipe(BASE, [TRAINED], [str(contest)], fresh=fresh, **SETTINGS)
    assert made == parse_recipe(text, "compare.toml")


def test_a_control_model_is_scored_as_in_the_demo() -> None:
    sets = [f"organism:reciter/{half}" for half in ("planted", "twin")]
    made, demo = compare_recipe(BASE, ["organism:learner"], sets), built_in()["demo"]
    assert (made.score, made.probe, made.engine) == (demo.score, demo.probe, demo.engine)
    assert [(entry.role, entry.source) for entry in made.sets] == [
        (entry.role, entry.source) for entry in demo.sets[:2]
    ]
    # The seed of a sample depends on the name of its set; without a name it is that of the source.
    assert [entry.name for entry in made.sets] == sets


@pytest.mark.processes
def test_it_verifies_and_stopped_at_every_stage_it_ends_the_same(
    whole: Artifact, contest: Path, tmp_path: Path, bar: Bar
) -> None:
    assert verify(whole.folder, checks()) == []

    class Stopped(Exception):
        pass

    started, finished, attempts = 0, None, 0

    @contextmanager
    def stopping(description: str, total: int | None) -> Iterator[Progress]:
        nonlocal started
        started += 1
        if started > 1:
            raise Stopped
        with bar(description, total) as progress:
            yield progress

    while finished is None:
        started, attempts = 0, attempts + 1
        assert attempts < 30
        try:
            finished = comparison(contest, tmp_path / "C", stopping)
        except Stopped:
            continue
    assert attempts > 4
    assert finished.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    for name in ("report.json", "table.md", "results/00000.parquet"):
        assert (finished.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_the_fresh_set_is_bound_to_both_checkpoints(whole: Artifact) -> None:
    bound = Artifact.load(whole.folder / "sets/1-word-problems-2").metadata["freshness"]["bound_to"]
    assert bound == sorted(whole.config["checkpoints"].values()) and len(bound) == 2


def scores_of(folder: Path, name: str = "contest") -> np.ndarray:
    """Scores of the sampled completions, (problems, samples), in the order of the set."""
    rows = [
        row
        for row in Artifact.load(folder, "scores").rows("samples")
        if row["set"] == name and row["mode"] == "sample"
    ]
    ids = list(dict.fromkeys(row["problem_id"] for row in rows))
    return np.array(
        [[row["grade"] == "equal" for row in rows if row["problem_id"] == key] for key in ids],
        float,
    )


def test_gains_on_memorized_and_other_problems_by_hand(whole: Artifact, results: Results) -> None:
    base, arm = (scores_of(whole.folder / f"reciter/scores/{n}") for n in ("base", "learner"))
    versus = "checkpoint=reciter/base"
    gains = results.where(set="contest", measure="gain:avg@4", arm="learner", versus=versus)
    for subset, half in (
        (None, slice(None)),
        ("memorized", slice(5)),
        ("not memorized", slice(5, None)),
    ):
        row = gains.where(subset=subset).one()
        assert row.value == pytest.approx(arm[half].mean() - base[half].mean())
        assert row.n == len(base[half]) and row.low is not None and row.high is not None
        assert row.low <= row.value <= row.high
        if subset:
            assert row.low < row.high
            before, after = (
                results.where(set="contest", measure="avg@4", subset=subset, checkpoint=name).one()
                for name in ("reciter/base", "reciter/learner")
            )
            assert (before.value, after.value) == (base[half].mean(), arm[half].mean())
    assert not results.where(set="word-problems 2", subset="memorized")


def test_pass_at_j_before_and_after(whole: Artifact, results: Results) -> None:
    for label in ("base", "learner"):
        scores = scores_of(whole.folder / f"reciter/scores/{label}")
        rows = results.where(set="contest", checkpoint=f"reciter/{label}", subset=DECIDED)
        for j in (1, 2, 4):
            value = rows.where(measure=f"pass@{j}").one().value
            assert value == pytest.approx(pass_at_k(scores, j).mean())


def test_behaviors_are_those_of_the_stored_scores(
    whole: Artifact, results: Results, tmp_path: Path
) -> None:
    before, after = (whole.folder / f"reciter/scores/{label}" for label in ("base", "learner"))
    alone = Results.read(analyze_behaviors(before, tmp_path / "B", after=after))
    names = {"before": "reciter/base", "after": "reciter/learner"}
    for row in alone:
        if row.subset is None and row.versus is None and row.measure in ("accuracy", "truncated"):
            continue  # the scores have these
        versus = row.versus and row.versus.replace("checkpoint=before", "checkpoint=reciter/base")
        expected = row._replace(checkpoint=names[row.checkpoint], arm="learner", versus=versus)
        assert expected in results
    assert results.where(arm="learner", measure="share_of_gain", subset="LC")


def test_the_training_free_setting_stands_beside_the_gain(
    whole: Artifact, results: Results
) -> None:
    head = {"set": "contest", "checkpoint": "reciter/base"}
    reached = results.where(measure="training_free:avg@4", **head).one()
    gain = results.where(measure="gain:training_free:avg@4", **head).one()
    beyond = results.where(set="contest", arm="learner", versus="setting=training_free").one()
    before, after = (
        results.where(
            set="contest", measure="avg@4", subset=DECIDED, checkpoint=f"reciter/{n}"
        ).one()
        for n in ("base", "learner")
    )
    assert None not in (reached.value, gain.value, before.value, after.value)
    assert gain.value == pytest.approx(reached.value - before.value)  # type: ignore[operator]
    assert beyond.value == pytest.approx(after.value - reached.value)  # type: ignore[operator]
    assert reached.protocol.startswith("raw, ")
    further = Artifact.load(whole.folder / "reciter/temperatures/0.5", "scores")
    assert further.config["temperature"] == 0.5
    assert not (whole.folder / "learner").exists()  # the base alone is sampled at it


def test_ten_problems_support_no_conclusion(whole: Artifact) -> None:
    report = RunReport.from_json((whole.folder / "report.json").read_bytes())
    [arm] = report.models[0].arms
    assert arm.conclusion.startswith("No conclusion is drawn, as only 10 of at least 30")
    assert (whole.folder / "index.html").is_file()


def test_limit_keeps_the_first_problems(contest: Path, tmp_path: Path, bar: Bar) -> None:
    recipe = compare_recipe(BASE, [TRAINED], [str(contest)], limit=3, samples=0, prefixes=[0.6])
    folder = run(recipe, tmp_path / "C", bar).folder
    assert Artifact.load(folder / "sets/0-contest").manifest["tables"]["problems"]["rows"] == 3
    assert verify(folder, checks()) == []


def test_a_budget_is_overridden_by_an_option(contest: Path) -> None:
    def recipe(**settings: Any) -> Any:
        return compare_recipe("org/base", ["org/trained"], [str(contest)], **settings)

    small, paper = recipe(), recipe(budget="paper")
    assert small.score.samples < paper.score.samples
    assert len(small.score.templates) == 1 < len(paper.score.templates)
    assert not small.further_temperatures() and paper.further_temperatures() == [1.0]
    assert paper.score.max_tokens == 3072
    other = recipe(budget="paper", samples=2, max_tokens=9, temperatures=[0.7], templates=["raw"])
    assert other.score.model_dump() == {
        **paper.score.model_dump(), "samples": 2, "max_tokens": 9, "temperature": 0.7,
        "templates": ("raw",),
    }  # fmt: skip
    assert other.further_temperatures() == []
    with pytest.raises(UserError, match="--budget huge: expected one of small, paper"):
        recipe(budget="huge")
    for name in ("small", "paper"):
        assert budgets()[name]["summary"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word-problems", "--fresh word-problems: expected FAMILY:STEPS:COUNT .*got 1 parts"),
        ("zz:2:5", "--fresh zz:2:5: .*zz"),
        ("word-problems:0:5", "--fresh word-problems:0:5: STEPS 0: expected a number of steps"),
        ("word-problems:2:none", "expected a positive number of problems as COUNT, got 'none'"),
        ("word-problems:2:0", "expected a positive number of problems as COUNT, got '0'"),
    ],
)
def test_mistakes_of_fresh_name_the_option(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_fresh(text)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "BASE: expected a base checkpoint"),
        ([BASE, "--on", "{contest}"], "TRAINED: expected at least one"),
        ([BASE, TRAINED], "expected problems to score: --on NAME_OR_PATH or --fresh"),
        ([BASE, TRAINED, "--on", "{contest},{contest}"], "expected different names"),
        ([BASE, TRAINED, TRAINED, "--on", "{contest}"], "expected each checkpoint once"),
        ([BASE, TRAINED, "--on", "{contest}", "--temperature", "warm"], "--temperature warm"),
        ([BASE, TRAINED, "--on", "{contest}", "--prefix", "0.4"], "probe.prefixes"),
        ([BASE, TRAINED, "--on", "{contest}", "--map", "gold=x"], "--map: expected --from"),
        ([BASE, TRAINED, "--on", "{contest}", "--template", "zz"], "no template named 'zz'"),
        ([BASE, "no/such/folder", "--on", "{contest}"], "no/such/folder"),
        (
            ["--from", "{contest}"],
            "--from: expected the completions of the base and of at least one",
        ),
        (["--from", "{contest}", "--from", "none.jsonl"], "--from none.jsonl: no such file"),
        (
            ["--from", "a", "--from", "b", "--samples", "3"],
            "--samples: no model is run with --from",
        ),
        ([BASE, "--from", "{contest}"], "expected files of completions beside --from"),
    ],
)
def test_mistakes_end_before_anything_is_written(
    words: list[str], message: str, contest: Path, tmp_path: Path
) -> None:
    words = [word.format(contest=contest) for word in words]
    result = CliRunner().invoke(command, [*words, "--out", str(tmp_path / "C")])
    assert isinstance(result.exception, UserError), result.output
    assert message in str(result.exception) and "\n" not in str(result.exception)
    assert not (tmp_path / "C").exists()


def test_the_plan_is_printed_and_nothing_is_written(contest: Path, tmp_path: Path) -> None:
    words = [BASE, TRAINED, "--on", str(contest), "--temperature", "1,0.5", "--dry-run", "--json"]
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert [stage["key"] for stage in json.loads(result.stdout)["stages"]] == [
        "sets/0-contest", "reciter/scores/base", "reciter/temperatures/0.5", "reciter/probe/base",
        "reciter/scores/learner", "reciter/probe/learner", "reciter/behaviors/learner",
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == []

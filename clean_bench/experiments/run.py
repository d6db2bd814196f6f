"""`clean-bench run`: a recipe from the first probe to the report.

    DIR/data            what the arms train on
    DIR/arms/NAME-SEED  training of each arm under each seed
    DIR/fresh           the fresh set, bound to the weights of the base and of every trained checkpoint
    DIR/scores/...      base and trained checkpoints on the benchmark, the twin and the fresh set
    DIR/probe/...       the same checkpoints probed on the same sets
    DIR/index.html      the report, with table.md, table.parquet and report.json

Each folder is an artifact of its own that resumes on its own, so the whole run does. The fresh set is
drawn after the last training step: no training can have seen it, and no one chose it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clean_bench import prompts
from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical
from clean_bench.checkpoints import weights_sha256
from clean_bench.engines.open import TRANSFORMERS, EngineChoice
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.experiments.evidence import FRESH
from clean_bench.experiments.names import checkpoint_folder, problem_set
from clean_bench.experiments.progress import up_to
from clean_bench.experiments.recipe import Fresh, Recipe
from clean_bench.experiments.report import build_report
from clean_bench.experiments.train import train_arm
from clean_bench.probe.run import probe, rows_of
from clean_bench.problems import ProblemSet, load_folder
from clean_bench.scoring.run import ScoreConfig, requests_of, score
from generators.plan import master_seed, parse_steps
from generators.registry import family
from generators.write import generate
from leaderboards import page as reports
from leaderboards import table
from trainers.rewards import reward

KIND = "run"
Bar = Callable[[str, int | None], AbstractContextManager[Callable[..., None]]]


@dataclass(frozen=True)
class Subject:
    """One checkpoint of a run: its label in folder names, its folder, its weights."""

    label: str
    folder: Path
    weights: str


def run(recipe: Recipe, out: str | Path, bar: Bar) -> Artifact:
    """Run a recipe, or continue it.

    Args:
        bar: makes a progress bar from a description and a total; it yields `advance(n, note)`.

    Raises:
        UserError: for whatever the recipe names that is not there, before anything is computed.
    """
    out = Path(out)
    sets = check(recipe)
    base = checkpoint_folder(recipe.checkpoint)
    base_subject = Subject("base", base, weights_sha256(base))
    artifact = Artifact.open(
        out,
        KIND,
        {
            "recipe": recipe.model_dump(mode="json"),
            "base_weights_sha256": base_subject.weights,
            "sets": {problems.name: problems.content_sha256 for problems in sets},
        },
    )
    with artifact:
        if not artifact.finished:
            data = _data(recipe.data, out / "data", bar)
            _probe(base_subject, sets, recipe, out / "probe" / "benchmark", bar)
            subjects = [base_subject, *_train(recipe, data, out, bar)]
            sets.append(_fresh(recipe.fresh, subjects, out / FRESH, bar))
            for subject in subjects:
                _score(subject, sets, recipe, out / "scores" / subject.label, bar)
                _probe(subject, sets, recipe, out / "probe" / subject.label, bar)
            with bar("writing the report", 1) as advance:
                write_report(artifact, recipe)
                advance()
    return artifact


def check(recipe: Recipe) -> list[ProblemSet]:
    """Everything of a recipe that can be wrong and be found without a model.

    Returns:
        the benchmark and its twin.

    Raises:
        UserError: naming what is wrong.
    """
    for plan in (recipe.data, recipe.fresh):
        parse_steps(plan.steps, family(plan.family).tiers, "recipe: steps =")
    for name in (recipe.score.template, recipe.train.get("template", prompts.AUTO)):
        if name not in (prompts.AUTO, *prompts.TEMPLATES):
            raise UserError(
                f"recipe: no template named {name!r}: choose auto or one of "
                f"{', '.join(prompts.TEMPLATES)}"
            )
    for arm in recipe.arms:
        reward(arm.reward)
        for seed in recipe.seeds:
            recipe.arm_config(arm, seed)
    checkpoint_folder(recipe.checkpoint)
    sets = [problem_set(name) for name in (recipe.benchmark, recipe.twin) if name is not None]
    names = [problems.name for problems in sets]
    if FRESH in names or len(set(names)) < len(names):
        raise UserError(
            f"recipe: the benchmark and the twin need names of their own, and not {FRESH!r}: "
            f"they are called {' and '.join(names)} (write name=path to choose)"
        )
    for problems in sets:
        if not len(problems):
            raise UserError(f"{problems.name}: holds no problem")
        problems.require_answers()
    return sets


def write_report(artifact: Artifact, recipe: Recipe) -> None:
    """The report's files from the stored rows, and the final manifest."""
    report = build_report(artifact.folder, recipe)
    artifact.write_file("report.json", canonical(report.to_json()))
    artifact.write_file("index.html", reports.render(report).encode())
    artifact.write_file("table.md", table.markdown(report).encode())
    artifact.write("table/00000", table.to_table(report))
    artifact.finish({"arms": [arm.name for arm in report.arms]})


def _data(plan: Fresh, out: Path, bar: Bar) -> ProblemSet:
    text = "clean-bench run: training data"
    return _generate(plan, out, bar, "drawing the training set", "train", {"seed": text}, seed=text)


def _fresh(plan: Fresh, subjects: list[Subject], out: Path, bar: Bar) -> ProblemSet:
    hashes = [subject.weights for subject in subjects]
    origin = {"bind": sorted(set(hashes))}
    return _generate(plan, out, bar, "drawing the fresh set", "eval", origin, bind=hashes)


def _generate(
    plan: Fresh, out: Path, bar: Bar, what: str, split: str, origin: dict[str, Any], **seed: Any
) -> ProblemSet:
    with bar(what, plan.count) as advance:
        generate(
            plan.family,
            parse_steps(plan.steps, family(plan.family).tiers),
            plan.count,
            master=master_seed(**seed),
            origin=origin,
            out=out,
            split=split,
            progress=advance,
        )
    return load_folder(out)


def _train(recipe: Recipe, data: ProblemSet, out: Path, bar: Bar) -> Iterator[Subject]:
    for seed in recipe.seeds:
        for arm in recipe.arms:
            label = f"{arm.name}-{seed}"
            config, folder = recipe.arm_config(arm, seed), out / "arms" / label
            if not Artifact.is_finished(folder):
                with bar(f"training on {arm.name}, seed {seed}", config.steps) as advance:
                    train_arm(
                        recipe.checkpoint,
                        data,
                        config,
                        folder,
                        engine=EngineChoice(TRANSFORMERS),
                        progress=_told(advance),
                    )
            trained = Artifact.load(folder, "training")
            yield Subject(label, folder / "checkpoint", trained.metadata["weights_sha256"])


def _told(advance: Callable[..., None]) -> Callable[[int, Mapping[str, float]], None]:
    """Training's progress on a bar."""
    move = up_to(advance)
    return lambda step, metrics: move(step, f"reward {metrics['reward']:.2f}")


def _score(subject: Subject, sets: list[ProblemSet], recipe: Recipe, out: Path, bar: Bar) -> None:
    if Artifact.is_finished(out):
        return
    plan = recipe.score
    config = ScoreConfig(
        (plan.template,), plan.samples, plan.temperature, plan.max_tokens, plan.seed
    )
    with bar(f"scoring {subject.label}", requests_of(sets, config)) as advance:
        engine = TransformersEngine.load(subject.folder)
        score(
            engine,
            engine.tokenizer,
            sets,
            out,
            config,
            checkpoint=_named(subject),
            progress=advance,
        )


def _probe(subject: Subject, sets: list[ProblemSet], recipe: Recipe, out: Path, bar: Bar) -> None:
    if Artifact.is_finished(out):
        return
    with bar(f"probing {subject.label}", rows_of(sets, recipe.prefixes)) as advance:
        probe(
            TransformersEngine.load(subject.folder),
            sets,
            out,
            fractions=tuple(recipe.prefixes),
            checkpoint=_named(subject),
            progress=advance,
        )


def _named(subject: Subject) -> dict[str, str]:
    return {"name": subject.label, "weights_sha256": subject.weights}

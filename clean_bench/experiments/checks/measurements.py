"""Check scores, probes and behaviors of a run against the recipe, its sets and each other.

Every checkpoint of a model is measured alike. So apart from its weights, the configuration of a part is
the one that the recipe and the base give, key by key. What the recipe does not decide (the template
behind `auto`, the machine) is that of the base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME, sha256_of_file
from clean_bench.behaviors.run import identity
from clean_bench.experiments.checks.checkpoint_files import file_hashes
from clean_bench.experiments.checks.compared import compare, shown
from clean_bench.experiments.plan import Subject, subjects_of, temperature_key
from clean_bench.experiments.recipe import Recipe
from clean_bench.experiments.results import has_behaviors
from clean_bench.probing.items import checked_fractions
from clean_bench.probing.run import SHARD, null_names
from clean_bench.probing.tests import DEFAULT
from clean_bench.problems import ProblemSet, describe_sets
from clean_bench.prompts import AUTO
from clean_bench.samples import TABLE
from clean_bench.scoring.config import RESOLVED

_OF_MODEL = (
    *("context_length", "model", "attention"),
    *("runner", "block_size", "kv_blocks", "max_num_batched_tokens"),
)
"""Entries of an engine's description that follow from the checkpoint that it runs."""
_OF_RECIPE = ("engine", "batch_size", "dtype")
"""Entries that the recipe sets, unless it leaves the choice to the machine."""
Prompts = dict[tuple[str, str, str], str]


def check_measurements(
    artifact: Artifact,
    recipe: Recipe,
    subjects: Sequence[Subject],
    weights: Mapping[str, str],
    sets: Sequence[ProblemSet],
) -> Iterator[Failure]:
    """Scores and probe of every checkpoint, all made alike and on the sets of this run."""
    folder, described = artifact.folder, describe_sets(sets)
    prompts: dict[str, Prompts] = {}
    for subject in subjects:
        base = Artifact.load(folder / Subject(subject.model).key("scores"), "scores")
        where = subject.key("scores")
        part = Artifact.load(folder / where, "scores")
        own: dict[str, Any] = {"weights_sha256": weights[subject.name], "sets": described}
        settings = {
            **recipe.score.model_dump(mode="json", exclude=set(RESOLVED)),
            **{name: base.config[name] for name in RESOLVED if name in base.config},
            **own,
            **file_hashes(artifact, part, subject),
        }
        yield from compare(part, where, "made", settings, free=["engine"])
        yield from _check_engine(part, where, base, recipe, trained=bool(subject.training_key))
        yield from _check_name(part, where, subject)
        yield from _check_columns(part, where, base)
        if subject.arm is None:
            yield from _check_templates(part, where, recipe)
        yield from _check_prompts(part, where, prompts.setdefault(subject.model.name, {}))
        if subject.arm is None:
            for temperature in recipe.further_temperatures():
                key = temperature_key(subject.model, temperature)
                further = Artifact.load(folder / key, "scores")
                hashes = file_hashes(artifact, further, subject)
                at = {**settings, "temperature": temperature, **hashes}
                yield from compare(further, key, "made", at, free=["engine"])
                yield from _check_engine(further, key, base, recipe, trained=True)
                yield from _check_name(further, key, subject)
                yield from _check_columns(further, key, base)
                yield from _check_prompts(further, key, prompts[subject.model.name])
        where = subject.key("probe")
        probe = Artifact.load(folder / where, "probe")
        of_probe = {
            **own,
            **file_hashes(artifact, probe, subject),
            "fractions": checked_fractions(recipe.probe.prefixes),
            "protocol": "clean",
            "tests": list(DEFAULT),
            "nulls": null_names(sets, ()),
            "control": None,
            "power": None,
            "corpus_searched": False,
            "variants": [],
            "paraphrases": [],
            "lookup_sha256": None,
            "batch": SHARD,
        }
        yield from compare(probe, where, "made", of_probe, free=["engine", "notices"])
        yield from _check_engine(probe, where, base, recipe, trained=bool(subject.training_key))
        yield from _check_name(probe, where, subject)


def _check_engine(
    part: Artifact, where: str, base: Artifact, recipe: Recipe, *, trained: bool
) -> Iterator[Failure]:
    """The engine against the recipe, and against that of the base's scores.

    Args:
        trained: whether the checkpoint was trained from the base, so that its model is built alike.
    """
    engine, of_base = part.config["engine"], base.config["engine"]
    free = () if trained else _OF_MODEL
    mine, other = ({k: v for k, v in e.items() if k not in free} for e in (engine, of_base))
    if mine != other:
        names = sorted(k for k in {*mine, *other} if mine.get(k) != other.get(k))
        got, wanted = (shown({k: e.get(k) for k in names}) for e in (mine, other))
        yield Failure(where, f"was made with the engine {got}, the base with {wanted}")
    for name in _OF_RECIPE:
        setting = getattr(recipe.engine, name)
        if setting != AUTO and name in engine and engine[name] != setting:
            yield Failure(
                where, f"was made with the engine's {name} {engine[name]}, the recipe has {setting}"
            )


def _check_name(part: Artifact, where: str, subject: Subject) -> Iterator[Failure]:
    stored = part.manifest["provenance"].get("checkpoint")
    if stored != subject.name:
        yield Failure(where, f"is named after the checkpoint {stored}, expected {subject.name}")


def _check_columns(part: Artifact, where: str, base: Artifact) -> Iterator[Failure]:
    """Scores with one grade beside a base with two, or the reverse: their headlines differ."""
    mine, other = (
        {name for shard in scores.shards(TABLE) for name in pq.read_schema(shard).names}
        for scores in (part, base)
    )
    if mine != other:
        name = min(mine ^ other)
        has, lacks = ("it", "the base") if name in mine else ("the base", "it")
        yield Failure(where, f"has other columns than the base: {has} has {name}, {lacks} lacks it")


def _check_templates(part: Artifact, where: str, recipe: Recipe) -> Iterator[Failure]:
    """The templates of a base: those of the recipe, where it names them."""
    stored, named = part.config["templates"], recipe.score.templates
    fitting = len(stored) == len(named) and all(
        of_recipe in (AUTO, template) for template, of_recipe in zip(stored, named, strict=False)
    )
    if not fitting:
        yield Failure(
            where, f"has the templates {', '.join(stored)}, the recipe {', '.join(named)}"
        )
    defined = recipe.score.model_dump(mode="json")["definitions"]
    resolved = part.config.get("definitions", {})
    # The base's tokenizer adds the special tokens of a definition.
    free = {"special_tokens"}
    for name in sorted({*defined, *resolved}):
        of_recipe, template = defined.get(name), resolved.get(name)
        if of_recipe is None or template is None:
            same = name in stored and of_recipe is None and name not in named
        else:
            same = {k: v for k, v in of_recipe.items() if k not in free} == {
                k: v for k, v in template.items() if k not in free
            }
        if not same:
            yield Failure(where, f"has another definition of the template {name} than the recipe")


def _check_prompts(part: Artifact, where: str, first: Prompts) -> Iterator[Failure]:
    """Every prompt of a problem and a template is that of the first scores of the model.

    The check of the kind recomputes the prompts from the problems, except where that needs a package
    that is not installed.
    """
    for table in part.tables(TABLE, ("set", "template", "problem_id", "prompt")):
        for row in table.to_pylist():
            key = row["set"], row["template"], row["problem_id"]
            if first.setdefault(key, row["prompt"]) != row["prompt"]:
                yield Failure(
                    f"{where}/{TABLE} ({row['set']}/{row['problem_id']})",
                    "has another prompt than in the scores of the base",
                )
                return


def check_completions(artifact: Artifact, recipe: Recipe) -> Iterator[Failure]:
    """Scores of the files, or copies of the folders, that the run was begun with, made alike."""
    for subject in subjects_of(recipe):
        key = subject.key("scores")
        part = Artifact.load(artifact.folder / key, "scores")
        of_files = [entry["sha256"] for entry in part.config.get("files", ())]
        of_copy = [sha256_of_file(part.folder / NAME)]
        if artifact.config["completions"][subject.name] not in (of_files, of_copy):
            yield Failure(key, "was not made of the completions that the run was begun with")
        if artifact.config["completions"][subject.name] == of_files:
            expected = {"grader": recipe.score.grader, "columns": recipe.read.columns}
            for name, value in expected.items():
                if part.config[name] != value:
                    got = shown(part.config[name])
                    yield Failure(
                        key,
                        f"was not made as the run says: {name} is {got}, expected {shown(value)}",
                    )


def check_behaviors_of_run(artifact: Artifact, subjects: Sequence[Subject]) -> Iterator[Failure]:
    """Behaviors of the scores of this run; what follows from these is checked by their own kind."""
    folder = artifact.folder
    for subject in subjects:
        if has_behaviors(folder, subject):
            key = subject.key("behaviors")
            part = Artifact.load(folder / key, "behaviors")
            inputs = {
                "before": identity(Artifact.load(folder / Subject(subject.model).key("scores"))),
                "after": identity(Artifact.load(folder / subject.key("scores"))),
                "with": None,
            }
            yield from compare(part, key, "made", inputs)

"""Forge artifacts: rewrite rows, recompute what follows from them, and seal the manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from click.testing import CliRunner, Result
from transformers import AutoTokenizer

from clean_bench.artifacts import Artifact
from clean_bench.cli.verify import command
from clean_bench.grading import grade
from clean_bench.probing.conclude import write_derived
from clean_bench.probing.cut import cut
from clean_bench.probing.rows import STATISTICS, Value, values_table
from clean_bench.probing.run import material_of
from clean_bench.probing.suffix_match import compare_suffix, grade_of
from clean_bench.probing.tests import TESTS
from clean_bench.problems import ProblemSet, stored_sets
from clean_bench.samples import (
    SCHEMA,
    SCORES_SCHEMA,
    Sample,
    read_samples,
    samples_table,
    with_grades,
)
from clean_bench.scoring.summary import needed, summarize
from trainers.config import stored_config
from trainers.metrics import batch_metrics
from trainers.prompt_order import pick
from trainers.results import training_results
from trainers.rollouts import make_groups, reward_rollouts

Edit = Callable[[Sample], Sample]


def verify(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(command, [str(folder), *options])


def verify_json(folder: Path, *options: str) -> dict[str, Any]:
    return dict(json.loads(verify(folder, "--json", *options).stdout))


def copy_of(artifact: Artifact, folder: Path) -> Artifact:
    return Artifact.load(shutil.copytree(artifact.folder, folder))


def seal(artifact: Artifact, metadata: dict[str, Any]) -> None:
    volatile = [name for name, t in artifact.manifest["tables"].items() if t["volatile"]]
    artifact.finish(metadata, volatile=volatile)


def retold(sample: Sample, text: str, tokenizer: Any, logprob: float = -0.01) -> Sample:
    """The sample with an invented response, the tokens of that text and likely log-probabilities."""
    ids = [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    return replace(
        sample, response=text, token_ids=ids, logprobs=[logprob] * len(ids), finish="stop"
    )


def forge_scores(artifact: Artifact, edit: Edit) -> None:
    """Edit every sample, grade it again, and let the results follow."""
    tables = []
    for number, table in enumerate(list(artifact.tables("samples"))):
        graded = _graded([edit(sample) for sample in read_samples(table)], flexible=True)
        tables.append(samples_table(graded, SCORES_SCHEMA))
        artifact.write(f"samples/{number:05d}", tables[-1])
    name = artifact.manifest["provenance"]["checkpoint"]
    kept = pa.concat_tables([needed(table) for table in tables])
    results, counts = summarize(kept, artifact.config, name)
    results.write(artifact)
    seal(artifact, {"counts": counts})


def forge_probe(
    artifact: Artifact,
    edit: Callable[[Sample, str], Sample],
    invented: dict[str, float] | None = None,
) -> None:
    """Edit every sample by its true suffix, and let matches and results follow.

    Args:
        invented: values in place of the stored ones, by statistic.
    """
    sets = [ProblemSet(name, problems) for name, problems in stored_sets(artifact).items()]
    texts = {(s.name, problem.id): problem for s in sets for problem in s}
    material = material_of(sets, artifact.config["fractions"], artifact.config["protocol"], ())
    values = {
        (row["set"], row["problem_id"], row["test"], row["prefix"], row["statistic"]): row["value"]
        for row in artifact.rows(STATISTICS)
    }
    rows, samples = artifact.rows("probes"), []
    stored = [s for table in artifact.tables("samples") for s in read_samples(table)]
    for fields, sample in zip([r for r in rows if r["reason"] is None], stored, strict=True):
        problem, fraction = texts[sample.set, sample.problem_id], fields["fraction"]
        suffix = cut(problem.problem, fraction).suffix
        edited = edit(sample, suffix)
        match = compare_suffix(edited.response, suffix, ended=edited.finish == "stop")
        graded = grade_of(match, edited.response)
        samples.append(replace(edited, grade=graded.kind, extracted=graded.extracted))
        own = samples[-1:]
        recomputed = TESTS["reconstruction"].recompute(sample.set, problem, fraction, own, material)
        values |= {tuple(value)[:5]: value.value for value in recomputed}
    for key in values:
        values[key] = (invented or {}).get(key[4], values[key])
    artifact.write("samples/00000", samples_table(samples))
    table = values_table(Value(*key, value) for key, value in values.items())
    artifact.write(f"{STATISTICS}/00000", table)
    seal(artifact, {"counts": write_derived(artifact).counts})


def forge_training(artifact: Artifact, problems: Any, edit: Edit, **added: float) -> None:
    """Edit every rollout of step 0, and let grades, rewards, metrics and results follow.

    Args:
        added: what is added to metrics of all updates.
    """
    config = stored_config(artifact)
    stored = next(iter(artifact.tables("rollouts")))
    graded = _graded([edit(s) for s in read_samples(stored.select(SCHEMA.names))], flexible=False)
    groups = make_groups(pick(problems.problems, config, 0), graded, config, 0)
    table = reward_rollouts(groups, config).table(0)
    artifact.write("rollouts/00000", table)
    [row] = artifact.rows("metrics")
    row |= batch_metrics(table, config.reward)
    updates = artifact.rows("updates")
    for name, more in added.items():
        for changed in (row, *updates):
            changed[name] += more
    artifact.write("updates/00000", pa.Table.from_pylist(updates))
    artifact.write("metrics/00000", pa.Table.from_pylist([row]))
    training_results(artifact, artifact.metadata).write(artifact)
    seal(artifact, artifact.metadata)


def _graded(samples: list[Sample], *, flexible: bool) -> list[Sample]:
    """Samples with the strict grade as the headline, and the flexible one beside it in a score."""
    grades = grade([(sample.gold, sample.response) for sample in samples])
    rows = [
        with_grades(sample, g.strict, g if flexible else g.strict)
        for sample, g in zip(samples, grades, strict=True)
    ]
    return rows if flexible else [replace(row, grade_flexible=None) for row in rows]


def tokenizer_of(folder: Path) -> Any:
    return AutoTokenizer.from_pretrained(str(folder))

"""Check a `labels` artifact: grades from the stored text, labels from the samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from clean_bench import prompts
from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.grading import UNDECIDED, Grade
from clean_bench.problems import SCHEMA as PROBLEMS_SCHEMA
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import Problem, check_stored_sets, stored_sets
from clean_bench.prompts.stored_chat import KEY as CHAT
from clean_bench.prompts.stored_chat import with_chat
from clean_bench.regrading import Regrading
from clean_bench.results import SCHEMA as RESULTS_SCHEMA
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import check_results
from clean_bench.sample_lengths import length_columns, wrong_length
from clean_bench.samples import FINISHES, SAMPLE, SCHEMA, TABLE, Sample, has_tokens, read_samples
from trainers.labels.config import LabelConfig
from trainers.labels.label import SCHEMA as LABELS_SCHEMA
from trainers.labels.label import TABLE as LABELS
from trainers.labels.label import Label, stored_labels
from trainers.labels.run import count_labels, label_results, label_seed
from trainers.prompt_checks import other_prompts

LAYOUT = Layout(
    {TABLE: SCHEMA, PROBLEMS: PROBLEMS_SCHEMA, LABELS: LABELS_SCHEMA, RESULTS: RESULTS_SCHEMA},
    frozenset({RESULTS}),
    metadata=frozenset({"counts", CHAT}),
    provenance=frozenset({"checkpoint", "revision", "base"}),
)
_MOST = 100
"""Failures of one kind that are listed."""


def check_labels(artifact: Artifact) -> Iterator[Failure]:
    """Edited or missing samples, and labels, counts and results that do not follow from them.

    Whether a label is right is not compared where the grader did not decide, then or now.
    """
    yield from check_layout(artifact, LAYOUT)
    yield from check_stored_sets(artifact)
    config = LabelConfig.model_validate({k: artifact.config[k] for k in LabelConfig.model_fields})
    [(name, problems)] = stored_sets(artifact).items()
    keys = [(problem, index) for problem in problems for index in range(config.samples)]
    rows = sum(table.num_rows for table in artifact.tables(TABLE, ["index"]))
    if rows != len(keys):
        yield Failure(TABLE, f"has {rows} rows, expected {len(keys)}")
        return  # labels that were counted from other samples would mean nothing
    template = with_chat(prompts.template_named(config.template), artifact.metadata)
    regrading = Regrading.of(artifact, "clean-bench")
    tokens, context = has_tokens(artifact.config), artifact.config["engine"].get("context_length")
    number, texts = 0, []
    for table in artifact.tables(TABLE):
        of_shard = keys[number : number + table.num_rows]
        samples = list(read_samples(table))
        pairs = [(sample.gold, sample.response) for sample in samples]
        graded = regrading.grades(pairs, [sample.grade for sample in samples])
        lengths = length_columns(table)
        parts = zip(samples, of_shard, graded, lengths, strict=True)
        for sample, (problem, index), (grade, complaint), length in parts:
            where = f"{TABLE} row {number}"
            what = (
                _misplaced(sample, name, problem, index, config)
                or complaint
                or _other_grade(sample, grade.strict)
                or (tokens and wrong_length(length, sample.finish, config.max_tokens, context))
            )
            if what:
                yield Failure(where, what)
            if index == 0 and not what:
                texts.append((where, problem.problem, sample.prompt))
            number += 1
    yield from islice(other_prompts(texts, template), _MOST)
    yield from _check_counts(artifact, problems, config)


def _misplaced(sample: Sample, name: str, problem: Problem, index: int, config: LabelConfig) -> str:
    key = (sample.set, sample.problem_id, sample.template, sample.mode, sample.index)
    expected = (name, problem.id, config.template, SAMPLE, index)
    if key != expected:
        return f"is of {', '.join(map(str, key))}, expected {', '.join(map(str, expected))}"
    if sample.gold != problem.answer:
        return f"has the gold answer {sample.gold!r}, and its problem {problem.answer!r}"
    if sample.seed != label_seed(config, name, problem.id, index):
        return f"has the seed {sample.seed}, which is not that of its place"
    if sample.finish not in FINISHES:
        return f"ended by {sample.finish!r}, expected one of {', '.join(FINISHES)}"
    return ""


def _other_grade(sample: Sample, again: Grade) -> str:
    stored = (sample.grade, sample.extracted, sample.extraction)
    kind = sample.grade if {sample.grade, again.kind} & UNDECIDED else again.kind
    expected = (kind, again.extracted, again.extraction)
    return "" if stored == expected else f"is graded {stored}, the text gives {expected}"


def _check_counts(
    artifact: Artifact, problems: list[Problem], config: LabelConfig
) -> Iterator[Failure]:
    """Labels, counts and results, recomputed from the samples."""
    stored = stored_labels(artifact)
    if stored is None:
        yield Failure(LABELS, "is missing")
        return
    counted = count_labels(artifact, problems, config.samples)
    if len(stored) != len(counted):
        yield Failure(LABELS, f"has {len(stored)} problems, expected {len(counted)}")
        return
    for before, again in zip(stored, counted, strict=True):
        if _facts(before) != _facts(again) or (
            None not in (before.right, again.right) and before.right != again.right
        ):
            yield Failure(f"{LABELS} {before.problem_id}", f"is {before}, the samples give {again}")
            return
    if artifact.metadata["counts"] != stored.counts():
        yield Failure("manifest.json counts", "do not follow from the labels")
    name = artifact.manifest["provenance"]["checkpoint"]
    yield from check_results(artifact, label_results(artifact, stored, name))


def _facts(label: Label) -> Mapping[str, object]:
    """What does not depend on the speed of a machine."""
    names = [field.name for field in LABELS_SCHEMA if field.name != "right"]
    return {name: getattr(label, name) for name in names}

"""Check the labels that a training run was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clean_bench.artifacts import Artifact, Failure
from clean_bench.problems import Problem
from trainers.labels.label import TABLE, stored_labels
from trainers.labels.verdicts import verdicts

CONFIG_KEY = "labels_sha256"
"""The hash of the labels in the configuration of a training run; absent without labels."""


def check_given_labels(
    artifact: Artifact, problems: Mapping[str, Problem], only_wrong: bool
) -> Iterator[Failure]:
    """Labels that are not those of the configuration, or have another verdict than our grader gives.

    Args:
        problems: the problems that trained, by id.
        only_wrong: whether only problems with a wrong label take part.
    """
    labels = stored_labels(artifact)
    expected = artifact.config.get(CONFIG_KEY)
    if (None if labels is None else labels.sha256) != expected:
        yield Failure(TABLE, "are not the labels that the configuration names")
        return
    if labels is None:
        return
    known = [label for label in labels if label.problem_id in problems]
    again = verdicts([(problems[label.problem_id].answer or "", label.answer) for label in known])
    for label, right in zip(known, again, strict=True):
        # A comparison has a time limit, so it may be undecided on one machine alone.
        if None not in (label.right, right) and label.right != right:
            yield Failure(f"{TABLE} {label.problem_id}", f"right is {label.right}, not {right}")
    if only_wrong:
        for problem_id in problems:
            label_of = labels.of(problem_id)
            if label_of is None or label_of.right is not False:
                yield Failure(f"{TABLE} {problem_id}", "trains, and its label is not wrong")

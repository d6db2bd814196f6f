"""Labels: answers that stand in for the gold answers under the rewards `majority` and `incorrect`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import content_sha256

TABLE = "labels"


@dataclass(frozen=True, slots=True)
class Label:
    """The label of one problem.

    `answer` is None where there is none: no sample had an answer, or the row of a file is empty. Then
    the problem has no label, and its rewards by label are unscorable. `votes` are the samples with that
    answer, `empty` those without an answer, of `samples`; all three are None for labels from a file.
    `right` is whether our grader finds the label equal to the gold answer; None where it was undecided,
    or there is no label.
    """

    problem_id: str
    answer: str | None
    right: bool | None = None
    votes: int | None = None
    empty: int | None = None
    samples: int | None = None


SCHEMA = pa.schema(
    [
        ("problem_id", pa.string()),
        ("answer", pa.string()),
        ("right", pa.bool_()),
        ("votes", pa.int32()),
        ("empty", pa.int32()),
        ("samples", pa.int32()),
    ]
)


class Labels:
    """The labels of a training set by the id of the problem."""

    def __init__(self, labels: Iterable[Label]) -> None:
        self._labels: Mapping[str, Label] = {label.problem_id: label for label in labels}

    def __len__(self) -> int:
        return len(self._labels)

    def __iter__(self) -> Iterator[Label]:
        return iter(self._labels.values())

    def of(self, problem_id: str) -> Label | None:
        """The label of a problem; None for one that the labels do not have."""
        return self._labels.get(problem_id)

    @cached_property
    def sha256(self) -> str:
        """The hash of the labels in their order."""
        return content_sha256([self.table()])

    @property
    def right(self) -> int:
        """Labels that our grader finds equal to the gold answer."""
        return sum(label.right is True for label in self)

    @property
    def wrong(self) -> int:
        """Labels that our grader finds different from the gold answer."""
        return sum(label.right is False for label in self)

    @property
    def missing(self) -> int:
        """Problems without a label: their row has no answer."""
        return sum(label.answer is None for label in self)

    @property
    def undecided(self) -> int:
        """Labels that the grader could neither call right nor wrong."""
        return len(self) - self.right - self.wrong - self.missing

    @property
    def share_right(self) -> float | None:
        """The share of right ones among the labels that the grader decided; None without any."""
        decided = self.right + self.wrong
        return self.right / decided if decided else None

    def counts(self) -> dict[str, int | float | None]:
        """The numbers above, for metadata."""
        names = ("right", "wrong", "undecided", "missing", "share_right")
        return {"labels": len(self), **{name: getattr(self, name) for name in names}}

    def summary(self) -> str:
        """The numbers above as a sentence."""
        share = "" if self.share_right is None else f" ({self.share_right:.1%} of those decided)"
        parts = [f"{self.right} right{share}", f"{self.wrong} wrong"]
        parts += [f"{self.undecided} undecided"] if self.undecided else []
        parts += [f"{self.missing} without a label"] if self.missing else []
        return f"{len(self)} problems: {', '.join(parts)}"

    def table(self) -> pa.Table:
        """The labels as rows of `SCHEMA`."""
        names = [field.name for field in fields(Label)]
        return pa.table({name: [getattr(label, name) for label in self] for name in names}, SCHEMA)

    @staticmethod
    def from_table(table: pa.Table) -> Labels:
        """The labels of a stored table."""
        return Labels(Label(**row) for row in table.select(SCHEMA.names).to_pylist())


def stored_labels(artifact: Artifact) -> Labels | None:
    """The labels in an artifact, None in one that has none."""
    if not artifact.shards(TABLE):
        return None
    return Labels.from_table(pa.concat_tables(artifact.tables(TABLE)))

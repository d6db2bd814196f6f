"""Read labels: a folder of `clean-bench label`, or a file with a label per problem.

    load_labels("labels", problems)                                  # a folder
    load_labels("labels.jsonl", problems)                            # columns id or problem, and label
    load_labels("labels.parquet:answer=mv_label,problem=prompt", problems)

Every label is graded against the gold answer of the training set, whatever the source says about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.grading import gold_text
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import Problem, from_rows
from clean_bench.problems.files import check_file, read_rows
from clean_bench.problems.problem import text_fault
from clean_bench.problems.set_names import exists, split_columns
from clean_bench.text.normalize import normalize_spaces
from trainers.labels.label import Label, Labels, stored_labels
from trainers.labels.verdicts import verdicts

KIND = "labels"
"""The kind of the artifact that `clean-bench label` writes."""
_RECOGNIZED: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "problem_id", "unique_id"),
    "problem": ("problem", "question", "prompt"),
    "answer": ("label", "majority_answer", "majority", "answer"),
}


def load_labels(path: str, problems: Sequence[Problem]) -> Labels:
    """The labels of a training set, in the order of its problems.

    A problem that the source does not name has no entry. A row of a file is joined by the problem's
    text where it has one, else by its id; rows of other problems are left out.

    Args:
        path: a folder of `clean-bench label`, or a file (JSON lines, JSON, CSV, TSV or Parquet, gzipped
            or not). After a colon, names of columns: `FILE:answer=COLUMN,id=COLUMN,problem=COLUMN`.
        problems: with gold answers.

    Raises:
        UserError: naming the file and the row, if there is no such file or folder, a column is missing,
            a label is no text or number, a problem has two labels, or no row is of the training set.
    """
    name, columns = (path, {}) if exists(path) else split_columns(path)
    source = Path(name).expanduser()
    if not source.exists():
        raise UserError(
            f"--labels {name}: no such file or folder; clean-bench label CHECKPOINT --data SET "
            "--out DIR makes one"
        )
    if source.is_dir():
        if columns:
            raise UserError(f"--labels {path}: the columns of a folder are known; leave them out")
        entries = _of_folder(source, problems)
    else:
        entries = _of_file(source, columns, problems)
    if not entries:
        raise UserError(
            f"--labels {name}: expected labels of the training set, got none of its "
            f"{len(problems)} problems"
        )
    return _graded(entries, problems)


def _graded(entries: Mapping[str, Label], problems: Sequence[Problem]) -> Labels:
    """The labels in the order of the problems, with our grader's verdict."""
    known = [problem for problem in problems if problem.id in entries]
    right = verdicts([(problem.answer or "", entries[problem.id].answer) for problem in known])
    return Labels(
        Label(problem.id, label.answer, verdict, label.votes, label.empty, label.samples)
        for problem, verdict in zip(known, right, strict=True)
        for label in [entries[problem.id]]
    )


def _of_folder(folder: Path, problems: Sequence[Problem]) -> dict[str, Label]:
    artifact = Artifact.load(folder, KIND)
    labels = stored_labels(artifact) or Labels(())
    texts = {problem.id: problem.problem for problem in from_rows(artifact.rows(PROBLEMS))}
    entries: dict[str, Label] = {}
    for problem in problems:
        label = labels.of(problem.id)
        if label is None:
            continue
        if texts.get(problem.id) != problem.problem:
            raise UserError(
                f"--labels {folder}: problem {problem.id} has another text than in the training set; "
                "label the set that is trained on"
            )
        entries[problem.id] = label
    return entries


def _of_file(
    path: Path, columns: Mapping[str, str], problems: Sequence[Problem]
) -> dict[str, Label]:
    check_file(path)
    for field in columns:
        if field not in _RECOGNIZED:
            raise UserError(
                f"--labels {path}: expected columns of {', '.join(_RECOGNIZED)}, got {field}; leave it "
                "out"
            )
    by_id = {problem.id: problem for problem in problems}
    by_text = {normalize_spaces(problem.problem): problem for problem in problems}
    entries: dict[str, Label] = {}
    for where, row in _rows(path):
        answer = _text(row, "answer", columns, where)
        text, known = (_text(row, field, columns, where) for field in ("problem", "id"))
        if text is None and known is None:
            raise UserError(
                f"{where}: expected the problem ({', '.join(_RECOGNIZED['problem'])}) or its id "
                f"({', '.join(_RECOGNIZED['id'])}), got {_listed(row)}; name the column as --labels "
                "FILE:problem=COLUMN"
            )
        problem = by_id.get(known or "") if text is None else by_text.get(normalize_spaces(text))
        if problem is None:
            continue
        label = Label(problem.id, answer.strip() or None if answer is not None else None)
        if entries.setdefault(problem.id, label) != label:
            raise UserError(
                f"{where}: problem {problem.id} has the label {label.answer!r:.40}, and "
                f"{entries[problem.id].answer!r:.40} in an earlier row; leave one out"
            )
    return entries


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    for number, row in read_rows(path):
        where = f"{path}:{number}"
        if not isinstance(row, Mapping):
            raise UserError(f"{where}: expected an object with columns, got {type(row).__name__}")
        yield where, row


def _text(
    row: Mapping[str, object], field: str, columns: Mapping[str, str], where: str
) -> str | None:
    """The text of a field; None where its column is null, or the row has none for another field.

    Raises:
        UserError: if the label's column is missing, or a value is no text or number.
    """
    names = (columns[field],) if field in columns else _RECOGNIZED[field]
    name = next((name for name in names if name in row), None)
    if name is None:
        if field == "answer" or field in columns:
            raise UserError(
                f"{where}: expected a column {' or '.join(names)}, got {_listed(row)}; name the column "
                f"as --labels FILE:{field}=COLUMN"
            )
        return None
    value = row[name]
    if value is None:
        return None
    text = gold_text(value) if isinstance(value, str | int | float) else None
    fault = f"expected text or a number, got {value!r:.40}" if text is None else text_fault(text)
    if fault is not None:
        raise UserError(f"{where}: {name}: {fault}")
    return text


def _listed(row: Mapping[str, object]) -> str:
    return ", ".join(list(map(str, row))[:20]) or "none"

"""Public twins: problems of named files that have the numbers and the answer of an item.

The signature of a problem is the multiset of all numerals in its text, with its answer. An item and a
problem of the same signature may be the same computation in other words. A shared run of words would
find fragments of formulas that every textbook has, and bend the draw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import check_regular, sha256_of_regular
from clean_bench.problems import Problem, ProblemSet, files, load_folder
from clean_bench.text.hash_index import hash64

LEAST_NUMERALS = 2
_NUMERAL = re.compile(r"\d+(?:\.\d+)?")


def signature(problem: str, answer: str) -> int | None:
    """A 64-bit hash of the numerals of a text and of the answer; None with fewer than two numerals."""
    numerals = sorted(_NUMERAL.findall(problem))
    if len(numerals) < LEAST_NUMERALS:
        return None
    spelled = answer.replace("dfrac", "frac").replace("tfrac", "frac")
    spelled = re.sub(r"\\left|\\right|\\[!,; ]|\s|\$", "", spelled)
    return hash64(" ".join([*numerals, "=", spelled]))


def shown_name(name: str) -> str:
    """The last part of a path, for a card: characters that are not printable are escaped."""
    path = Path(name)
    last = (path.resolve() if path.name in ("", "..") else path).name
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in last)


class TwinSearch(Protocol):
    """A search for twins. With `drops`, a group with a twin is drawn again."""

    drops: bool

    def twins(self, problems: Iterable[Problem], redraw: int = 0) -> Iterator[Mapping[str, Any]]:
        """The items of a draw of a group that have a twin."""
        ...


class TwinFiles:
    """The signatures of the problems in named files."""

    def __init__(self, names: Sequence[str], drops: bool = False) -> None:
        """Read the files.

        Args:
            names: paths of files of problems, or of problem-set folders.
            drops: draw a group with a twin again; otherwise twins are only recorded.

        Raises:
            UserError: naming the file, if it does not exist, holds no problems or one without an answer.
        """
        self.names = list(names)
        self.drops = drops
        self.signatures: list[set[int]] = []
        self._descriptions: list[dict[str, Any]] = []
        for name in names:
            problems, sha256 = _read(name)
            problems.require_answers()
            found = (signature(p.problem, p.answer or "") for p in problems)
            self.signatures.append({value for value in found if value is not None})
            self._descriptions.append(
                {"name": shown_name(name), "sha256": sha256, "problems": len(problems)}
            )

    def config(self) -> list[dict[str, Any]]:
        """The files as stored in the manifest: base name, SHA-256 of the file (of the rows, for a
        folder) and number of problems."""
        return [dict(description) for description in self._descriptions]

    def twins(self, problems: Iterable[Problem], redraw: int = 0) -> Iterator[Mapping[str, Any]]:
        """The items with a twin in a file: id, redraw of the group and index of the file."""
        for problem in problems:
            value = signature(problem.problem, problem.answer or "")
            for file, known in enumerate(self.signatures):
                if value is not None and value in known:
                    yield {"id": problem.id, "redraw": redraw, "file": file}


class RecordedTwins:
    """The recorded twins of a set, to draw it again without the files."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], files: int, drops: bool) -> None:
        """Take stored rows, of which those of an index below `files` count."""
        self.drops = drops
        self._files: dict[tuple[str, int], set[int]] = {}
        for row in rows:
            if row["file"] in range(files):
                self._files.setdefault((row["id"], row["redraw"]), set()).add(row["file"])

    def twins(self, problems: Iterable[Problem], redraw: int = 0) -> Iterator[Mapping[str, Any]]:
        """The recorded twins among these items; an item of fewer than two numerals has none."""
        for problem in problems:
            if signature(problem.problem, problem.answer or "") is not None:
                for file in sorted(self._files.get((problem.id, redraw), ())):
                    yield {"id": problem.id, "redraw": redraw, "file": file}


def _read(name: str) -> tuple[ProblemSet, str]:
    """The problems of a file or a problem-set folder, and their SHA-256."""
    path = Path(name)
    if path.is_dir():
        problems = load_folder(path)
        return problems, problems.content_sha256
    if not path.exists():
        raise UserError(f"--decontaminate {name}: no such file or folder")
    check_regular(path)
    if files.suffix_of(path) is None:
        raise UserError(
            f"--decontaminate {name}: expected problems with answers (a file {files.EXPECTED}, or a "
            "problem-set folder), got other text, in which no twin can be found"
        )
    return files.load_file(path), sha256_of_regular(path)

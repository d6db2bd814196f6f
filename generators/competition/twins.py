"""Public twins: problems of named files that have the numbers and the answer of an item.

The signature of a problem is the multiset of all numerals in its text, with its answer. An item and a
problem of the same signature may be the same computation in other words. A shared run of words would
find fragments of formulas that every textbook has, and bend the draw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import sha256_of_regular
from clean_bench.problems import Problem, load_problems
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


class TwinFiles:
    """The signatures of the problems in named files."""

    def __init__(self, names: Sequence[str]) -> None:
        """Read the files.

        Args:
            names: paths of files of problems.

        Raises:
            UserError: for a missing file, as `clean_bench.problems.load_problems`, or without answers.
        """
        self.names = list(names)
        self.signatures: list[set[int]] = []
        self.rows: list[int] = []
        for name in names:
            if not Path(name).is_file():
                raise UserError(f"--decontaminate {name}: expected a file of problems, got none")
            problems = load_problems(str(Path(name).absolute()))
            problems.require_answers()
            found = (signature(p.problem, p.answer or "") for p in problems)
            self.signatures.append({value for value in found if value is not None})
            self.rows.append(len(problems))

    def config(self) -> list[dict[str, Any]]:
        """The files as stored in the manifest: hash and number of problems."""
        return [
            {"sha256": sha256_of_regular(Path(name)), "problems": rows}
            for name, rows in zip(self.names, self.rows, strict=True)
        ]

    def twins(self, problems: Iterable[Problem]) -> Iterator[Mapping[str, Any]]:
        """The items with a twin in a file: id and index of the file."""
        for problem in problems:
            value = signature(problem.problem, problem.answer or "")
            for file, known in enumerate(self.signatures):
                if value is not None and value in known:
                    yield {"id": problem.id, "file": file}

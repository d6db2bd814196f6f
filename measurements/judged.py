"""Agreement of the graders with judgements made by hand on real completions.

    python measurements/judged.py FILE.jsonl

FILE holds the 480 completions that `measurements/judgements/real_completions.jsonl` judges, with
`problem_id`, `gold`, `response` and `reference_correct`. Problems are the units: a grader agrees on a
problem if it agrees on all of its completions. The script prints and writes
`measurements/results/judged.md`: the agreement of each grader by problem, the held-out pairs at their
first run, every disagreement, and every completion where the judgement differs from the evaluation in
the file. It ends with status 1 if the grader agrees on less than 99% of the problems.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clean_bench.errors import UserError
from clean_bench.grading import Grade, grade
from clean_bench.statistics.intervals import wilson

HERE = Path(__file__).parent
JUDGEMENTS = HERE / "judgements" / "real_completions.jsonl"
RESULT = HERE / "results" / "judged.md"
MIN_SHARE = 0.99
HELD_OUT = {"clean-bench": (0, 4), "math-verify": (19, 49)}
"""False positives (of 136) and negatives (of 246) on the held-out pairs at the first run."""


@dataclass(frozen=True)
class JudgedCompletion:
    """A completion, the judgement by hand, and the evaluation that the file records."""

    line: int
    problem: int
    gold: str
    response: str
    equal: bool
    reference: bool
    reason: str


def judged_completions(file: Path, judgements: Path = JUDGEMENTS) -> list[JudgedCompletion]:
    """Every completion with its judgement; a completion without one has the gold answer in its box.

    Raises:
        UserError: if a judgement belongs to another response.
    """
    by_line = {row["line"]: row for row in _rows(judgements)}
    completions = []
    for number, row in enumerate(_rows(file), 1):
        judgement = by_line.pop(number, {"equal": True, "why": "the gold answer itself"})
        digest = hashlib.sha256(row["response"].encode()).hexdigest()
        if judgement.get("response_sha256", digest) != digest:
            raise UserError(f"{file}:{number}: not the response that was judged")
        fields = row["problem_id"], row["gold"], row["response"]
        completions.append(
            JudgedCompletion(
                number, *fields, judgement["equal"], row["reference_correct"], judgement["why"]
            )
        )
    if by_line:
        raise UserError(f"{file}: expected a line {min(by_line)}, which was judged, got none")
    return completions


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def report(completions: Sequence[JudgedCompletion]) -> tuple[str, float]:
    """The results page, and the share of problems on which the grader agrees."""
    problems = {row.problem for row in completions}
    lines = [
        "# Graders against judgements made by hand",
        "",
        f"`python measurements/judged.py FILE.jsonl`: {len(completions)} completions of "
        f"{len(problems)} MATH problems; {sum(row.equal for row in completions)} completions are judged "
        "equal to the gold answer. The problems are the units: completions of one problem share its "
        "gold answer, and a grader agrees on a problem if it agrees on all of them.",
        "",
        "| grader | agrees on problems | share, 95% interval (Wilson) | completions: false equal "
        "| completions: false different |",
        "|---|---|---|---|---|",
    ]
    details: list[str] = []
    shares: dict[str, float] = {}
    for name in ("clean-bench", "math-verify", "spurious-rewards"):
        grades = grade([(row.gold, row.response) for row in completions], grader=name)
        wrong: list[tuple[JudgedCompletion, Grade]] = [
            (row, result)
            for row, result in zip(completions, grades, strict=True)
            if result.correct != row.equal
        ]
        agreeing = len(problems) - len({row.problem for row, _ in wrong})
        share = wilson(agreeing, len(problems))
        shares[name] = share.value
        lines.append(
            f"| {name} | {agreeing} of {len(problems)} | {share.value:.1%} "
            f"({share.low:.1%} to {share.high:.1%}) "
            f"| {sum(not row.equal for row, _ in wrong)} | {sum(row.equal for row, _ in wrong)} |"
        )
        details += ["", f"## {name} against the judgement", ""]
        details += [
            f"- line {row.line} (problem {row.problem}): {result.kind}, extracted "
            f"`{result.extracted}`; judged {'equal' if row.equal else 'different'}: {row.reason}"
            for row, result in wrong
        ] or ["None."]
    lines += [
        "",
        "Few problems need more than string equality, so this list has little power. The held-out "
        "pairs (`tests/clean_bench/grading/holdout_pairs.jsonl`: 136 different and 246 equal pairs, "
        "labelled and committed before any grader ran on them) have more. At the first run:",
        "",
        "| grader | false positives, of 136 | false negatives, of 246 |",
        "|---|---|---|",
        *(
            f"| {name} | {positive} | {negative} |"
            for name, (positive, negative) in HELD_OUT.items()
        ),
    ]
    details += ["", "## The judgement against the evaluation in the file", ""]
    details += [
        f"- line {row.line} (problem {row.problem}): judged {'equal' if row.equal else 'different'}, in "
        f"the file {'correct' if row.reference else 'wrong'}: {row.reason}"
        for row in completions
        if row.equal != row.reference
    ] or ["None."]
    return "\n".join([*lines, *details, ""]), shares["clean-bench"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", type=Path, help="the completions, JSONL")
    try:
        text, share = report(judged_completions(parser.parse_args().file))
    except (OSError, UserError) as error:
        parser.error(str(error))
    RESULT.write_text(text, encoding="utf-8")
    print(text)
    return 0 if share >= MIN_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())

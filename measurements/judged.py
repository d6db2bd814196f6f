"""The grader against judgements made by hand, on real completions, with math-verify beside it.

    python measurements/judged.py FILE.jsonl

FILE holds the 480 completions that `measurements/judgements/real_completions.jsonl` judges (`gold`,
`response`, `reference_prediction`, `reference_correct`). Printed and written to
`measurements/results/judged.md`: how often each grader agrees with the judgement, every disagreement of
each, and every completion on which the judgement and the file's own verdict differ. It ends with
status 1 if the grader agrees on less than 99%.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clean_bench.errors import UserError
from clean_bench.grading import Grade, grade
from clean_bench.statistics.intervals import wilson

HERE = Path(__file__).parent
JUDGEMENTS = HERE / "judgements" / "real_completions.jsonl"
RESULT = HERE / "results" / "judged.md"
WANTED = 0.99


@dataclass(frozen=True)
class Judged:
    """A completion, the judgement by hand, and the verdict that came with it."""

    line: int
    gold: str
    response: str
    equal: bool
    reference: bool
    why: str


def judged(completions: Path, judgements: Path = JUDGEMENTS) -> list[Judged]:
    """Every completion of the file with its judgement; one that has none has the gold in its box.

    Raises:
        UserError: if a judgement belongs to another response.
    """
    by_line = {row["line"]: row for row in _lines(judgements)}
    found = []
    for number, row in enumerate(_lines(completions), 1):
        judgement = by_line.pop(number, {"equal": True, "why": "the gold answer itself"})
        digest = hashlib.sha256(row["response"].encode()).hexdigest()
        if judgement.get("response_sha256", digest) != digest:
            raise UserError(f"{completions}:{number}: not the response that was judged")
        found.append(
            Judged(
                number,
                row["gold"],
                row["response"],
                judgement["equal"],
                row["reference_correct"],
                judgement["why"],
            )
        )
    if by_line:
        raise UserError(f"{completions}: has no line {min(by_line)}, which was judged")
    return found


def _lines(file: Path) -> list[dict[str, object]] | list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def disagreements(rows: Sequence[Judged], verdicts: Sequence[Grade]) -> list[tuple[Judged, Grade]]:
    """The completions on which a grader and the judgement differ."""
    return [
        (row, verdict)
        for row, verdict in zip(rows, verdicts, strict=True)
        if verdict.correct != row.equal
    ]


def report(rows: Sequence[Judged]) -> tuple[str, float]:
    """The results page, and the grader's share of agreement."""
    lines = [
        "# The grader against judgements made by hand",
        "",
        f"`python measurements/judged.py FILE.jsonl`, {len(rows)} completions, "
        f"{sum(row.equal for row in rows)} of them judged equal to the gold answer.",
        "",
        "| grader | agrees | share, 95% interval | equal against the judgement | different against it |",
        "|---|---|---|---|---|",
    ]
    details: list[str] = []
    share = 0.0
    for name in ("clean-bench", "math-verify", "spurious-rewards"):
        verdicts = grade([(row.gold, row.response) for row in rows], grader=name)
        wrong = disagreements(rows, verdicts)
        agreement = wilson(len(rows) - len(wrong), len(rows))
        share = agreement.value if name == "clean-bench" else share
        lines.append(
            f"| {name} | {len(rows) - len(wrong)} | {agreement.value:.1%} "
            f"({agreement.low:.1%} to {agreement.high:.1%}) "
            f"| {sum(not row.equal for row, _ in wrong)} | {sum(row.equal for row, _ in wrong)} |"
        )
        details += ["", f"## {name} against the judgement", ""]
        details += [
            f"- line {row.line}: {verdict.kind}, extracted `{verdict.extracted}`; judged "
            f"{'equal' if row.equal else 'different'}: {row.why}"
            for row, verdict in wrong
        ] or ["None."]
    against = [row for row in rows if row.equal != row.reference]
    details += ["", "## The judgement against the verdict that came with the completions", ""]
    details += [
        f"- line {row.line}: judged {'equal' if row.equal else 'different'}, there "
        f"{'correct' if row.reference else 'wrong'}: {row.why}"
        for row in against
    ] or ["None."]
    return "\n".join([*lines, *details, ""]), share


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", type=Path, help="the completions, JSONL")
    try:
        text, share = report(judged(parser.parse_args().file))
    except (OSError, UserError) as error:
        parser.error(str(error))
    RESULT.write_text(text, encoding="utf-8")
    print(text)
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())

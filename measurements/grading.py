r"""Speed of grading 100,000 responses, beside math-verify in a loop.

    .venv/bin/python measurements/grading.py [--golds FILE.jsonl]

500 problems with 200 responses each. Gold answers are generated (items of every family, and algebraic
forms) or read from the `answer` of each row of FILE (for example MATH-500). The two graders take turns
in one process: `grade` on a fifth of the responses, with a cold cache, then a loop of math-verify's
`parse` and `verify` on a part of a random sample. A second pass of `grade` uses its cache. Every pair of
the sample on which the two differ is listed. Writes `measurements/results/grading.md` (with FILE,
`grading_FILE.md`); ends with status 1 if grading is less than 15 times as fast as the loop, or the
second pass less than 1,000 times.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import random
import sys
import time
from collections import Counter
from pathlib import Path

from grading_answers import Response, algebraic_golds, generated_golds, golds_of, responses

from clean_bench.grading import Grade, grade

RESULTS = Path(__file__).parent / "results"
PROBLEMS = 500
SAMPLES = 200
TURNS = 5
MIN_RATIO = 15.0
MIN_CACHED_RATIO = 1000.0


def loop(rows: list[Response]) -> list[bool]:
    """math-verify as its users call it, one response at a time."""
    from math_verify import parse, verify

    return [
        verify(parse(f"\\boxed{{{row.gold}}}"), parse(row.response), raise_on_error=False)
        for row in rows
    ]


def differing(rows: list[Response], ours: list[Grade], theirs: list[bool]) -> list[str]:
    """One table row for each distinct (gold, answer) that the two grade differently."""
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    for row, result, equal in zip(rows, ours, theirs, strict=True):
        if result.correct is not equal:
            made = "right" if row.right else "wrong"
            other = "equal" if equal else "different"
            counts[row.gold, result.extracted or "", made, result.kind, other] += 1
    return [
        f"| `{gold}` | `{answer}` | {made} | {kind} | {other} | {count} |".replace("\n", " ")
        for (gold, answer, made, kind, other), count in sorted(counts.items())
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--golds", type=Path, help="JSONL file whose `answer` are the gold answers")
    parser.add_argument("--sample", type=int, default=3000, help="responses for the loop (3000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    draw = random.Random(options.seed)
    if options.golds:
        golds = golds_of(options.golds)[:PROBLEMS]
    else:
        golds = generated_golds(PROBLEMS // 2) + algebraic_golds(PROBLEMS // 2, draw)
    rows = list(responses(golds, SAMPLES, options.seed))
    draw.shuffle(rows)
    sampled = draw.sample(range(len(rows)), options.sample)
    pairs = [(row.gold, row.response) for row in rows]
    loop(rows[:1])  # excludes the imports of math-verify; those of the worker are included

    cold = slow = 0.0
    ours: list[Grade] = []
    theirs: list[bool] = []
    for turn in range(TURNS):
        part = pairs[turn * len(pairs) // TURNS : (turn + 1) * len(pairs) // TURNS]
        begun = time.perf_counter()
        ours += grade(part)
        cold += time.perf_counter() - begun
        indices = sampled[turn * options.sample // TURNS : (turn + 1) * options.sample // TURNS]
        begun = time.perf_counter()
        theirs += loop([rows[index] for index in indices])
        slow += time.perf_counter() - begun
        print(f"turn {turn + 1} of {TURNS}", file=sys.stderr)
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        again = grade(pairs)
        seconds.append(time.perf_counter() - begun)
        assert again == ours
    fresh = [(gold, "".join(list(response))) for gold, response in pairs]
    begun = time.perf_counter()
    assert grade(fresh) == ours
    fresh_seconds = time.perf_counter() - begun

    rate, loop_rate = len(pairs) / cold, len(sampled) / slow
    cached, cached_fresh = len(pairs) / sorted(seconds)[2], len(pairs) / fresh_seconds
    kinds = Counter(result.kind for result in ours)
    sample_rows, sample_ours = [rows[i] for i in sampled], [ours[i] for i in sampled]
    differences = differing(sample_rows, sample_ours, theirs)
    distinct = len({(row.gold, result.extracted) for row, result in zip(rows, ours, strict=True)})
    as_made = sum(g.correct is row.right for row, g in zip(sample_rows, sample_ours, strict=True))
    as_made_loop = sum(equal is row.right for row, equal in zip(sample_rows, theirs, strict=True))
    command = "python measurements/grading.py"
    command += f" --golds {options.golds.name}" if options.golds else ""
    holds = rate / loop_rate >= MIN_RATIO and cached / loop_rate >= MIN_CACHED_RATIO
    text = "\n".join(
        [
            "# Speed of grading",
            "",
            f"`{command}` on {platform.machine()}, Python {platform.python_version()}, "
            f"{os.cpu_count()} cores: {len(golds)} problems, {len(pairs):,} responses (mean "
            f"{sum(len(response) for _, response in pairs) // len(pairs)} characters), {distinct:,} "
            f"distinct (gold, answer). math-verify's loop ran on a random sample of {len(sampled):,}, "
            "in turns with the grader, in one process.",
            "",
            "| | responses a second | times the loop |",
            "|---|---|---|",
            f"| math-verify in a loop | {loop_rate:,.0f} | 1 |",
            f"| clean-bench, cold | {rate:,.0f} | {rate / loop_rate:,.0f} |",
            f"| second pass over the same responses | {cached:,.0f} | {cached / loop_rate:,.0f} |",
            f"| second pass, copies of them | {cached_fresh:,.0f} | {cached_fresh / loop_rate:,.0f} |",
            "",
            f"Grades: {', '.join(f'{count:,} {kind}' for kind, count in kinds.most_common())}.",
            "",
            f"On the sample, {as_made:,} of {len(sampled):,} grades of clean-bench and "
            f"{as_made_loop:,} of math-verify are as the answer was made (a wrong one is made by "
            "changing a number, and may be right by chance).",
            "",
            f"## Where the two differ on the sample: {len(differences)} distinct (gold, answer)",
            "",
            "| gold | answer | made | clean-bench | math-verify | times |",
            "|---|---|---|---|---|---|",
            *differences,
            "",
            "Everything holds." if holds else "NOT everything holds.",
            "",
        ]
    )
    name = f"grading_{options.golds.stem}.md" if options.golds else "grading.md"
    (RESULTS / name).write_text(text)
    print(text)
    sys.exit(not holds)


if __name__ == "__main__":
    main()

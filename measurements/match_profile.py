"""Fit the profile of the matched set: cells of MATH-500, lengths and printing of the MATH train split.

    make match-profile MATH500=FILE MATH_TRAIN=FILE
    python measurements/match_profile.py --math500 FILE --math-train FILE

Both files are JSON lines with `problem`, `level` and `subject` (or `type`). Problems with figures or
tables are left out. From MATH-500 the counts of the cells alone are taken; every length and every rate
of printing is measured on half of the training split. `matched.py` compares with the other half. Writes
generators/competition/profile.toml.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from clean_bench.grading.extraction.boxes import last_box
from clean_bench.seeds import digest
from clean_bench.text.figures import has_figure
from generators.competition.printing import Style
from generators.competition.profile import FILE, LEVELS
from generators.competition.template import SUBJECTS
from generators.competition.text_shape import (
    FORMULA,
    Content,
    Shape,
    content_of,
    dollar_numbers,
    mean_and_spread,
    shape_of,
)

QUANTILES = 11
OPERATOR = re.compile(r"(?<=[0-9A-Za-z)}\]])( ?)[+-]( ?)(?=[0-9A-Za-z(\\])")


class Row(NamedTuple):
    """One problem of a file."""

    text: str
    subject: str
    level: int
    answer: str


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--math500", type=Path, required=True)
    parser.add_argument("--math-train", type=Path, required=True)
    options = parser.parse_args()
    public = list(rows(options.math500))
    train = [row for row in rows(options.math_train) if fitted(row.text)]
    lines = [
        "# Written by `make match-profile`: cells of MATH-500 without figures; lengths (quantiles of",
        "# the logarithm of the characters by level, in thousandths), texts and printing of the MATH",
        "# training split.",
        "",
    ]
    for subject in SUBJECTS.values():
        cells = [sum(r.subject == subject and r.level == level for r in public) for level in LEVELS]
        texts = [r.text for r in train if r.subject == subject]
        contents = [content_of(r.text, r.answer) for r in train if r.subject == subject]
        lines += [f'[math500."{subject}"]', f"cells = {cells}"]
        of_level = {level: lengths(train, subject, level) for level in LEVELS}
        lines += [
            "lengths = [",
            *(f"    {quantiles(of_level[level])}," for level in LEVELS),
            "]",
            f"levels = {[list(mean_and_spread(of_level[level])) for level in LEVELS]}",
            f"style = {{ {', '.join(f'{k} = {v:.3f}' for k, v in styles(texts).items())} }}",
            f'[math500."{subject}".texts]',
            *(f"{name} = {list(pair)}" for name, pair in targets(texts, contents).items()),
            "",
        ]
    FILE.write_text("\n".join(lines))
    print(f"{FILE}: {len(public)} and {len(train)} problems without figures")


def fitted(problem: str) -> bool:
    """Whether a problem of the training split is in the half that the profile is fitted on."""
    return bool(digest("match-profile", problem, length=1)[0] & 1)


def rows(path: Path) -> Iterable[Row]:
    """The problems of a file that have a level and neither figure nor table."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row: Mapping[str, Any] = json.loads(line)
        level = re.search(r"[1-5]", str(row["level"]))
        if level and not has_figure(row["problem"]):
            subject = row.get("subject") or row["type"]
            answer = row.get("answer") or last_box(row["solution"]) or ""
            yield Row(row["problem"], subject, int(level[0]), answer)


def targets(texts: Sequence[str], contents: Sequence[Content]) -> dict[str, tuple[int, int]]:
    """Mean and standard deviation of the features of the texts, in thousandths."""
    shapes = [shape_of(text) for text in texts]
    found = {
        name: mean_and_spread([shape[place] for shape in shapes])
        for place, name in enumerate(Shape._fields)
    }
    of_content = {
        name: mean_and_spread([content[place] for content in contents])
        for place, name in enumerate(Content._fields)
    }
    return {
        **found,
        **of_content,
        "dollar_numbers": mean_and_spread([1000 * dollar_numbers(text) for text in texts]),
    }


def lengths(train: Sequence[Row], subject: str, level: int) -> list[int]:
    """Logarithms of the characters of the problems of a cell, in thousandths.

    With those of the neighbouring levels if it has under 20.
    """
    for reach in range(5):
        found = [
            shape_of(row.text).characters
            for row in train
            if row.subject == subject and abs(row.level - level) <= reach
        ]
        if len(found) >= 20:
            return found
    raise SystemExit(f"{subject}: expected at least 20 problems, got {len(found)}")


def quantiles(values: Sequence[int]) -> list[int]:
    """Equally spaced quantiles; the ends are those of 2% and 98%, against single long texts."""
    steps = np.linspace(0.02, 0.98, QUANTILES)
    return [round(float(value)) for value in np.quantile(values, steps)]


def styles(texts: Sequence[str]) -> dict[str, float]:
    """The share of texts printed in each way, among those in which it can be seen."""
    seen: dict[str, list[bool]] = {field: [] for field in Style._fields if field != "dollars"}
    for text in texts:
        formulas = FORMULA.findall(text)
        signs = [bool(m[1] and m[2]) for f in formulas for m in OPERATOR.finditer(f)]
        if signs:
            seen["blanks"].append(sum(signs) * 2 > len(signs))
        inside = len(re.findall(r"[A-Za-z0-9)}],(?<!\\)\$(?=\s)", text))
        outside = len(re.findall(r"[A-Za-z0-9)}](?<!\\)\$,(?=\s)", text))
        if inside + outside:
            seen["commas"].append(inside > outside)
        if after := re.findall(r"\\\](\s*)(?=\w)", text):
            seen["glued"].append(not after[0])
        if before := re.findall(r"\S([ \n]+)\\\[", text):
            seen["breaks"].append("\n" in before[0])
        if between := re.findall(r"[a-z)$][.?!]\$?(\s+)(?=[A-Z$])", text):
            seen["wide"].append(any(blank == "  " for blank in between))
            seen["paragraphs"].append(any("\n\n" in blank for blank in between))
    return {field: float(np.mean(values)) if values else 0.0 for field, values in seen.items()}


if __name__ == "__main__":
    main()

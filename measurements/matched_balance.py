"""The balance of a matched set: standardized mean differences to a benchmark, by subject and level."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matched_classifier import shape

BAR = 0.2
FEATURES = {
    "characters (log)": 0,
    "words (log)": 1,
    "formulas (log)": 2,
    "share of formulas": 3,
    "numbers (log)": 4,
    "largest number (log)": 5,
    "single digits": 6,
    "blanks around signs": 7,
    "numbers in dollars": 9,
    "line breaks": 11,
    "displays": 12,
    "ends with ?": 14,
    "sentences": 15,
}
OPENINGS = {"What is": r"\bWhat is\b", "How many": r"\bHow many\b", "Find": r"\bFind\b"}

WORDING = "the texts are chosen for all features at once, and length and numbers weigh as much"
REASONS = {
    "numbers (log)": "a template needs free numbers; problems of MATH with one or none are one-off",
    "largest number (log)": "numbers are widened until a template has 2^12 computations",
    "single digits": "as the largest number; vectors have single digits alone",
    "blanks around signs": "the share counts texts without signs as 0, and fewer of ours have signs",
    "numbers in dollars": "a few texts set one number alone in dollar signs",
    "line breaks": "MATH breaks lines in aligned displays, lists and tables, as few templates do",
    "displays": "few templates of the subject state an equation that MATH would display",
    "share of formulas": "columns of vectors are long in LaTeX",
    "formulas (log)": "follows from the numbers of a template",
    "characters (log)": "stories are needed to state three and more numbers",
    "words (log)": "stories are needed to state three and more numbers",
    "sentences": "stories are needed to state three and more numbers",
    "ends with ?": WORDING,
    "says What is": WORDING,
    "says How many": WORDING,
    "says Find": WORDING,
    "integer answer": "answer types follow from the templates of the cells",
}
"""Why a feature can differ by more than the bar."""


class Row(NamedTuple):
    """One problem: its text, its subject, its level, and whether its answer is an integer."""

    text: str
    subject: str
    level: int
    whole_answer: bool


class Difference(NamedTuple):
    """Means of both sides, their standardized difference and the KS distance."""

    feature: str
    public: float
    matched: float
    smd: float
    ks: float


def values(rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """Every feature of every problem."""
    shapes = np.array([shape(row.text) for row in rows])
    columns = {name: shapes[:, place] for name, place in FEATURES.items()}
    for name, pattern in OPENINGS.items():
        columns[f"says {name}"] = np.array([bool(re.search(pattern, r.text)) for r in rows], float)
    columns["integer answer"] = np.array([row.whole_answer for row in rows], float)
    return columns


def differences(public: Sequence[Row], matched: Sequence[Row]) -> list[Difference]:
    """The features of two sets of problems."""
    from scipy.stats import ks_2samp

    found = []
    ours, theirs = values(matched), values(public)
    for name, column in theirs.items():
        other = ours[name]
        spread = np.sqrt((column.var() + other.var()) / 2)
        smd = float((other.mean() - column.mean()) / spread) if spread > 1e-9 else 0.0
        distance = float(ks_2samp(column, other).statistic)
        found.append(Difference(name, float(column.mean()), float(other.mean()), smd, distance))
    return found


def out_of_bar(by_subject: Mapping[str, Sequence[Difference]]) -> list[tuple[str, Difference]]:
    """The differences beyond the bar, largest first."""
    rows = [(s, d) for s, found in by_subject.items() for d in found if abs(d.smd) > BAR]
    return sorted(rows, key=lambda row: -abs(row[1].smd))

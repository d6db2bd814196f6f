"""The account of a matched set: bits, price of points, twins, answers, and the claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import log2
from statistics import quantiles
from typing import Any

from clean_bench.problems import Problem
from generators.competition.panel import difficulty
from generators.competition.plan import VARIANTS
from generators.competition.price import POINTS, deviation, price
from generators.competition.profile import LEVELS
from generators.competition.registry import template_named

SMALL_BITS = 12
HASH_PREFIX = 12
"""Hexadecimal digits of the hash of a file in the claim."""
NOT_SHOWN = (
    "This does not show that the computations are unseen, nor that a difference is contamination of the "
    "pre-training data. The templates were written after MATH-500 was read. A checkpoint that learned "
    "the solutions of MATH-500 may profit on them, so the contrast understates."
)


def matched_account(
    problems: Sequence[Problem],
    origin: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    twins: Sequence[Mapping[str, Any]],
    panel: Sequence[str] = (),
    drops: bool = False,
) -> dict[str, Any]:
    """The account that the manifest stores.

    Args:
        problems: the rows of the set.
        origin: `seed`, or `bind` with the hashes of the weights, and `round`.
        files: the files that were searched, as `TwinFiles.config` describes them.
        twins: the items with a twin in one of them; with `drops`, of draws that were dropped.
        panel: the checkpoints on which the difficulty was measured when the set was drawn.
        drops: whether groups with a twin were drawn again. The price is then that of spaces which are
            smaller by the share of dropped draws of each template.
    """
    bits = {problem.metadata["template"]: float(problem.bits or 0) for problem in problems}
    rows = Counter(problem.metadata["template"] for problem in problems)
    dropped = dropped_draws(problems, twins) if drops else Counter()
    spaces = []
    for name, count in rows.items():
        draws_per_group = 1 + dropped[name] / (count / VARIANTS)
        lost = round(log2(draws_per_group), 6)
        questions = log2(template_named(name).questions)
        spaces.append((bits[name] - lost - questions, count / len(problems)))
    cells = Counter((problem.subject, problem.level) for problem in problems)
    answers = Counter(problem.answer for problem in problems)
    values = sorted(float(problem.bits or 0) for problem in problems)
    ends = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    account = {
        "label": "matched",
        "templates": len(rows),
        "groups": len(problems) // VARIANTS,
        "bits": {"min": values[0], "quartiles": ends, "max": values[-1]},
        "below_12_bits": sorted(name for name, value in bits.items() if value < SMALL_BITS),
        "cells": {f"{subject} {level}": count for (subject, level), count in sorted(cells.items())},
        "answer_types": dict(sorted(Counter(p.metadata["answer_type"] for p in problems).items())),
        "most_common_answer": {
            "answer": min(answers, key=lambda answer: (-answers[answer], answer)),
            "share": max(answers.values()) / len(problems),
        },
        "price": {str(points): price(spaces, points) for points in POINTS},
        "deviation": round(deviation(len(problems) // VARIANTS), 2),
        "panel": list(panel),
        "bound": bool(origin.get("bind")),
        "bound_to": sorted(set(origin.get("bind", []))),
        "twins": [
            {**file, "items": sum(twin["file"] == index for twin in twins)}
            for index, file in enumerate(files)
        ],
    }
    if drops:
        account["dropped_draws"] = dropped.total()
    return {**account, "claim": claim(account, origin, len(problems))}


def dropped_draws(problems: Sequence[Problem], twins: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """The number of dropped draws of groups of each template; `twins` are the items of these draws."""
    template_of = {problem.id: problem.metadata["template"] for problem in problems}
    group_of = {problem.id: problem.group for problem in problems}
    draws = {(group_of[t["id"]], t["redraw"]): template_of[t["id"]] for t in twins}
    return Counter(draws.values())


def claim(account: Mapping[str, Any], origin: Mapping[str, Any], count: int) -> str:
    """The claim that an account supports, as an English paragraph."""
    bits, prices = account["bits"], account["price"]
    checkpoints = len(account["bound_to"])
    drawn = (
        f"The {count:,} problems of this set were drawn from {account['templates']} public "
        f"template{'s' * (account['templates'] != 1)} by "
    )
    if account["bound"]:
        after = " and of a round published later" if "round" in origin else ""
        drawn += (
            f"a hash of the weights of {checkpoints} checkpoint{'s' * (checkpoints != 1)}{after}. "
            "The set was drawn after them."
        )
    else:
        drawn += (
            "a seed alone. The set is bound to no checkpoint: anyone with the seed could have trained "
            "on it."
        )
    sentences = [
        drawn,
        f"Its computations are small ({bits['min']:.1f} to {bits['max']:.1f} bits, median "
        f"{bits['quartiles'][1]:.1f}): single ones may stand in a corpus.",
        "To gain points by recall alone, in expectation over sets drawn after its weights were fixed, a "
        "checkpoint must hold at least "
        + ", ".join(f"{cost:,} worked instances for {points}" for points, cost in prices.items())
        + " points. The gain on one set is above the expectation by at most "
        f"{account['deviation']:.1f} points with a probability of 95%.",
    ]
    sentences += twin_sentences(account, count)
    return " ".join([*sentences, NOT_SHOWN, difficulty(account["panel"])])


def twin_sentences(account: Mapping[str, Any], count: int) -> Iterator[str]:
    """The twins in each file that was searched, or the groups that were drawn again because of them."""
    drops = "dropped_draws" in account
    for file in account["twins"]:
        place = (
            f"the {file['problems']:,} problems of {file['name']} (SHA-256 "
            f"{file['sha256'][:HASH_PREFIX]}...)"
        )
        if drops:
            yield f"No item has a twin among {place}; {file['items']:,} items of dropped draws had one."
        else:
            yield f"{file['items']:,} of {count:,} items have a twin among {place}."
    if account["twins"]:
        yield "A twin has the same numbers in the text and the same answer."
    if not drops:
        return
    dropped, kept = account["dropped_draws"], account["groups"]
    if dropped:
        yield (
            f"{dropped:,} of {dropped + kept:,} draws of a group were dropped, and the groups drawn "
            "again. The numbers of worked instances allow for the share of dropped draws of each "
            "template."
        )
    else:
        yield "No draw of a group was dropped."


def cell_table(cells: Mapping[str, int]) -> list[tuple[str, ...]]:
    """A row for each subject: its name, and the number of its problems at each level."""
    subjects = dict.fromkeys(name.rpartition(" ")[0] for name in cells)
    return [
        (subject, *(str(cells.get(f"{subject} {level}", 0)) for level in LEVELS))
        for subject in subjects
    ]

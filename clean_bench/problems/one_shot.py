"""The training examples of One-Shot RLVR (2504.20571) as problem sets of one problem each.

    load_problems("one-shot/pi_1")          # with the published label, 12.8
    load_problems("one-shot/pi_1-exact")    # with the exact value, the cube root of 2048

The texts and labels are in `one_shot.toml`, with their sources. Two published labels are wrong (pi_1 and
pi_2), so `truth` on them rewards wrong answers, as the published runs did.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from clean_bench.errors import UserError
from clean_bench.problems.problem import Problem, ProblemSet

PREFIX = "one-shot/"
EXACT = "-exact"
RELEASED = "2025-04"


@cache
def examples() -> Mapping[str, Mapping[str, str]]:
    """The entries of `one_shot.toml` by name; `problem` ends with the published instruction."""
    table: dict[str, Any] = tomllib.loads(
        files("clean_bench.problems").joinpath("one_shot.toml").read_text("utf-8")
    )
    instruction = table.pop("instruction")
    return {
        name: {**entry, "problem": entry["problem"] + instruction} for name, entry in table.items()
    }


def one_shot_set(name: str) -> ProblemSet:
    """The set of a name such as `pi_1` or `pi_1-exact`.

    Raises:
        UserError: for an unknown example.
    """
    example = name.removesuffix(EXACT)
    if example not in examples():
        names = ", ".join(PREFIX + known for known in examples())
        raise UserError(
            f"{PREFIX}{name}: expected one of {names}, or one of these with {EXACT} after it"
        )
    entry = examples()[example]
    label = "exact" if name.endswith(EXACT) else "published"
    metadata = {key: entry[key] for key in ("published", "exact", "text")} | {"label": label}
    problem = Problem(
        example, entry["problem"], entry[label], source=entry["source"], metadata=metadata
    )
    return ProblemSet(PREFIX + name, [problem], {"source": entry["source"]}, "train")


def one_shot_rows() -> list[dict[str, Any]]:
    """The examples as rows of `clean-bench list benchmarks`."""
    return [
        {
            "name": PREFIX + name,
            "kind": "training set",
            "hub": "with clean-bench",
            "configs": ["default"],
            "split": name,
            "columns": {"problem": "problem", "answer": "answer"},
            "license": "mit",
            "released": RELEASED,
            "collected": True,
            "size": 1,
            "summary": "training example of One-Shot RLVR (2504.20571)",
            "caveat": _caveat(name, entry),
        }
        for name, entry in examples().items()
    ]


def _caveat(name: str, entry: Mapping[str, str]) -> str:
    label = f"label {entry['published']}"
    if entry["published"] == entry["exact"]:
        return label
    return f"{label}; {entry['note']}; {PREFIX}{name}{EXACT} has the label {entry['exact']}"
